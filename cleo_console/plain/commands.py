"""What can be answered at a step: the letters of the console's keys, each when it applies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from cleo_console.plain import notes
from cleo_console.plain.runs import dry_run, override_step
from cleo_console.plain.wording import ENTER
from journal.incident.records import StepState
from screens.guidance.availability import RULES
from screens.guidance.next_action import PrimaryAction, attention, primary_action

if TYPE_CHECKING:
    from cleo_console.plain.checklist_loop import ChecklistLoop


class Command(NamedTuple):
    """One answer: its letter, its word, what it is for, the rule by which it applies, and what it does."""

    letter: str
    word: str
    help: str
    rule: str
    do: Callable[[ChecklistLoop, str], None]


def _reopen(walk: ChecklistLoop, time: str) -> None:
    if walk.step.decision is not None and walk.incident.state(walk.step.id) is StepState.DONE:
        walk.decide(time)
    else:
        notes.reopen(walk.talk, walk.step)


def _jump(walk: ChecklistLoop, _: str) -> None:
    walk.go_to(attention(walk.incident, walk.cursor))


def _next(walk: ChecklistLoop, _: str) -> None:
    step = walk.incident.next_step()
    walk.go_to(step.id if step else "")


def _start_runner(walk: ChecklistLoop, _: str) -> None:
    walk.talk.sight.start_runner()
    walk.talk.say("A runner is at work.")


COMMANDS = [
    Command("a", "act", "the same as enter", "act", lambda w, t: w.act(t)),
    Command("d", "dry run", "show what the step would do; changes nothing", "dry_run", lambda w, _: _dry_run(w)),
    Command("s", "skip", "leave the step out; wants a reason", "skip", lambda w, t: notes.skip(w.talk, w.step, t)),
    Command("m", "mark done", "it was done by hand", "mark_done", lambda w, t: notes.mark_done(w.talk, w.step, t)),
    Command("v", "override", "go on although a gate refused", "override", lambda w, _: override_step(w.talk, w.step)),
    Command("c", "cancel", "ask what is running to stop", "cancel", lambda w, _: notes.cancel(w.talk, w.step)),
    Command("u", "reopen", "take back that the step is done; decide again", "reopen", _reopen),
    Command("o", "output", "the last lines that the step printed", "output", lambda w, _: w.say_output()),
    Command("j", "jump", "go to what is in doubt, failed or running", "jump", _jump),
    Command("g", "next", "go to the step that is next", "go_next", _next),
    Command("n", "note", "write a note; a late one with its own time", "", lambda w, _: notes.note(w.talk, w.step)),
    Command("h", "health", "say how every system is", "", lambda w, _: w.say_health()),
    Command("l", "list", "say every step and its state", "", lambda w, _: w.say_list()),
    Command("w", "where", "say this step again", "", lambda w, _: w.say_step()),
    Command("r", "start runner", "start the runner if none is there", "runner", _start_runner),
    Command("x", "close", "close the incident", "close", lambda w, _: notes.close(w.talk)),
    Command("?", "help", "say every answer", "", lambda w, _: w.talk.say(*help_lines())),
    Command("q", "quit", "leave; the recovery goes on", "", lambda w, _: w.leave()),
]
_BY_NAME = {name: command for command in COMMANDS for name in (command.letter, command.word)}


def _dry_run(walk: ChecklistLoop) -> None:
    dry_run(walk.talk, walk.step)


def find(said: str) -> tuple[Command | None, str]:
    """Return the command that an answer names, by letter or word, and the time that follows it."""
    said = said.strip()
    if said.lower() in _BY_NAME:
        return _BY_NAME[said.lower()], ""
    letter, _, time = said.partition(" ")
    return _BY_NAME.get(letter.lower()), time.strip()


def applies(walk: ChecklistLoop, command: Command) -> bool:
    """Return whether a command applies at this step now."""
    if command.rule == "runner":
        return walk.talk.sight.runner_missing()
    rule = RULES.get(command.rule)
    return rule is None or rule(walk.incident, walk.step, walk.talk.sight.catalogue)


def offers(walk: ChecklistLoop) -> str:
    """Return what can be answered here, in one line."""
    todo = primary_action(walk.incident, walk.step, walk.talk.sight.catalogue)
    first = [] if todo is PrimaryAction.NOTHING else [ENTER[todo]]
    seldom = _SELDOM + ("x" if walk.incident.open_steps() else "")
    usual = [f"{c.letter}: {c.word}" for c in COMMANDS if applies(walk, c) and c.letter not in seldom]
    return "Answers: " + ", ".join([*first, *usual]) + "."


_SELDOM = "ahlw"
"""Letters that only help lists. So is closing, until nothing is left to do."""


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
