"""Steps over systems, while systems join and leave the inventory, or other ones are decided to be affected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from journal.commands.incident import NotNow
from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.affected import is_hit
from journal.incident.clocks import rto
from journal.incident.given_up import given_up
from journal.incident.records import StepState
from journal.incident.recovery_point import parse
from journal.store.rows import Reading
from tests.journal.incident.test_instances import NAMES, Fleet, counts_of


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path)
    yield fleet
    fleet.close()


def read_again(fleet: Fleet, names: str, sha256: str = "2") -> None:
    systems = [KnownSystem(name=name, type="thing", plays="thing", acts=["thing", "backups"]) for name in names]
    fleet.tell(e.InventoryRead(path="/inventory.yaml", sha256=sha256, systems=systems))


def ran(fleet: Fleet, *ends: str) -> list[int]:
    """Run the step at every system; a run whose end is empty goes on."""
    runs = fleet.commands.request_runs("work")
    for run, end in zip(runs, ends, strict=True):
        fleet.start(run)
        if end == "in doubt":
            fleet.tell(e.ActionInDoubt(step="work", run=run, why="its runner died"))
        elif end:
            fleet.end(run, end)
    return runs


def test_a_step_done_where_it_was_needed_is_open_where_more_is_affected(fleet: Fleet) -> None:
    fleet.commands.decide("which", "thing/a")
    ran(fleet, "succeeded")
    assert fleet.state() is StepState.DONE
    fleet.commands.decide("which", "thing")
    assert (fleet.state(), counts_of(fleet)) == (StepState.READY, "1/3 done")


@pytest.mark.parametrize("before", ["a", "abc"])
def test_a_step_done_everywhere_is_open_at_a_system_that_joins(fleet: Fleet, before: str) -> None:
    read_again(fleet, before)
    ran(fleet, *["succeeded"] * len(before))
    assert fleet.state() is StepState.DONE
    read_again(fleet, before + "d", "3")
    assert fleet.state() is StepState.READY
    (again,) = fleet.commands.request_runs("work")
    assert fleet.incident.runs[again].system == "d"


def test_what_failed_at_a_system_that_left_fails_no_step(fleet: Fleet) -> None:
    ran(fleet, "succeeded", "failed", "succeeded")
    read_again(fleet, "ac")
    assert fleet.state() is StepState.DONE


def test_the_end_at_a_system_that_is_not_affected_any_more_says_nothing_of_the_others(fleet: Fleet) -> None:
    _, b, _ = ran(fleet, "failed", "", "")
    fleet.commands.decide("which", "thing/a, thing/c")
    fleet.end(b, "succeeded")
    assert fleet.state() is StepState.FAILED


def test_the_end_at_a_system_that_left_says_nothing_of_the_others(fleet: Fleet) -> None:
    b = fleet.commands.request_run("work", system="b")
    fleet.start(b)
    read_again(fleet, "ac")
    fleet.end(b, "succeeded")
    assert fleet.state() is StepState.READY


@pytest.mark.parametrize("said", ["mark_done", "skip", "reopen"])
@pytest.mark.parametrize("end", ["in doubt", ""])
def test_a_failure_at_one_system_hides_not_what_is_under_way_at_another(fleet: Fleet, end: str, said: str) -> None:
    ran(fleet, "failed", end, "succeeded")
    assert fleet.state() is StepState.FAILED
    with pytest.raises(NotNow, match="on b"):
        getattr(fleet.commands, said)("work", "because")


def test_what_was_marked_done_by_hand_stays_so_whatever_runs_or_is_decided_later(fleet: Fleet) -> None:
    ran(fleet, "succeeded", "failed", "succeeded")
    fleet.commands.mark_done("work", "restored b by hand")
    fleet.end_of(fleet.commands.request_run("work", system="a"))
    assert fleet.state() is StepState.MARKED_DONE
    fleet.commands.decide("which", "thing/a, thing/b")
    assert fleet.state() is StepState.MARKED_DONE


def test_again_leaves_out_the_system_that_is_in_doubt_and_offers_no_other_for_it(fleet: Fleet) -> None:
    a, _, _ = ran(fleet, "failed", "in doubt", "succeeded")
    (again,) = fleet.commands.request_runs("work")
    assert fleet.incident.runs[again].system == fleet.incident.runs[a].system
    fleet.end_of(again)
    with pytest.raises(NotNow, match="in doubt on b"):
        fleet.commands.request_runs("work")


def test_a_system_that_is_named_twice_is_asked_once(fleet: Fleet) -> None:
    assert len(fleet.commands.request_runs("work", on=["a", "a"])) == 1


def test_a_step_at_several_systems_failed_again_only_where_it_did_so_twice_at_one(fleet: Fleet) -> None:
    ran(fleet, "failed", "failed", "failed")
    assert not fleet.incident.failed_again("work")
    again = fleet.commands.request_run("work", system="c")
    fleet.start(again)
    fleet.end(again, "failed")
    assert fleet.incident.failed_again("work")


def test_only_the_systems_that_were_chosen_are_hit(fleet: Fleet) -> None:
    fleet.commands.decide("which", "thing/a")
    assert [is_hit(fleet.incident, name) for name in NAMES] == [True, False, False]


@pytest.mark.parametrize("point", ["latest", "2026-01-01T00:00:00Z"])
def test_a_point_gives_up_nothing_of_systems_that_were_not_hit(fleet: Fleet, point: str) -> None:
    facts = {"newest_commit_at": "2026-01-01T00:01:00Z", "archived_until": "2026-01-01T00:00:30Z"}
    readings = {
        name: Reading(name, fleet.incident.last_at, {"facts": facts}) for name in map("health:{}".format, NAMES)
    }
    chosen = parse(point, {name: {} for name in NAMES})

    def told() -> list[str]:
        lines = given_up(fleet.incident, chosen, readings)
        return [name for name in NAMES if any(line.startswith(f"Thing {name}:") for line in lines)]

    assert told() == list(NAMES)
    fleet.commands.decide("which", "thing/a")
    assert told() == ["a"]


def test_an_objective_is_reached_when_the_last_system_is_verified(fleet: Fleet) -> None:
    ran(fleet, "succeeded", "succeeded", "succeeded")
    first, *others = fleet.commands.request_runs("verify")
    for run in (first, *others):
        fleet.end_of(run)
    runs = fleet.incident.runs
    (clock,) = rto(fleet.incident, fleet.incident.last_at + timedelta(hours=1))
    assert clock.achieved_at == runs[others[-1]].finished_at
    assert runs[first].finished_at != clock.achieved_at


def test_what_is_in_force_at_one_system_is_taken_back_there(fleet: Fleet) -> None:
    run = fleet.commands.request_run("work", system="a")
    body = e.ActionStarted(step="work", run=run, action="thing.work", system="a", undone_by="thing.undo")
    fleet.tell(body)
    assert [fleet.incident.takes_back("thing.undo", name) for name in ("", *NAMES)] == [True, True, False, False]
