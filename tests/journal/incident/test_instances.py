"""A step over several systems of the inventory: one run each, and the step's state over all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.commands.incident import IncidentCommands, NotNow
from journal.commands.refusals import AlreadyRunning
from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.affected import choices
from journal.incident.decisions import AnswerRefused
from journal.incident.fold import fold_journal
from journal.incident.instances import counts, left, unmet
from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.store.journal import Journal
from tests.actions.worlds import declared, places_in, plan_with

WHICH = {
    "id": "which",
    "title": "Which",
    "decision": {"name": "affected", "question": "Which?", "kind": "systems"},
}
NAMES = ("a", "b", "c")


class Fleet:
    """An incident whose plan's system is played by three of the inventory."""

    def __init__(self, folder: Path) -> None:
        self._place = declared(places_in(folder), plan=plan_with(WHICH))
        self._journal = Journal.open(self._place.journal, actor="ana@laptop")
        systems = [KnownSystem(name=name, type="thing", plays="thing", acts=["thing", "backups"]) for name in NAMES]
        standby = KnownSystem(name="follower", type="thing", standby_of="a", acts=["thing"])
        self.tell(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=[*systems, standby]))
        self.commands = IncidentCommands(self._journal, lambda: self.incident)

    @property
    def incident(self) -> Incident:
        return fold_journal(self._place.journal)

    def append(self, *bodies: e.Body) -> list[e.Event]:
        return self._journal.append(*bodies)

    def tell(self, *bodies: e.Body) -> None:
        self.append(*bodies)

    def start(self, run: int) -> None:
        known = self.incident.runs[run]
        self.tell(e.ActionStarted(step=known.step, run=run, action=known.action, system=known.system))

    def end(self, run: int, status: str) -> None:
        self.tell(e.ActionFinished(step=self.incident.runs[run].step, run=run, status=status, summary=status))  # type: ignore[arg-type]

    def end_of(self, run: int) -> None:
        self.start(run)
        self.end(run, "succeeded")

    def state(self) -> StepState:
        return self.incident.state("work")

    def close(self) -> None:
        self._journal.close()


def counts_of(fleet: Fleet) -> str:
    return counts(fleet.incident, fleet.incident.plan.by_id["work"])


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:  # type: ignore[misc]
    fleet = Fleet(tmp_path)
    yield fleet
    fleet.close()


def test_a_step_is_asked_for_once_at_every_system_that_plays_its_own(fleet: Fleet) -> None:
    runs = fleet.commands.request_runs("work")
    assert [fleet.incident.runs[run].system for run in runs] == [*NAMES], "the standby plays nothing"
    assert fleet.state() is StepState.REQUESTED


def test_the_step_is_what_the_gravest_of_its_systems_is(fleet: Fleet) -> None:
    one, two, three = fleet.commands.request_runs("work")
    for run in (one, two, three):
        fleet.start(run)
    fleet.end(one, "succeeded")
    assert fleet.state() is StepState.RUNNING
    fleet.tell(e.ActionInDoubt(step="work", run=two, why="its runner died"))
    assert fleet.state() is StepState.IN_DOUBT
    fleet.end(three, "failed")
    assert fleet.state() is StepState.FAILED
    step = fleet.incident.plan.by_id["work"]
    assert counts(fleet.incident, step) == "1/3 done · 1 IN DOUBT · 1 FAILED"
    assert fleet.incident.steps["work"].note == "c: failed"


def test_again_means_those_that_are_not_done(fleet: Fleet) -> None:
    one, two, three = fleet.commands.request_runs("work")
    for run, status in ((one, "succeeded"), (two, "failed"), (three, "succeeded")):
        fleet.start(run)
        fleet.end(run, status)
    (again,) = fleet.commands.request_runs("work")
    assert fleet.incident.runs[again].system == "b"
    fleet.start(again)
    fleet.end(again, "succeeded")
    assert fleet.state() is StepState.DONE
    assert left(fleet.incident, fleet.incident.plan.by_id["work"]) == [*NAMES], "done everywhere: all may be run again"


def test_a_step_that_was_run_at_some_systems_only_is_not_done(fleet: Fleet) -> None:
    run = fleet.commands.request_run("work", system="b")
    fleet.start(run)
    fleet.end(run, "succeeded")
    assert fleet.state() is StepState.READY
    assert counts(fleet.incident, fleet.incident.plan.by_id["work"]) == "1/3 done"
    assert [fleet.incident.runs[again].system for again in fleet.commands.request_runs("work")] == ["a", "c"]


def test_an_action_may_be_run_again_where_its_step_is_done(fleet: Fleet) -> None:
    run = fleet.commands.request_run("work", system="b")
    fleet.start(run)
    fleet.end(run, "succeeded")
    again = fleet.commands.request_action("thing.work", {}, system="b")
    assert fleet.incident.runs[again].system == "b"
    assert fleet.incident.runs[again].step == "work"


def test_an_action_is_asked_for_at_all_systems_that_are_named_or_at_none(fleet: Fleet) -> None:
    with pytest.raises(NotNow, match="cannot act on z"):
        fleet.commands.request_actions("thing.work", {}, on=["a", "z"])
    assert not fleet.incident.runs
    asked = fleet.commands.request_actions("thing.work", {}, on=["a", "b"])
    assert [(fleet.incident.runs[run].step, fleet.incident.runs[run].system) for run in asked] == [
        ("work", "a"),
        ("work", "b"),
    ]


def test_a_refused_run_leaves_the_others_as_they_are(fleet: Fleet) -> None:
    one, two, _ = fleet.commands.request_runs("work")
    fleet.start(one)
    fleet.tell(e.RunRefused(step="work", run=two, gate="hold", message="not held"))
    assert fleet.state() is StepState.RUNNING
    assert left(fleet.incident, fleet.incident.plan.by_id["work"]) == ["b"]


@pytest.mark.parametrize("system", ["follower", "nothing"])
def test_what_does_not_play_the_steps_system_is_refused(fleet: Fleet, system: str) -> None:
    with pytest.raises(NotNow, match="does not act on"):
        fleet.commands.request_run("work", system=system)


def test_one_run_of_several_systems_must_say_which(fleet: Fleet) -> None:
    with pytest.raises(NotNow, match="several systems: a, b, c"):
        fleet.commands.request_run("work")
    with pytest.raises(NotNow, match="several systems: a, b, c, follower"):
        fleet.commands.request_action("thing.look", {})


def test_a_system_is_asked_once_while_others_are_free(fleet: Fleet) -> None:
    fleet.start(fleet.commands.request_run("work", system="a"))
    with pytest.raises(AlreadyRunning, match="runs already on a, started by"):
        fleet.commands.request_run("work", system="a")
    with pytest.raises(NotNow, match="running on a") as refused:
        fleet.commands.request_run("work", system="a", params={"deep": True})
    assert not isinstance(refused.value, AlreadyRunning), "other parameters are not the same"
    assert fleet.commands.request_run("work", system="b")


def test_only_those_that_were_decided_to_be_affected_are_acted_on(fleet: Fleet) -> None:
    fleet.end_of(fleet.commands.request_run("work", system="b"))
    assert list(choices(fleet.incident)) == ["thing/a", "thing/b", "thing/c"]
    fleet.commands.decide("which", "b, c")
    assert fleet.incident.answers["affected"] == "thing"
    assert (fleet.incident.decisions["affected"].answer, counts_of(fleet)) == ("thing/b,thing/c", "1/2 done")
    assert [fleet.incident.runs[run].system for run in fleet.commands.request_runs("work")] == ["c"]
    with pytest.raises(NotNow, match="does not act on a") as refused:
        fleet.commands.request_run("work", system="a")
    assert refused.value.hint == "It acts on: b, c (decided as affected)."
    with pytest.raises(NotNow) as refused:
        fleet.commands.request_run("shell", system="a")
    assert refused.value.hint == "It acts on no single system of the inventory: leave out --on."

    fleet.commands.decide("which", "thing/b")
    assert fleet.state() is StepState.DONE, "what was done at the only one that is affected is done"
    fleet.commands.decide("which", "thing")
    assert counts_of(fleet).startswith("1/3 done"), "the plan system's own name means all that play it"
    with pytest.raises(AnswerRefused, match="no system follower"):
        fleet.commands.decide("which", "follower")


def test_those_that_are_down_are_asked_for_first(fleet: Fleet) -> None:
    fleet.tell(e.HealthChanged(system="a", status="up", was=""), e.HealthChanged(system="c", status="down", was="up"))
    runs = fleet.commands.request_runs("work")
    assert [fleet.incident.runs[run].system for run in runs] == ["c", "b", "a"]


def test_a_dry_run_is_of_the_system_that_the_runner_found(fleet: Fleet) -> None:
    (request,) = fleet.append(e.RunRequested(step="work", action="thing.work", dry_run=True))
    fleet.tell(e.ActionStarted(step="work", run=request.seq, action="thing.work", system="b", dry_run=True))
    assert fleet.incident.runs[request.seq].system == "b"
    assert fleet.state() is StepState.READY


def test_what_comes_before_is_settled_at_the_system_that_is_acted_on(fleet: Fleet) -> None:
    verify = fleet.incident.plan.by_id["verify"]
    fleet.end_of(fleet.commands.request_run("work", system="b"))
    assert fleet.incident.unmet(verify) == ["work"]
    assert (unmet(fleet.incident, verify, "b"), unmet(fleet.incident, verify, "a")) == ([], ["work"])
    assert left(fleet.incident, verify) == ["b"], "at the others it waits"
