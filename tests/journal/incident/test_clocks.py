"""Clocks: what is measured, against which target, and what counts as not measured."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from journal.events import types as e
from journal.events.measured import Measured
from journal.incident import clocks
from journal.report.objectives import rpo_results
from tests.journal.stories import BEGAN, DECLARED, Story, plan, step

ACTION = {"action": "some.action"}
DB = {"action": "some.action", "system": "db"}


def rto(told: Story, **after: float) -> clocks.RtoClock:
    return clocks.rto(told.incident, DECLARED + timedelta(**after))[0]


def rpo(told: Story, readings: Any = None) -> clocks.RpoClock:
    return clocks.rpo(told.incident, readings)[0]


def test_rto_runs_from_the_disruption_until_the_last_validating_step() -> None:
    told = Story(plan(step("a", **ACTION), step("b", **ACTION), validated_by=["a", "b"]))
    clock = rto(told, minutes=20)
    assert (clock.used, clock.since_declared, clock.left) == (30 * 60, 20 * 60, 30 * 60)
    assert (clock.achieved_at, clock.met) == (None, None)
    told.run("a")
    assert rto(told, minutes=20).achieved_at is None
    told.at = DECLARED + timedelta(minutes=25)
    told.run("b")
    clock = rto(told, hours=9)
    assert (clock.achieved_at, clock.met, clock.by_hand) == (told.at, True, False)
    assert (clock.used, clock.since_declared) == (35 * 60 + 62, 25 * 60 + 62)


def test_rto_is_missed_as_soon_as_its_time_is_up() -> None:
    told = Story(plan(step("a", **ACTION), validated_by=["a"]))
    assert rto(told, minutes=49).met is None
    assert rto(told, minutes=51).met is False
    told.at = DECLARED + timedelta(minutes=55)
    told.run("a")
    assert rto(told, minutes=60).met is False
    assert rto(told, minutes=60).left < 0


def test_a_persons_word_is_told_from_a_measurement() -> None:
    told = Story(plan(step("a", **ACTION), step("b", **ACTION), validated_by=["a", "b"]))
    told.run("a")
    told.tell(e.StepMarkedDone(step="b", note="looked"))
    assert (rto(told).met, rto(told).by_hand) == (True, True)


def test_a_skipped_validation_is_no_validation() -> None:
    told = Story(plan(step("a", **ACTION), validated_by=["a"]))
    told.tell(e.StepSkipped(step="a", reason="r"), e.IncidentClosed(summary="s"))
    clock = rto(told, hours=9)
    assert (clock.achieved_at, clock.met, clock.used) == (None, None, 602)


def test_steps_that_do_not_apply_do_not_validate() -> None:
    told = Story(plan(step("a", when={"scenario": ["flood"]}, **ACTION), step("b", **ACTION), validated_by=["a", "b"]))
    told.run("b")
    assert rto(told).met is True
    told = Story(plan(step("a", when={"scenario": ["flood"]}, **ACTION), validated_by=["a"]))
    clock = rto(told, hours=9)
    assert (clock.measurable, clock.achieved_at, clock.met) == (False, None, None)


def test_a_reopened_validation_starts_the_clock_again() -> None:
    told = Story(plan(step("a", **ACTION), validated_by=["a"]))
    told.run("a")
    told.tell(e.StepReopened(step="a", reason="it broke again"))
    assert (rto(told, minutes=30).achieved_at, rto(told, minutes=30).used) == (None, 40 * 60)


def newest(minutes: float) -> dict[str, Any]:
    return {"newest_commit_at": (BEGAN + timedelta(minutes=minutes)).isoformat()}


def lost_database(**more: Any) -> Story:
    """A database that a probe saw commit at the disruption and found down 30 s later."""
    told = Story(plan(step("restore", verified_by="verify", **DB), step("verify", **DB)), **more)
    told.at = BEGAN
    last = Measured(newest_commit_at=BEGAN)
    told.tell(e.HealthChanged(system="db", status="down", was="up", last=last), after=30)
    told.run("restore", started={"destructive": True})
    return told


def test_rpo_is_not_measured_until_the_newest_record_is_known() -> None:
    told = Story(plan(step("a", **DB)))
    told.run("a", facts={"tables": 5})
    clock = rpo(told)
    assert (clock.recovered_to, clock.achieved, clock.met, clock.target) == (None, None, None, 900)


@pytest.mark.parametrize(
    ("minutes", "lost", "met"), [(-10, 630, True), (-14.5, 900, True), (-14.8, 918, None), (-16, 990, False)]
)
def test_rpo_is_what_lies_between_the_newest_commits_before_and_after(minutes: float, lost: float, met: bool) -> None:
    told = lost_database()
    told.run("verify", facts=newest(minutes))
    assert (rpo(told).achieved, rpo(told).met) == (lost, met)


@pytest.mark.parametrize(("minutes", "lost", "met"), [(-10, 600, True), (-16, 960, False), (2, 0, True)])
def test_a_tabletops_data_ends_where_its_script_says(minutes: float, lost: float, met: bool) -> None:
    told = Story(plan(step("restore", verified_by="verify", **DB), step("verify", **DB)), kind=e.Kind.TABLETOP)
    told.run("restore", started={"destructive": True})
    told.run("verify", facts=newest(minutes))
    assert (rpo(told).achieved, rpo(told).met) == (lost, met)


def test_a_record_written_after_the_recovery_does_not_count_as_recovered() -> None:
    told = lost_database()
    told.run("verify", facts=newest(45))
    assert rpo(told).met is None
    told.run("verify", facts=newest(-3))
    told.run("verify", facts=newest(50))
    assert (rpo(told).achieved, told.incident.system_facts["db"]) == (210, newest(50))


def test_what_came_back_damaged_meets_no_objective() -> None:
    told = lost_database()
    told.run("verify", facts=newest(-5), status="failed")
    assert (rpo(told).achieved, rpo(told).met, rpo(told).disproved_by) == (330, None, "verify")
    (result,) = rpo_results(told.incident)
    assert result.verdict == "not proven"
    assert result.remark.endswith("step 1.1.2 failed")
    told.tell(e.StepSkipped(step="verify", reason="it is late"))
    assert rpo(told).met is None, "to pass it by mends nothing"
    told.tell(e.StepReopened(step="verify", reason="look again"))
    told.tell(e.RunRequested(step="verify", action="some.action"))
    assert rpo(told).met is None, "it is only being looked at again"
    told.run("verify", facts=newest(-20), status="failed")
    assert rpo(told).met is False
    told.run("verify", facts=newest(-5))
    assert (rpo(told).met, rpo(told).disproved_by) == (True, "")


@pytest.mark.parametrize("junk", ["yesterday", 7, "2026-03-01T02:49:00"])
def test_a_fact_that_names_no_instant_is_not_measured(junk: Any) -> None:
    told = Story(plan(step("a", **DB)))
    told.run("a", facts={"newest_commit_at": junk})
    assert rpo(told).met is None


def test_exposure_comes_from_the_latest_reading() -> None:
    told = Story(plan(step("a")))
    clock = rpo(told, {"db": (DECLARED, {"exposure_s": 42.0})})
    assert (clock.exposure, clock.measured_at, clock.achieved) == (42.0, DECLARED, None)


def test_phase_windows_follow_the_declaration_or_each_other() -> None:
    def phase(name: str, **window: str) -> dict[str, Any]:
        return {"id": name, "title": name, "sections": [], **({"window": window} if window else {})}

    phases = [
        phase("p1", start="0 s", end="15 min"),
        phase("p2", lasts="2 h"),
        phase("p3", lasts="30 min"),
        phase("p4"),
    ]
    found = clocks.phases(Story(plan(phases=phases)).incident)
    minutes = [(_minutes(clock.opens), _minutes(clock.closes)) for clock in found]
    assert minutes == [(0, 15), (15, 135), (135, 165), (None, None)]
    assert found[0].late(DECLARED + timedelta(minutes=16)) == 60
    assert found[0].late(DECLARED + timedelta(minutes=14)) == 0
    assert found[3].late(DECLARED + timedelta(days=9)) == 0


def _minutes(at: Any) -> float | None:
    return (at - DECLARED).total_seconds() / 60 if at else None


def test_legal_clocks_run_from_the_discovery() -> None:
    duty = {"title": "HIPAA", "plan": "72-hour", "deadline": "72 h", "law": "60 days", "law_deadline": "60 d"}
    yearly = {"title": "SOC 2", "plan": "Annual DR testing"}
    told = Story(plan(compliance=[duty, yearly]))
    discovered = told.incident.discovered_at
    first, second = clocks.legal(told.incident)
    assert first.plan_until == discovered + timedelta(hours=72)
    assert first.law_until == discovered + timedelta(days=60)
    assert (second.plan_until, second.law_until) == (None, None)
