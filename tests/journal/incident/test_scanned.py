"""What looks through the backups say of a recovery point: proposed where nothing was found, else it wants a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from journal.events import types as e
from journal.events.run import KnownSystem
from journal.events.scanned import Scan, ScannedState
from journal.incident.decisions import AnswerRefused, check_answer, require_reason
from journal.incident.records import StepState
from journal.incident.recovery_point import read
from journal.incident.scanned import concerns, verdict
from journal.incident.suggestion import beginning, suggestion
from journal.plan.model import Decision
from tests.journal.stories import BEGAN, BEN, Story, plan, step

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
    began = {"name": "intrusion_began", "question": "Since when?", "kind": "instant"}
    restore = step("restore", action="some.restore", destructive=True, needs=["point"], verified_by="prove")
    steps = (
        *(affected, step("look", action="some.action"), step("began", decision=began)),
        *(step("point", decision=POINT), restore, step("prove", action="some.proof")),
    )
    told = Story(
        plan(*steps, scenarios={"security-breach": SCENARIO}, systems=STORES),
        scenario="security-breach",
        discovered_at=BEGAN.isoformat(),
    )
    known = [KnownSystem(name=name, type=name, plays=name, acts=[name, "intrusion"]) for name in ("db", "cache")]
    told.tell(e.InventoryRead(path="/inventory.yaml", sha256="1", systems=known))
    told.tell(e.DecisionMade(step="affected", name="affected", answer="db,cache"))
    return told


def decision(told: Story, name: str) -> Decision:
    found = told.incident.plan.by_id[name].decision
    assert found
    return found


def suggested(told: Story) -> str:
    return suggestion(told.incident, decision(told, "point")).answer


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
        require_reason(told.incident, decision(told, "point"), f"time:{BEGAN.isoformat()}")
    every = Scan(states=[state(24, strangers={"role eve": "has rights over the whole cluster"})])
    told.run("look", facts={"db": every.facts(), "cache": every.facts()})
    assert suggested(told) == ""
    with pytest.raises(AnswerRefused, match="holds role eve"):
        require_reason(told.incident, decision(told, "point"), f"time:{BEGAN.isoformat()}")
    sound = Scan(states=[state(24)])
    told.run("look", facts={"db": sound.facts(), "cache": sound.facts()})
    require_reason(told.incident, decision(told, "point"), f"time:{(BEGAN - timedelta(hours=25)).isoformat()}")


def test_the_begin_is_proposed_by_the_earliest_trace_and_decided_anew_opens_what_lies_after_it() -> None:
    told = story()
    sound, bad = state(24, until=6.5), state(6, strangers={"role eve": "was not there"})
    for name, first in (("db", None), ("cache", (BEGAN - timedelta(hours=5)).isoformat())):
        told.run("look", facts={name: {**Scan(states=[sound, bad]).facts(), "first_trace_at": first}})
    assert suggestion(told.incident, decision(told, "began")).answer == "", "never decided with others"
    six = f"{(BEGAN - timedelta(hours=6)).isoformat()}"
    proposed = beginning(told.incident, decision(told, "began"))
    assert proposed.answer == six and "inside before" in proposed.because
    for wrong in ("yesterday", (BEGAN + timedelta(hours=1)).isoformat()):
        with pytest.raises(AnswerRefused):
            check_answer(told.incident, decision(told, "began"), wrong, {})
    with pytest.raises(AnswerRefused, match="evidence"):
        require_reason(told.incident, decision(told, "began"), six)
    require_reason(told.incident, decision(told, "began"), six, proposed.because)
    told.tell(e.DecisionMade(step="began", name="intrusion_began", answer=six, because=proposed.because))
    seven = f"time:{(BEGAN - timedelta(hours=7)).isoformat()}"
    told.tell(e.DecisionMade(step="point", name="recovery_point", answer=seven))
    told.run("restore")
    assert told.incident.state("restore") is StepState.DONE
    eight = f"{(BEGAN - timedelta(hours=8)).isoformat()}"
    told.tell(e.DecisionMade(step="began", name="intrusion_began", answer=eight, reason="an older log"), by=BEN)
    assert (told.incident.state("point"), told.incident.state("restore")) == (StepState.READY, StepState.WAITING)
    assert BEN in told.incident.steps["point"].note
    assert kind(told, BEGAN - timedelta(hours=7)) == "after the begin"
    assert suggested(told) == f"time:{eight}", "the point that was decided before is not proposed again"
    with pytest.raises(AnswerRefused, match="inside from"):
        require_reason(told.incident, decision(told, "point"), seven)
    told.tell(e.DecisionMade(step="point", name="recovery_point", answer=seven, reason="older ones are gone"))
    told.tell(e.DecisionMade(step="began", name="intrusion_began", answer=six, reason="that log was of another host"))
    assert told.incident.state("point") is StepState.DONE, "it is before the begin by now"


def test_in_another_scenario_nothing_of_it_counts() -> None:
    told = Story(plan(step("point", decision=POINT)))
    point = read(f"time:{BEGAN.isoformat()}")
    assert point and not list(concerns(told.incident, point))
