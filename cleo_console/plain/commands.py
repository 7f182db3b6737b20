"""What can be answered at a step: the letters of the console's keys, and when each applies."""

from __future__ import annotations

from journal.incident.state import Incident
from journal.plan.action_spec import Catalogue
from journal.plan.model import Step
from screens.guidance.advice import enter_words
from screens.guidance.availability import RULES
from screens.guidance.keys import BY_HAND, CLOSE, DUE, HANDOVER, KEYS, LOG, ROLE, RUN_WITH, RUNNER, TAKE, Key
from screens.guidance.logs import log_helps

COMMANDS = [
    Key("a", "act", "act", "the same as enter"),
    *KEYS,
    DUE,
    Key("o", "output", "output", "the last lines that the step printed"),
    TAKE,
    RUN_WITH,
    LOG,
    ROLE,
    BY_HAND,
    Key("h", "health", "health", "say how every system is"),
    HANDOVER,
    Key("l", "list", "list", "say every step and its state"),
    Key("w", "where", "where", "say this step again, and all that stands before it"),
    RUNNER,
    CLOSE,
    Key("?", "help", "help", "say every answer"),
    Key("q", "leave", "quit", "leave; the recovery goes on"),
]
_BY_NAME = {name: command for command in COMMANDS for name in (command.letter, command.word)}
_SELDOM = "aDHbhilwy"
"""Letters that only help lists. So is closing, until nothing is left to do, and the log while nothing is wrong."""


def find(said: str) -> tuple[Key | None, str]:
    """Return the command that an answer names, by letter or word, and the time that follows it.

    Capitals count only where they tell two letters apart (H and h, L and l).
    """
    said = said.strip()
    letter, _, time = said.partition(" ")
    for name, rest in ((said, ""), (said.lower(), ""), (letter, time), (letter.lower(), time)):
        if name in _BY_NAME:
            return _BY_NAME[name], rest.strip()
    return None, time.strip()


def applies(command: Key, incident: Incident, step: Step, catalogue: Catalogue, *, runner_missing: bool) -> bool:
    """Return whether a command applies at a step now."""
    if command is RUNNER:
        return runner_missing
    rule = RULES.get(command.action)
    return rule is None or rule(incident, step, catalogue)


def offers(incident: Incident, step: Step, catalogue: Catalogue, *, runner_missing: bool) -> str:
    """Return what can be answered at a step now, in one line."""
    first = enter_words(incident, step, catalogue)
    seldom = _SELDOM + ("x" if incident.open_steps() else "") + ("" if log_helps(incident, step, catalogue) else "L")
    usual = [
        f"{command.letter}: {command.word}"
        for command in COMMANDS
        if command.letter not in seldom and applies(command, incident, step, catalogue, runner_missing=runner_missing)
    ]
    return f"Answers: {first}. Others: {', '.join(usual)}." if first else f"Answers: {', '.join(usual)}."


def help_lines() -> list[str]:
    """Return every answer there is."""
    return [
        "enter: the obvious thing at this step",
        *(f"{command.letter} or {command.word}: {command.help}" for command in COMMANDS),
        "1 to 9: tick or untick that item of the step; of a call: it was made, then it was answered",
        "1 by phone, 1 eve: how a call was made, or who answered",
        "3.2.5, or a step's id: go to that step; + and -: the step after and before",
        "a, m, s or u with a time (m 14:05): a late entry, for what was noted on paper",
        "Within a question, a dot or Ctrl+C goes back. Ctrl+C never stops a recovery.",
    ]
