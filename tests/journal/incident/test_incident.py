"""The fold: the state that follows from an incident's events."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from typing import Any

import pytest

from journal.events import types as e
from journal.incident.fold import apply_event, fold_events
from journal.incident.records import RunState
from journal.incident.state import Incident
from journal.incident.upcoming import next_step
from journal.store.errors import JournalDamaged
from tests.journal.stories import ADA, BEN, DECLARED, Story, plan, step

ACTION = {"action": "some.action"}


def story(*steps: dict[str, Any], **more: Any) -> Story:
    return Story(plan(*steps, **more))


def facts(incident: Incident) -> dict[str, Any]:
    return {name: value for name, value in vars(incident).items() if name != "plan"}


def test_steps_wait_for_what_they_need_and_no_longer() -> None:
    told = story(step("a", **ACTION), step("b", needs=["a"]), step("c", needs=["a", "b"]))
    assert told.incident.states() == {"a": "ready", "b": "waiting", "c": "waiting"}
    told.run("a", status="failed")
    assert told.incident.states() == {"a": "failed", "b": "waiting", "c": "waiting"}
    told.run("a")
    assert told.incident.states() == {"a": "done", "b": "ready", "c": "waiting"}
    told.tell(e.StepSkipped(step="b", reason="no need"))
    assert told.incident.states() == {"a": "done", "b": "skipped", "c": "ready"}


def test_a_step_that_does_not_apply_holds_nobody_up() -> None:
    question = {"name": "cure", "question": "Which?", "options": {"restore": {"title": "R"}, "wait": {"title": "W"}}}
    told = story(
        step("choose", decision=question),
        step("restore", when={"cure": ["restore"]}, needs=["choose"]),
        step("check", needs=["restore"]),
        step("elsewhere", when={"scenario": ["flood"]}),
    )
    assert told.incident.states() == {
        "choose": "ready",
        "restore": "waiting",
        "check": "waiting",
        "elsewhere": "not applicable",
    }
    told.tell(e.DecisionMade(step="choose", name="cure", answer="wait"))
    assert (told.state("restore"), told.state("check")) == ("not applicable", "ready")
    told.tell(e.DecisionMade(step="choose", name="cure", answer="restore", reason="it got worse"))
    assert (told.state("restore"), told.state("check")) == ("ready", "waiting")
    assert told.incident.decisions["cure"].changes == 1
    assert told.incident.decisions["cure"].reason == "it got worse"


def test_the_scenario_names_the_systems_hit_until_a_person_does() -> None:
    told = story(step("db", when={"affected": ["db"]}), step("web", when={"affected": ["web"]}))
    assert (told.state("db"), told.state("web")) == ("ready", "not applicable")
    told.tell(e.DecisionMade(name="affected", answer="web,other"))
    assert (told.state("db"), told.state("web")) == ("not applicable", "ready")


def test_a_run_is_followed_from_request_to_end() -> None:
    told = story(step("a", **ACTION))
    run = told.tell(e.RunRequested(step="a", action="some.action", params={"to": "x"}), by=BEN)
    assert (told.state("a"), told.incident.unanswered()[0].id) == ("requested", run)
    target = [e.Identity(name="host", value="db1", known="reported")]
    redacted = {"to": "***"}
    told.tell(
        e.ActionStarted(step="a", run=run, action="some.action", params=redacted, target=target, destructive=True)
    )
    assert (told.state("a"), told.incident.unanswered(), told.incident.unfinished()[0].id) == ("running", [], run)
    told.tell(e.ProgramStarted(step="a", run=run, key="k", argv=["true"]))
    told.tell(e.ProgramFinished(step="a", run=run, key="k", code=3, duration_s=1.5, reattached=True))
    told.tell(
        e.ActionFinished(step="a", run=run, status="failed", summary="no", left_behind="half of it", duration_s=2.5)
    )
    found = told.incident.runs[run]
    assert (found.state, found.requested_by, found.params, found.target) == (RunState.FAILED, BEN, {"to": "x"}, target)
    assert (found.left_behind, found.duration_s, found.destructive) == ("half of it", 2.5, True)
    assert [(p.code, p.reattached, p.duration_s) for p in found.programs] == [(3, True, 1.5)]
    assert (told.state("a"), told.incident.steps["a"].note) == ("failed", "no")


def test_a_refused_run_leaves_its_step_as_it_was() -> None:
    told = story(step("a", **ACTION))
    told.run("a", status="failed")
    run = told.tell(e.RunRequested(step="a", action="some.action"))
    told.tell(e.RunRefused(step="a", run=run, gate="writers", message="they write", yields="reason"))
    assert told.state("a") == "failed"
    refusal = told.incident.runs[run].refusal
    assert refusal and (refusal.gate, refusal.yields) == ("writers", "reason")


def test_the_refusal_of_a_second_request_does_not_unask_the_first() -> None:
    told = story(step("a", **ACTION))
    first = told.tell(e.RunRequested(step="a", action="some.action"))
    second = told.tell(e.RunRequested(step="a", action="some.action"))
    told.tell(e.RunRefused(step="a", run=second, gate="once", message="already asked for"))
    assert told.state("a") == "requested"
    told.tell(e.RunRefused(step="a", run=first, gate="once", message="no"))
    assert told.state("a") == "ready"


@pytest.mark.parametrize("more", [{"dry_run": True}, {"probe_of": 1}])
def test_dry_runs_and_probes_leave_the_step_alone(more: dict[str, Any]) -> None:
    told = story(step("a", system="db", **ACTION))
    run = told.tell(e.RunRequested(step="a", action="some.action", **more))
    override = e.Override(gate="order", reason="only looking")
    told.tell(e.ActionStarted(step="a", run=run, action="some.action", overrides=[override], **more))
    assert told.state("a") == "ready"
    told.tell(e.ActionFinished(step="a", run=run, status="succeeded", summary="", facts={"bytes": 5}))
    assert (told.state("a"), told.incident.system_facts, told.incident.last_run("a")) == ("ready", {}, None)
    if "dry_run" in more:
        assert told.incident.deviations == []


def test_cancelling_is_not_cancelled() -> None:
    told = story(step("a", **ACTION))
    run = told.tell(e.RunRequested(step="a", action="some.action"))
    told.tell(e.ActionStarted(step="a", run=run, action="some.action"))
    told.tell(e.CancelRequested(step="a", run=run), by=BEN)
    assert (told.state("a"), told.incident.runs[run].cancelled_by) == ("cancelling", BEN)
    told.tell(e.ActionFinished(step="a", run=run, status="cancelled", summary="stopped"))
    assert told.state("a") == "cancelled"


@pytest.mark.parametrize(("verdict", "state"), [("done", "marked done"), ("failed", "failed"), ("run_again", "ready")])
def test_doubt_stays_until_a_person_decides(verdict: Any, state: str) -> None:
    told = story(step("a", **ACTION), step("b", needs=["a"]))
    run = told.tell(e.RunRequested(step="a", action="some.action"))
    told.tell(e.ActionStarted(step="a", run=run, action="some.action"))
    told.tell(e.ActionInDoubt(step="a", run=run, why="its runner is gone", program="exited 0"))
    assert (told.state("a"), told.state("b"), [r.id for r in told.incident.in_doubt()]) == (
        "in doubt",
        "waiting",
        [run],
    )
    upcoming = next_step(told.incident)
    assert upcoming and upcoming.id == "a"
    told.tell(e.DoubtResolved(step="a", run=run, verdict=verdict, reason="looked"))
    assert (told.state("a"), told.incident.in_doubt()) == (state, [])
    whats = [deviation.what for deviation in told.incident.deviations]
    assert whats == [f"doubt resolved as {verdict.replace('_', ' ')}"]


def test_the_verdict_on_a_run_outside_the_plan_is_a_deviation_too() -> None:
    told = story(step("a"))
    run = told.tell(e.RunRequested(action="postgres.stop"))
    told.tell(e.ActionStarted(run=run, action="postgres.stop"), e.ActionInDoubt(run=run, why="gone"))
    told.tell(e.DoubtResolved(run=run, verdict="done", reason="it is down"))
    assert [d.what for d in told.incident.deviations] == ["doubt resolved as done"]


def test_what_was_not_as_planned_is_a_deviation_with_who_and_why() -> None:
    told = story(step("a", **ACTION), step("b", **ACTION), step("m"), step("o", optional=True), step("c", **ACTION))
    told.tell(e.StepMarkedDone(step="a", note="by hand, with psql"), by=BEN)
    told.tell(e.StepSkipped(step="b", reason="not hit"))
    told.tell(e.StepMarkedDone(step="m", note=""), e.StepSkipped(step="o", reason="not wanted"))
    run = told.tell(e.RunRequested(step="c", action="some.action"), by=BEN)
    override = e.Override(gate="space", reason="there is enough")
    told.tell(e.ActionStarted(step="c", run=run, action="some.action", overrides=[override]), by="runner@ops1")
    found = [(d.what, d.step, d.by, d.reason) for d in told.incident.deviations]
    assert found == [
        ("done by hand", "a", BEN, "by hand, with psql"),
        ("skipped", "b", ADA, "not hit"),
        ("gate space overridden", "c", BEN, "there is enough"),
    ]


def test_what_the_program_cannot_do_is_no_deviation_by_hand() -> None:
    told = story(step("a", action="dns.switch"), step("b", **ACTION))
    told.tell(e.RunnerStarted(pid=1, started=1, lacks=["dns.switch"]))
    told.tell(e.StepMarkedDone(step="a", note="at the registrar"), e.StepMarkedDone(step="b", note="with psql"))
    assert [deviation.step for deviation in told.incident.deviations] == ["b"]


def test_closing_over_what_was_left_does_not_read_completed() -> None:
    told = story(step("a", action="dns.switch"))
    told.tell(e.RunnerStarted(pid=1, started=1, lacks=["dns.switch"]), e.StepMarkedDone(step="a", note="by hand"))
    told.tell(e.IncidentClosed(summary="over", remaining=["claimed by hand: 1.1.1 A"]))
    assert told.incident.outcome == "completed with deviations"


def test_items_are_ticked_and_unticked_and_the_last_one_makes_the_step_done() -> None:
    told = story(step("m", items=["one", "two"]))
    told.tell(e.ItemChecked(step="m", item="one", checked=True), e.ItemChecked(step="m", item="one", checked=False))
    assert (told.incident.steps["m"].items, told.state("m")) == (set(), "ready")
    told.tell(e.ItemChecked(step="m", item="two", checked=True), e.ItemChecked(step="m", item="one", checked=True))
    assert (told.incident.steps["m"].items, told.state("m")) == ({"one", "two"}, "marked done")


def test_only_a_whole_and_undeviating_run_reads_completed() -> None:
    def closed(*bodies: e.Body) -> str:
        told = story(step("a", **ACTION), step("o", optional=True))
        told.tell(*bodies, e.IncidentClosed(summary="over"))
        return told.incident.outcome

    assert story(step("a")).incident.outcome == "open"
    assert closed() == "closed with 1 open step"
    assert closed(e.StepSkipped(step="a", reason="r")) == "completed with deviations"
    assert (
        closed(e.StepMarkedDone(step="a", note="n"), e.StepReopened(step="a", reason="r")) == "closed with 1 open step"
    )
    told = story(step("a", **ACTION))
    told.run("a", status="failed")
    told.run("a")
    told.tell(e.IncidentClosed(summary="over"), e.NoteAdded(text="later"))
    assert (told.incident.outcome, told.incident.closing_words, told.incident.notes) == ("completed", "over", 1)


def test_an_incident_closed_in_doubt_says_so_even_when_its_step_is_settled() -> None:
    told = story(step("a", **ACTION))
    run = told.tell(e.RunRequested(step="a", action="some.action"))
    told.tell(e.ActionStarted(step="a", run=run, action="some.action"), e.ActionInDoubt(step="a", run=run, why="gone"))
    told.tell(e.StepSkipped(step="a", reason="enough"), e.IncidentClosed(summary="over"))
    assert told.incident.outcome == "closed with steps in doubt"


def test_severity_health_runner_and_actors_are_the_latest() -> None:
    told = story(step("a"))
    assert told.incident.severity == "high"
    told.tell(e.DecisionMade(name="severity", answer="low"), by=BEN)
    told.tell(
        e.HealthChanged(system="db", status="down", was="up"), e.HealthChanged(system="db", status="up", was="down")
    )
    told.tell(e.RunnerStarted(pid=1, started=2), e.RunnerStopped(pid=1, why="closed"))
    told.tell(e.RunnerStarted(pid=9, started=3, took_over="pid 1"))
    incident = told.incident
    assert (incident.severity, incident.health["db"].status) == ("low", "up")
    assert incident.runner and (incident.runner.pid, incident.runner.took_over, incident.runner.stopped_at) == (
        9,
        "pid 1",
        None,
    )
    assert incident.actors == {ADA: 6, BEN: 1}


def test_a_second_fold_of_the_same_events_gives_the_same_state() -> None:
    told = story(step("a", system="db", **ACTION), step("b", **ACTION), step("m", items=["one"]))
    told.run("a", started={"destructive": True}, facts={"newest_commit_at": "2026-03-01T02:49:00+00:00"})
    told.tell(e.ItemChecked(step="m", item="one", checked=True), e.StepSkipped(step="b", reason="r"))
    again = fold_events(told.events)
    assert facts(again) == facts(told.incident)
    assert (again.plan, again.states()) == (told.incident.plan, told.incident.states())
    assert (again.seq, again.head) == (told.events[-1].seq, told.events[-1].hash)


def test_events_that_do_not_fit_are_damage_not_a_crash() -> None:
    told = story(step("a", **ACTION))
    told.tell(e.NoteAdded(text="one"), e.NoteAdded(text="two"))
    with pytest.raises(JournalDamaged, match="Event 3 does not follow event 1"):
        fold_events([told.events[0], told.events[2]])
    with pytest.raises(JournalDamaged, match=r"begins with note\.added"):
        fold_events(told.events[1:])
    with pytest.raises(JournalDamaged, match="no event"):
        fold_events([])
    with pytest.raises(JournalDamaged, match="nobody asked for that run"):
        told.tell(e.ActionFinished(step="a", run=99, status="succeeded", summary=""))
    with pytest.raises(JournalDamaged, match="plan on the first page"):
        Story({"title": "no plan at all"})


def calls(work: Callable[[], object]) -> int:
    """Count the functions that ``work`` calls: a measure of cost that does not depend on the machine's load."""
    counted = itertools.count()
    sys.setprofile(lambda frame, event, argument: event in ("call", "c_call") and next(counted))
    try:
        work()
    finally:
        sys.setprofile(None)
    return next(counted)


def test_an_event_costs_the_same_however_many_came_before() -> None:
    steps = [step(f"s{n}", needs=[f"s{m}" for m in range(max(0, n - 3), n)], **ACTION) for n in range(60)]
    told = story(*steps)
    seqs = itertools.count(2)

    def event(body: e.Body) -> e.Event:
        return e.Event(seq=next(seqs), at=DECLARED, actor=ADA, host="h", body=body, hash="")

    def again() -> None:
        for n in range(600):
            name = f"s{n % 60}"
            run = event(e.RunRequested(step=name, action="some.action"))
            apply_event(told.incident, run)
            apply_event(told.incident, event(e.ActionStarted(step=name, run=run.seq, action="some.action")))
            ended = e.ActionFinished(step=name, run=run.seq, status="succeeded", summary="")
            apply_event(told.incident, event(ended))
            apply_event(told.incident, event(e.HealthChanged(system="db", status="up", was="down")))
            apply_event(told.incident, event(e.NoteAdded(text="n")))

    again()
    costs = [calls(again) for _ in range(5)]
    assert told.incident.seq == 6 * 3_000 + 1
    assert max(costs) < 1.05 * min(costs), costs


def test_the_states_of_a_long_and_tangled_plan_are_found_at_once() -> None:
    """Each step is asked once for each that needs it, however they are tangled."""
    needs = 8
    costs = {}
    for many in (100, 200):
        told = story(*(step(f"s{n}", needs=[f"s{m}" for m in range(max(0, n - needs), n)]) for n in range(many)))
        costs[many] = calls(told.incident.states)
    assert list(told.incident.states().values()) == ["ready"] + ["waiting"] * 199
    assert costs[200] < 2.2 * costs[100], costs
