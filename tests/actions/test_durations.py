"""How long steps took in earlier incidents is known in the next one of the same inventory, and of the same kind."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from actions import durations
from actions.action import action
from actions.context import ActionContext
from actions.outcome import Outcome
from journal.events.run import Took
from journal.events.types import Kind
from journal.incident.restore_time import expected_seconds
from tests.actions.worlds import Person, declared, places_in, running, world

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@action("thing.other")
def other(ctx: ActionContext) -> Outcome:
    """Do other work."""
    return Outcome(ok=True, summary="done")


def test_what_was_done_once_is_known_in_the_next_incident(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    first = declared(places)
    person = Person(first)
    with running(first, world(places, other)):
        run = person.over(person.desk.request_run("other"))
    done = person.incident().took["thing.other", ""]
    assert (done.seconds, done.by, done.kind) == (run.duration_s, first.folder.name, Kind.LAB)
    second = declared(places)
    waiting = Person(second)
    step = waiting.incident().plan.by_id["other"]
    assert expected_seconds(waiting.incident(), step) == 0, "nobody can know yet"
    with running(second, world(places, other)):
        incident = waiting.until(lambda found: found.runner)
    assert incident.took["thing.other", ""] == done
    assert expected_seconds(incident, step) == run.duration_s


def test_other_environments_and_labs_tell_nothing(tmp_path: Path) -> None:
    place = places_in(tmp_path).incident("INC-1")
    place.folder.mkdir(parents=True)

    def took(kind: Kind, seconds: float) -> Took:
        return Took(action="a.b", system="db", seconds=seconds, at=NOW, by="INC-0", kind=kind)

    for kind, seconds in ((Kind.REAL, 3.0), (Kind.DRILL, 2.0), (Kind.LAB, 1.0)):
        durations.keep(place, "here", took(kind, seconds))
    with (place.folder.parent.parent / "durations.jsonl").open("a") as file:
        file.write('{"inventory": "here", "took": {"action": "a.b"')
    assert durations.earlier(place, "here", Kind.REAL, {"a.b"}) == [took(Kind.DRILL, 2.0)]
    assert durations.earlier(place, "here", Kind.LAB, {"a.b"}) == [took(Kind.LAB, 1.0)]
    assert durations.earlier(place, "elsewhere", Kind.REAL, {"a.b"}) == []
    assert durations.earlier(place, "here", Kind.REAL, {"a.c"}) == []
    assert durations.earlier(place, "here", Kind.TABLETOP, {"a.b"}) == []
