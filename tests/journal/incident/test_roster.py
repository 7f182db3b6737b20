"""Who plays which of the plan's systems, also where a system has the name of one that it does not play."""

from __future__ import annotations

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident import clocks
from journal.incident.affected import is_hit
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
