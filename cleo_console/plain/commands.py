"""What can be answered at a step: the letters of the console's keys, and when each applies."""

from __future__ import annotations

from typing import NamedTuple

from journal.incident.state import Incident
from journal.plan.action_spec import Catalogue
from journal.plan.model import Step
from screens.guidance.advice import enter_words
from screens.guidance.availability import RULES


class Command(NamedTuple):
    """One answer: its letter, its word, what it is for, and the rule by which it applies."""

    letter: str
    word: str
    help: str
    rule: str = ""


START_RUNNER = Command("r", "start runner", "start the runner if none is there", "runner")
COMMANDS = [
    Command("a", "act", "the same as enter", "act"),
    Command("d", "dry run", "show what the step would do; changes nothing", "dry_run"),
    Command("s", "skip", "leave the step out; wants a reason", "skip"),
    Command("m", "mark done", "it was done by hand", "mark_done"),
    Command("v", "override", "go on although a gate refused", "override"),
    Command("c", "cancel", "ask what is running to stop", "cancel"),
    Command("u", "reopen", "take back that the step is done; decide again", "reopen"),
    Command("o", "output", "the last lines that the step printed", "output"),
    Command("j", "jump", "go to what is in doubt, failed or running", "jump"),
    Command("g", "next", "go to the step that is next", "go_next"),
    Command("n", "note", "write a note; a late one with its own time"),
    Command("h", "health", "say how every system is"),
    Command("l", "list", "say every step and its state"),
    Command("w", "where", "say this step again"),
    START_RUNNER,
    Command("x", "close", "close the incident", "close"),
    Command("?", "help", "say every answer"),
    Command("q", "quit", "leave; the recovery goes on"),
]
_BY_NAME = {name: command for command in COMMANDS for name in (command.letter, command.word)}
_SELDOM = "ahlw"
"""Letters that only help lists. So is closing, until nothing is left to do."""


def find(said: str) -> tuple[Command | None, str]:
    """Return the command that an answer names, by letter or word, and the time that follows it."""
    said = said.strip()
    if said.lower() in _BY_NAME:
        return _BY_NAME[said.lower()], ""
    letter, _, time = said.partition(" ")
    return _BY_NAME.get(letter.lower()), time.strip()


def applies(command: Command, incident: Incident, step: Step, catalogue: Catalogue, *, runner_missing: bool) -> bool:
    """Return whether a command applies at a step now."""
    if command is START_RUNNER:
        return runner_missing
    rule = RULES.get(command.rule)
    return rule is None or rule(incident, step, catalogue)


def offers(incident: Incident, step: Step, catalogue: Catalogue, *, runner_missing: bool) -> str:
    """Return what can be answered at a step now, in one line."""
    first = enter_words(incident, step, catalogue)
    seldom = _SELDOM + ("x" if incident.open_steps() else "")
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
        "1 to 9: tick or untick that item of the step",
        "3.2.5, or a step's id: go to that step; + and -: the step after and before",
        "a, m, s or u with a time (m 14:05): a late entry, for what was noted on paper",
        "Within a question, a dot or Ctrl+C goes back. Ctrl+C never stops a recovery.",
    ]
