"""What `PlayedRunner` promises is held against the real runner: the same story, told by both, is the same events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from actions.action import Action, action
from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, Outcome
from journal.events import types as e
from journal.events.types import Identity
from journal.paths import IncidentPlace
from journal.store.journal import Journal, Reader
from tests.actions.worlds import Person, declared, places_in, running, world
from tests.screens.app_services import PlayedRunner

TARGET = [Identity(name="path", value="/data", known="reported")]
PLAYED = (e.RunnerStarted, e.ActionStarted, e.ActionFinished, e.RunRefused)


@action("thing.work")
def work(ctx: ActionContext) -> Outcome:
    """Work."""
    ctx.log("working")
    ctx.progress(Progress(fraction=1.0, text="all of it", rate=2.0, eta_s=0.0))
    return Outcome(ok=True, summary="worked")


@action("thing.replace", destructive=True, target=lambda ctx: TARGET)
def replace(ctx: ActionContext) -> Outcome:
    """Replace the thing."""
    if not ctx.effect("replace it"):
        return Outcome(ok=True, summary="would replace it")
    raise ActionFailed("It is broken.", "Mend it.")


ACTIONS: Sequence[Action] = (work, replace)


def asked(person: Person) -> list[int]:
    """Ask for every run of the story, one after the other; return their ids."""
    requests = (
        lambda: person.desk.request_run("work"),
        lambda: person.desk.request_run("break", dry_run=True),
        lambda: person.desk.request_run("break", confirmed="/data"),
        lambda: person.desk.request_run("break", confirmed="/elsewhere"),
    )
    runs = []
    for request in requests:
        runs.append(request())
        person.until(lambda incident, run=runs[-1]: run in incident.runs and incident.runs[run].state.over)
    return runs


MEND = [e.Cure(words="Mend it.")]


def played(place: IncidentPlace, runs: list[int]) -> None:
    """Write the same story by hand, as the screens' tests do."""
    with Journal.open(place.journal, actor="ana@bastion") as journal:
        runner = PlayedRunner(journal)
        runner.take_lease()
        working, dry, wet, refused = runs
        runner.start(working, step="work", action="thing.work", system="thing", target=[])
        runner.say(working, "working")
        runner.progress(working, fraction=1.0, text="all of it", rate=2.0, eta_s=0.0)
        runner.finish(working, step="work", summary="worked")
        breaking = {
            "step": "break",
            "action": "thing.replace",
            "system": "thing",
            "destructive": True,
        }
        runner.start(dry, target=TARGET, dry_run=True, **breaking)
        runner.finish(dry, step="break", summary="would replace it")
        runner.start(wet, target=TARGET, **breaking)
        runner.finish(wet, step="break", status="failed", summary="It is broken.\n  Mend it.", cures=MEND)
        why = "Replace the thing: the target is /data, and '/elsewhere' was typed."
        runner.refuse(refused, step="break", gate="interlock", message=why, system="thing")


def told(place: IncidentPlace, runs: list[int]) -> list[dict[str, Any]]:
    """Return what the runner wrote, without what differs from one machine and run to the next."""
    with Reader(place.journal) as reader:
        bodies = [event.body for event in reader.events() if isinstance(event.body, PLAYED)]
    return [_comparable(body, runs) for body in bodies]


def _comparable(body: e.Body, runs: list[int]) -> dict[str, Any]:
    fields = {"type": type(body).__name__, **msgspec.to_builtins(body)}
    for name in (
        "pid",
        "started",
        "lacks",
        "digest",
        "output_lines",
        "output_sha256",
        "duration_s",
        "hint",
        "left_behind",
    ):
        fields.pop(name, None)
    return {name: runs.index(value) if name == "run" else value for name, value in fields.items()}


def readings(place: IncidentPlace, run: int) -> dict[str, Any]:
    with Reader(place.journal) as reader:
        return dict(reader.readings()[f"progress:{run}"].payload)


def test_both_leave_the_same_events_and_readings(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "played").mkdir()
    real, by_hand = (places_in(tmp_path / name) for name in ("real", "played"))
    person = Person(declared(real))
    with running(person.place, world(real, *ACTIONS)):
        runs = asked(person)
    place = declared(by_hand)
    same = [e.RunRequested(step=step, action=name) for step, name in _REQUESTS]
    with Journal.open(place.journal, actor="ana@bastion") as journal:
        ours = [journal.append(body)[0].seq for body in same]
    played(place, ours)
    assert told(place, ours) == told(person.place, runs)
    assert readings(place, ours[0]).keys() == readings(person.place, runs[0]).keys()


_REQUESTS = (("work", "thing.work"), ("break", "thing.replace"), ("break", "thing.replace"), ("break", "thing.replace"))
