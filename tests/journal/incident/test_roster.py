"""Who plays which of the plan's systems, also where a system has the name of one that it does not play."""

from __future__ import annotations

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident import clocks
from journal.incident.affected import choices, is_hit
from journal.incident.forecast import steps_left
from journal.incident.records import StepState
from journal.incident.upcoming import next_step
from tests.journal.stories import Story, plan, step

POINT = step("point", decision={"name": "recovery_point", "question": "To when?", "kind": "recovery-point"})
TWO = plan(
    POINT,
    step("look", action="thing.look", system="db"),
    systems={
        "db": {"title": "The database", "tier": "critical", "data": "database"},
        "orders": {"title": "Orders", "tier": "critical", "data": "database"},
    },
)
SWAPPED = [KnownSystem(name="db", type="thing", plays="orders", acts=["thing"])]


def read(*systems: KnownSystem) -> e.InventoryRead:
    return e.InventoryRead(path="/inventory.yaml", sha256="1", systems=list(systems))


def test_a_system_that_has_the_name_of_another_is_never_taken_for_it() -> None:
    told = Story(TWO)
    told.tell(read(*SWAPPED), e.HealthChanged(system="db", status="up", was=""))
    roster = told.incident.roster
    assert [roster.title(name) for name in roster.shown] == ["The database (nobody plays it)", "Orders"]
    (nobody,) = roster.players("db")
    assert (nobody in told.incident.health, nobody in roster.systems) == (False, False)
    assert [clock.instance for clock in clocks.rpo(told.incident)] == [nobody, "db"]
    assert not is_hit(told.incident, "db"), "the scenario hits the plan's, and this is the orders'"


def test_a_position_that_was_decided_before_the_inventory_was_read_stays_with_the_plans_system() -> None:
    told = Story(TWO)
    told.tell(e.DecisionMade(step="point", name="recovery_point", answer="db lsn:0/10"))
    told.tell(read(*SWAPPED))
    assert told.incident.recovery_point is not None
    assert told.incident.recovery_point.of("db") is None


def test_a_title_that_tells_which_system_it_is_stands_alone() -> None:
    def titles(*more: KnownSystem) -> list[str]:
        told = Story(TWO)
        db = KnownSystem(name="db", type="thing", plays="db", acts=["thing"])
        first = KnownSystem(name="db-standby", type="thing", standby_of="db", title="standby of db")
        told.tell(read(db, first, *more))
        return [told.incident.roster.title(name) for name in told.incident.roster.systems]

    assert titles() == ["The database", "standby of db"]
    second = KnownSystem(name="db-far", type="thing", standby_of="db", title="standby of db")
    proxy = KnownSystem(name="proxy", type="thing", title="HAProxy")
    queue = KnownSystem(name="queue", type="thing", title="the queue")
    assert titles(second, proxy, queue)[1:] == [
        "standby of db db-standby", "standby of db db-far", "HAProxy proxy", "the queue"
    ]  # fmt: skip


def test_an_optional_system_and_its_steps_are_there_where_the_inventory_has_one() -> None:
    systems = {
        "db": {"title": "The database", "tier": "critical"},
        "late": {"title": "Delayed standby", "tier": "critical", "optional": True},
    }
    look, pause = step("look", action="thing.look", after=["pause"]), step("pause", action="thing.pause", system="late")
    told = Story(plan(look, pause, systems=systems))
    db = KnownSystem(name="db", type="thing", plays="db", acts=["thing"])
    far = KnownSystem(name="db-far", type="thing", standby_of="db", plays="late", acts=["thing"])
    told.tell(read(db))
    assert told.incident.roster.shown == ["db"]
    told.tell(e.RunRequested(step="pause", action="thing.pause", dry_run=True))
    refused = told.tell(e.RunRequested(step="pause", action="thing.pause"))
    told.tell(e.RunRefused(step="pause", run=refused, gate="aim", message="There is none.", yields="never"))
    assert told.incident.state("pause") is StepState.NOT_APPLICABLE
    assert next_step(told.incident) == told.incident.plan.by_id["look"]
    assert [one.id for one in steps_left(told.incident, "")] == ["look"], "nor does it count as time"
    told.tell(read(db, far))
    assert told.incident.roster.shown == ["db", "db-far"]
    assert next_step(told.incident) == told.incident.plan.by_id["pause"], "first of all"
    assert list(choices(told.incident)) == ["db"], "nobody is asked whether it must be recovered"
