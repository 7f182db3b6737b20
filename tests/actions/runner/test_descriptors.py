"""A runner lives for as long as its incident, ten hours perhaps: it must not have more open after every run."""

from __future__ import annotations

from pathlib import Path

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Outcome
from tests.actions.worlds import Person, declared, places_in, running, world

RUNS = 20
BESIDES = 5
"""Descriptors that may come and go meanwhile: SQLite keeps those of readers, and uses them again."""


@action("thing.work")
def work(ctx: ActionContext) -> Outcome:
    """Start a program that takes a moment, and ask another."""
    ctx.run("speak", "here", ["sh", "-c", "sleep 0.1; echo started"])
    ctx.query("here", ["true"])
    return Outcome(ok=True, summary="worked")


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_what_was_run_or_refused_leaves_nothing_open(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    person = Person(declared(places))
    with running(person.place, world(places, work)):
        before = 0
        for number in range(RUNS + 1):
            person.over(person.desk.request_run("work"))
            person.over(person.desk.request_run("verify"))
            person.desk.reopen("work", "once more")
            before = descriptors() if number == 0 else before
        assert descriptors() < before + BESIDES
