"""How long a restore takes, as the last measured one took: from the looks at the backups, else by the plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.incident.restore_time import RestoreTime, expected_seconds, measured_times, restore_time
from tests.journal.stories import BEGAN, Story, plan, step

DRILLED = RestoreTime(
    label="20260228-020003F", at=BEGAN - timedelta(days=1), seconds=42.4, drill=True, size=1_200_000_000
)


def story(*systems: str) -> Story:
    told = Story(
        plan(
            step("look", action="backups.verify", system="db"),
            step("restore", action="postgres.restore", system="db", expect="30 min"),
            step("check", action="postgres.verify", system="db", expect="5 min"),
        )
    )
    known = [KnownSystem(name=name, type="postgres", plays="db", acts=["postgres"]) for name in systems]
    if known:
        told.tell(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=known))
    return told


def seconds(told: Story, step_id: str) -> float:
    return expected_seconds(told.incident, told.incident.plan.by_id[step_id])


def test_a_drill_counts_instead_of_the_plan_s_figure_for_the_step_that_restores() -> None:
    told = story()
    assert seconds(told, "restore") == 1800
    told.run("look", facts={"db": {"sets": {}, **DRILLED.facts()}})
    assert restore_time(told.incident, "db") == DRILLED
    assert seconds(told, "restore") == pytest.approx(42.4)
    assert seconds(told, "check") == 300
    assert str(DRILLED) == "measured 42 s on 2026-02-28 in a drill, 1.2 GB"


def test_it_is_scaled_where_there_is_more_to_restore_now() -> None:
    def now(size: int) -> RestoreTime:
        return RestoreTime.of({"last_restored": {**DRILLED.facts()["last_restored"], "now": size}}) or DRILLED

    assert now(3_600_000_000).expected == pytest.approx(3 * 42.4)
    assert str(now(3_600_000_000)).endswith("in a drill, 1.2 GB; now 3.6 GB: about 2 min 07 s")
    assert now(1_250_000_000).expected == pytest.approx(42.4)
    assert now(0).expected == pytest.approx(42.4)


def test_the_newest_look_that_found_one_counts_and_each_system_of_a_fleet_has_its_own() -> None:
    told = story("left", "right")
    slow = RestoreTime(label="a", at=BEGAN, seconds=90, by="INC-2026-02-28-1")
    told.run("look", facts={"left": DRILLED.facts()})
    assert seconds(told, "restore") == 1800, "the other one may take as long as the plan says"
    told.run("look", facts={"right": slow.facts(), "left": {"sets": {}}})
    assert measured_times(told.incident, told.incident.plan.by_id["restore"]) == {"left": DRILLED, "right": slow}
    assert seconds(told, "restore") == 90
    assert str(slow) == "measured 1 min 30 s on 2026-03-01 in INC-2026-02-28-1"


@pytest.mark.parametrize(
    "found", [None, "soon", {"seconds": "long"}, {"label": "a", "at": BEGAN.isoformat(), "seconds": 0}]
)
def test_what_has_another_form_is_not_measured(found: Any) -> None:
    told = story()
    told.run("look", facts={"db": {"last_restored": found}})
    assert restore_time(told.incident, "db") is None
    assert seconds(told, "restore") == 1800
