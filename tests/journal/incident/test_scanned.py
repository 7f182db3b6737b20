"""What looks through the backups say of a recovery point: proposed where nothing was found, else it wants a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.events.scanned import Scan, ScannedState
from journal.incident.decisions import AnswerRefused, require_reason
from journal.incident.recovery_point import read
from journal.incident.scanned import concerns, verdict
from journal.incident.suggestion import suggestion
from tests.journal.stories import BEGAN, Story, plan, step

SCENARIO = {
    "title": "Breach", "impact": "", "likelihood": "", "severity": "high", "systems": ["db", "cache"],
    "refuses": {"recovery_point": ["latest"]},
}  # fmt: skip
POINT = {"name": "recovery_point", "question": "To when?", "kind": "recovery-point", "default": "latest"}
STORES = {name: {"title": name, "tier": "critical", "data": "database"} for name in ("db", "cache")}


def state(hours: float, until: float | None = None, **more: object) -> ScannedState:
    at = BEGAN - timedelta(hours=hours)
    end = BEGAN - timedelta(hours=hours if until is None else until)
    return ScannedState(at=at, until=end, backup=f"{hours} h ago", compared="", **more)  # type: ignore[arg-type]


def story() -> Story:
    affected = step("affected", decision={"name": "affected", "question": "Which?", "kind": "systems"})
    steps = affected, step("look", action="some.action"), step("point", decision=POINT)
    told = Story(
        plan(*steps, scenarios={"security-breach": SCENARIO}, systems=STORES),
        scenario="security-breach",
        discovered_at=BEGAN.isoformat(),
    )
    known = [KnownSystem(name=name, type=name, plays=name, acts=[name, "intrusion"]) for name in ("db", "cache")]
    told.tell(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=known))
    told.tell(e.DecisionMade(step="affected", name="affected", answer="db,cache"))
    return told


def suggested(told: Story) -> str:
    decision = told.incident.plan.by_id["point"].decision
    assert decision
    return suggestion(told.incident, decision).answer


def kind(told: Story, at: datetime) -> str:
    point = read(f"time:{at.isoformat()}")
    assert point
    return verdict(told.incident, "db", point).kind


def test_the_newest_moment_without_strangers_in_any_system_is_proposed() -> None:
    told = story()
    bad = {"role eve": "was not there"}
    scan = Scan(states=[state(24), state(6), state(3, strangers=bad)], looked_for=["roles"])
    told.run("look", facts={"db": scan.facts()})
    assert suggested(told) == "", "the other one was not looked through"
    two = {"db": scan.facts(), "cache": Scan(states=[state(9, until=4)]).facts()}
    told.run("look", facts=two)
    assert suggested(told) == f"time:{(BEGAN - timedelta(hours=6)).isoformat()}"
    assert kind(told, BEGAN - timedelta(hours=7)) == "nothing found"
    assert kind(told, BEGAN - timedelta(hours=5)) == "not looked at"
    assert kind(told, BEGAN - timedelta(hours=3)) == "strangers"
    assert kind(told, BEGAN) == "strangers", "what was planted stays"


def test_a_point_that_may_bring_the_intruder_back_wants_a_reason() -> None:
    told = story()
    with pytest.raises(AnswerRefused, match="nobody looked through its backups"):
        require_reason(told.incident, f"time:{BEGAN.isoformat()}")
    every = Scan(states=[state(24, strangers={"role eve": "has rights over the whole cluster"})])
    told.run("look", facts={"db": every.facts(), "cache": every.facts()})
    assert suggested(told) == ""
    with pytest.raises(AnswerRefused, match="holds role eve"):
        require_reason(told.incident, f"time:{BEGAN.isoformat()}")
    sound = Scan(states=[state(24)])
    told.run("look", facts={"db": sound.facts(), "cache": sound.facts()})
    require_reason(told.incident, f"time:{(BEGAN - timedelta(hours=25)).isoformat()}")


def test_in_another_scenario_nothing_of_it_counts() -> None:
    told = Story(plan(step("point", decision=POINT)))
    point = read(f"time:{BEGAN.isoformat()}")
    assert point and not list(concerns(told.incident, point))
