"""The whole way in one incident: failed over, the old primary back as a standby, switched back, and a standby again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.events.types import InventoryRead
from journal.incident.interlock import word_to_type
from journal.incident.records import Run, RunState
from tests.actions.systems.postgres.failing_over import STANDBY
from tests.actions.systems.postgres.test_promote import known_systems, load_inventory, plan, world
from tests.actions.worlds import Person, declared, places_in, running
from tests.labs import Lab, running_lab


@pytest.fixture
def lab() -> Iterator[Lab]:
    with running_lab() as running_:
        yield Lab.up(running_.directory, standby=True)


def done(person: Person, action: str, system: str) -> Run:
    """Run an action as a person does: the dry run tells what is typed."""
    look = person.desk.request_action(action, {}, system=system, dry_run=True)
    seen: Run = person.until(lambda i: i.runs[look].state.over, 120).runs[look]
    assert not seen.closed, seen.closed
    word = word_to_type(seen.target)
    number = person.desk.request_action(action, {}, system=system, confirmed=word)
    run: Run = person.until(lambda i: i.runs[number].state.over, 120).runs[number]
    assert run.state is RunState.SUCCEEDED, (run.summary, run.refusal)
    return run


def test_over_and_back_in_one_incident(lab: Lab, tmp_path: Path) -> None:
    person = Person(declared(places_in(tmp_path), plan=plan()))
    known = known_systems(load_inventory(lab.inventory_path), ["postgres"])
    person.journal.append(InventoryRead(path=str(lab.inventory_path), sha256="1", systems=known))
    person.desk.decide("point", "latest")
    with running(person.place, world(lab, tmp_path)):
        done(person, "postgres.fence", "postgres")
        done(person, "postgres.promote", "postgres")
        assert person.until(lambda i: i.takeovers).roster.players("postgres") == [STANDBY]
        done(person, "postgres.verify", STANDBY)
        done(person, "postgres.allow_writers", STANDBY)
        assert [one.undone_by for one in person.incident().in_force.values()] == ["postgres.unfence"]
        done(person, "postgres.rejoin", STANDBY)
        assert not person.incident().in_force, "its fence is lifted by what made it a standby"
        done(person, "postgres.switch_back", STANDBY)
        incident = person.until(lambda i: i.roster.players("postgres") == ["postgres"])
        assert incident.roster.systems["postgres"].title == "PostgreSQL"
        assert [one.undone_by for one in incident.in_force.values()] == ["postgres.allow_writers"]
        done(person, "postgres.allow_writers", "postgres")
        done(person, "postgres.rejoin", "postgres")
        assert not person.incident().in_force

    with running(person.place, world(lab, tmp_path)):  # another runner reads the same file, and goes by the journal
        done(person, "postgres.fence", "postgres")
        done(person, "postgres.promote", "postgres")
        assert person.until(lambda i: i.roster.players("postgres") == [STANDBY])
    assert lab.cluster(STANDBY).psql("SELECT pg_is_in_recovery()") == "f"
