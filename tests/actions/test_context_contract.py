"""What `FakeContext` promises is held against the runner's context: one action, entered with both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Cancelled, Outcome
from journal.incident.records import RunState
from tests.actions.contexts import FakeContext
from tests.actions.worlds import Person, declared, inventory, places_in, plan_with, running, world

SPEAK = "printf 'one\\ntwo hunter2\\n'; echo three >&2; exit 3"
STEP = {"id": "story", "title": "Tell it", "action": "thing.story"}


@action("thing.story")
def story(ctx: ActionContext) -> Outcome:
    """Use every door of the context, and report what came of it."""
    told: dict[str, Any] = {"dry_run": ctx.dry_run, "incident": ctx.incident.kind, "cancelled": ctx.cancelled}
    ctx.secret("hunter2")
    ctx.log("a line with hunter2\nand another")
    told["clean"] = ctx.without_secrets("hunter2 is out")
    told["effect"] = ctx.effect("move it")
    told["gate"] = ctx.overridden("space")
    told["asked"] = ctx.query("here", ["sh", "-c", "echo answer; exit 4"]).code
    told["files"] = ctx.files.name
    if ctx.effect("run it"):
        heard: list[list[str]] = []
        argv = ["sh", "-c", SPEAK]
        first = ctx.run("speak", "here", argv, on_line=lambda stream, line: heard.append([stream, line]))
        again = ctx.run("speak", "here", ["false"])
        told |= {"heard": sorted(heard), "codes": [first.code, again.code]}
    return Outcome(ok=True, summary="told", facts=told)


@action("thing.story")
def cancelled(ctx: ActionContext) -> Outcome:
    """Be cancelled from within, and see where the doors close."""
    doors = {
        "effect": lambda: ctx.effect("move it"),
        "query": lambda: ctx.query("here", ["true"]),
        "run": lambda: ctx.run("key", "here", ["true"]),
        "check": ctx.check_cancelled,
    }
    (ctx.cancel if hasattr(ctx, "cancel") else lambda: setattr(ctx, "cancelled", True))()
    closed = []
    for name, door in doors.items():
        try:
            door()
        except Cancelled:
            closed.append(name)
    return Outcome(ok=True, summary="tried", facts={"closed": closed, "cancelled": ctx.cancelled})


def by_the_runner(folder: Path, tried: Any, **asked: Any) -> tuple[dict[str, Any], list[str], RunState]:
    """Run an action with a real runner; return its facts, its output and how it ended."""
    places = places_in(folder)
    person = Person(declared(places, plan=plan_with(STEP)))
    with running(person.place, world(places, tried)):
        run = person.over(person.desk.request_run("story", **asked))
    return dict(run.facts), person.output(run.id), run.state


@pytest.mark.parametrize("dry_run", [False, True])
def test_the_same_is_said_and_seen(tmp_path: Path, dry_run: bool) -> None:
    real, output, _ = by_the_runner(tmp_path, story, dry_run=dry_run)
    fake = FakeContext(inventory(), dry_run=dry_run)
    facts = fake.do(story).facts
    assert {**facts, "incident": str(facts["incident"])} == real
    assert sorted(fake.lines) == sorted(output)
    assert real["effect"] is not dry_run and "hunter2" not in str((real, output))


def test_both_are_cancelled_at_the_same_doors(tmp_path: Path) -> None:
    real, _, _ = by_the_runner(tmp_path, cancelled)
    assert FakeContext(inventory()).do(cancelled).facts == real
    assert real == {"closed": ["effect", "query", "run", "check"], "cancelled": True}


def test_neither_starts_a_program_in_a_dry_run(tmp_path: Path) -> None:
    @action("thing.story")
    def careless(ctx: ActionContext) -> Outcome:
        """Start a program without asking."""
        try:
            ctx.run("speak", "here", ["true"])
        except RuntimeError as error:
            return Outcome(ok=True, summary=str(error))
        return Outcome(ok=False, summary="it was started")

    places = places_in(tmp_path)
    person = Person(declared(places, plan=plan_with(STEP)))
    with running(person.place, world(places, careless)):
        run = person.over(person.desk.request_run("story", dry_run=True))
    assert FakeContext(inventory(), dry_run=True).do(careless).summary == run.summary
    assert "must not start true" in run.summary
