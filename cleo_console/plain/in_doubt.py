"""A run of which nobody knows how it ended: what is known, a look at what it left, and a person's word."""

from __future__ import annotations

from typing import Literal

from cleo_console.plain.follow import ask_for
from cleo_console.plain.questions import choose, words
from cleo_console.plain.talk import Talk
from cleo_console.plain.wording import run_lines, target_lines
from journal.errors import CleoError
from journal.incident.looks import goes_on, look_words, next_look
from journal.incident.records import Run
from journal.plan.model import Step

_VERDICTS: dict[str, Literal["done", "failed", "run_again"]] = {
    "done": "done",
    "failed": "failed",
    "run again": "run_again",
}
_TITLES = {
    "done": "It was done: what it left is what it should have left.",
    "failed": "It failed: the step counts as failed.",
    "run again": "Neither: make the step ready, to be run again by hand.",
}


def resolve(talk: Talk, step: Step) -> None:
    """Say what the step's doubtful run was, after a look at what it left."""
    run = next((run for run in talk.sight.incident.in_doubt() if run.step == step.id), None)
    if run is None:
        return
    talk.say("Nobody knows how it ended.", *run_lines(run), *target_lines(run.target))
    while (said := choose(talk, "What was it?", _offers(talk, run))) == "look":
        _look(talk, run)
    reason = words(talk, "What tells you?", required="Say what you saw that tells how it ended.")
    try:
        talk.sight.write(lambda desk: desk.resolve(run.id, _VERDICTS[said], reason))
    except CleoError:
        talk.say(f"NOT WRITTEN, {said}: {reason}")
        raise


def _look(talk: Talk, run: Run) -> None:
    """Look at its programs and then at what it left: each look says what it saw."""
    catalogue = talk.sight.catalogue
    look = ask_for(talk, lambda desk: desk.probe(run.id, catalogue))
    if goes_on(talk.sight.incident, look, catalogue):
        ask_for(talk, lambda desk: desk.probe(run.id, catalogue))


def _offers(talk: Talk, run: Run) -> dict[str, str]:
    incident, catalogue = talk.sight.incident, talk.sight.catalogue
    look = next_look(incident, incident.runs[run.id], catalogue)
    if not look:
        talk.say("There is no probe for this action: look at the system yourself.")
        return _TITLES
    return {"look": f"First look at {look_words(look)} (read-only).", **_TITLES}
