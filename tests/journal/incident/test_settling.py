"""Steps that a look settles: shown as what they are, and open again as soon as something contradicts it."""

from __future__ import annotations

from typing import Any

import pytest

from actions.inventory import Inventory
from actions.registry import catalogue
from actions.runner.gate_input import GateInput
from actions.runner.gates import closed_gates
from cleo_console.plans import bundled
from journal.events import types as e
from journal.events.run import KnownSystem
from journal.events.types import Settling
from journal.incident.closing import remaining
from journal.incident.instances import counts
from journal.incident.records import StepState
from journal.incident.suggestion import suggestion
from journal.incident.upcoming import next_step
from journal.plan.load import load_plan
from screens.guidance.next_action import action_words, by_keys
from screens.guidance.step_text import step_text
from screens.widgets.checklist_rows import step_row
from tests.journal.stories import Story, plan, step

START = "postgres.start"
NEEDLESS = Settling(action=START, use="needless", words="it answers", system="postgres")
IMPOSSIBLE = Settling(action=START, use="impossible", words="no data directory", system="postgres")
OPEN = Settling(action=START, use="open", system="postgres")
LOOK = step("look", action="damage.report", together="looks")
CRASH = step("crash", action=START, system="postgres", may_fail=True)
NEXT = step("next", action="postgres.verify", system="postgres", needs=["crash"])
SYSTEMS = {"systems": {"postgres": {"title": "The database", "tier": "critical", "data": "database"}}}
HIT = {"title": "Lost", "impact": "", "likelihood": "", "severity": "high", "systems": ["postgres"]}


def told(*names: str, **more: Any) -> Story:
    """Return an incident with an inventory that has these systems, or none."""
    scenarios = {"lost": HIT, "breach": {**HIT, "title": "Breach"}}
    story = Story(plan(LOOK, CRASH, NEXT, scenarios=scenarios, **SYSTEMS), **more)
    if names:
        known = [KnownSystem(name=name, type="postgres", plays="postgres", acts=["postgres"]) for name in names]
        story.tell(e.InventoryRead(path="i.yaml", sha256="0" * 64, systems=known))
    return story


def look(story: Story, *settles: Settling) -> None:
    story.run("look", settles=list(settles))


@pytest.mark.parametrize("names", [(), ("postgres",)])
@pytest.mark.parametrize(
    ("found", "state", "symbol"),
    [(NEEDLESS, StepState.NEEDLESS, "≡"), (IMPOSSIBLE, StepState.IMPOSSIBLE, "∅")],
)
def test_a_look_settles_what_it_found_needless_or_impossible(
    names: tuple[str, ...], found: Settling, state: StepState, symbol: str
) -> None:
    story = told(*names)
    look(story, found)
    incident = story.incident
    crash = incident.plan.by_id["crash"]
    assert incident.state("crash") is state
    row = step_row(incident, "crash", story.at)
    assert (row.symbol, row.right, row.tone) == (symbol, str(state), "quiet"), "never a tick"
    said = "\n".join(line.plain for line in step_text(incident, crash, {}, story.at))
    assert f"{found.words}, seen 03:01 UTC by some.action" in said
    upcoming = next_step(incident)
    assert upcoming and upcoming.id == "next"
    assert not any("Crash" in left.about for left in remaining(incident)), "it leaves nothing open"
    assert not incident.deviations


@pytest.mark.parametrize("names", [(), ("postgres",)])
def test_it_is_open_again_once_a_look_or_the_health_contradicts_it(names: tuple[str, ...]) -> None:
    story = told(*names)
    look(story, NEEDLESS)
    story.tell(e.HealthChanged(system="postgres", status="degraded", was="up"))
    assert story.state("crash") == "not needed", "it still answers"
    story.tell(e.HealthChanged(system="postgres", status="not answering", was="degraded", may_commit=True))
    assert story.state("crash") == "not needed", "it may only be slow"
    story.tell(e.HealthChanged(system="postgres", status="down", was="up"))
    assert story.state("crash") == "ready"
    look(story, IMPOSSIBLE)
    assert story.state("crash") == "not possible"
    look(story)
    assert story.state("crash") == "not possible", "a look that says nothing of it contradicts nothing"
    look(story, OPEN)
    assert story.state("crash") == "ready"


def test_what_was_seen_down_meanwhile_is_not_settled_by_a_look_that_began_before() -> None:
    story = told("postgres")
    run = story.tell(e.RunRequested(step="look", action="damage.report"))
    story.tell(e.ActionStarted(step="look", run=run, action="damage.report"))
    story.tell(e.HealthChanged(system="postgres", status="down", was="up"))
    story.tell(e.ActionFinished(step="look", run=run, status="succeeded", summary="", settles=[NEEDLESS]))
    assert story.state("crash") == "ready"


def test_a_server_that_was_stopped_for_its_restore_does_not_open_it_again() -> None:
    story = told("postgres")
    look(story, NEEDLESS)
    run = story.tell(e.RunRequested(action="postgres.stop", system="postgres"))
    story.tell(e.ActionStarted(run=run, action="postgres.stop", system="postgres", destructive=True))
    story.tell(e.HealthChanged(system="postgres", status="down", was="up"))
    look(story, OPEN)
    assert story.state("crash") == "not needed"
    story.tell(e.HealthChanged(system="postgres", status="up", was="down"))
    story.tell(e.HealthChanged(system="postgres", status="down", was="up"))
    assert story.state("crash") == "ready", "it answered again since, and died by itself"


def test_what_people_and_runs_made_of_it_stays_and_it_can_be_run_all_the_same() -> None:
    story = told("postgres")
    look(story, IMPOSSIBLE)
    story.run("crash", started={"system": "postgres"})
    look(story, IMPOSSIBLE)
    assert story.state("crash") == "done"
    story = told("postgres")
    story.tell(e.StepSkipped(step="crash", reason="no"))
    look(story, NEEDLESS)
    assert story.state("crash") == "skipped"
    story = told()
    story.tell(e.StepMarkedDone(step="crash", note="by hand, before the inventory was known"))
    known = [KnownSystem(name="postgres", type="postgres", plays="postgres", acts=["postgres"])]
    story.tell(e.InventoryRead(path="i.yaml", sha256="0" * 64, systems=known))
    look(story, NEEDLESS)
    assert story.state("crash") == "marked done"
    story = told("postgres")
    look(story, NEEDLESS)
    story.tell(e.StepReopened(step="crash", reason="to be sure"))
    assert story.state("crash") == "ready"


def test_of_several_systems_only_those_that_were_seen_so_are_settled() -> None:
    story = told("a", "b", "c")
    seen = [Settling(action=START, use="needless", words="it answers", system=name) for name in ("a", "c")]
    look(story, *seen)
    crash = story.incident.plan.by_id["crash"]
    assert story.state("crash") == "ready"
    assert counts(story.incident, crash) == "0/3 done · 2 not needed"
    run = story.tell(e.RunRequested(step="crash", action=START, system="b"))
    story.tell(e.ActionStarted(step="crash", run=run, action=START, system="b"))
    story.tell(e.ActionFinished(step="crash", run=run, status="succeeded", summary="up"))
    assert (story.state("crash"), counts(story.incident, crash)) == ("not needed", "1/3 done · 2 not needed")
    story.tell(e.HealthChanged(system="a", status="down", was="up"))
    assert (story.state("crash"), counts(story.incident, crash)) == ("ready", "1/3 done · 1 not needed")


def test_where_the_step_does_not_apply_it_is_not_settled() -> None:
    steps = plan(LOOK, {**CRASH, "when": {"scenario": ["lost"]}}, scenarios={"lost": HIT, "breach": HIT}, **SYSTEMS)
    story = Story(steps, scenario="breach")
    look(story, NEEDLESS)
    assert story.state("crash") == "not applicable"


@pytest.mark.parametrize("seen", [NEEDLESS, IMPOSSIBLE, OPEN])
def test_the_gate_before_a_restore_takes_the_evidence_for_the_try(seen: Settling) -> None:
    story = told("postgres")
    look(story, seen)
    run = story.incident.runs[story.tell(e.RunRequested(action="postgres.restore", system="postgres"))]
    asked = GateInput(run, catalogue()["postgres.restore"], story.incident, Inventory(name="i", allows=[]), [])
    closed = {gate.gate for gate in closed_gates(asked)}
    assert ("smallest-cure" in closed) is (seen is OPEN)


WRONG = e.Finding(severity="wrong", about="app, t", text="invalid page", system="postgres")


def decided(scenario: str = "database-failure") -> Story:
    """Return an incident on the bundled plan, in which a restore from backups was chosen."""
    story = Story(load_plan(bundled()).source.data, scenario=scenario)
    story.tell(e.DecisionMade(step="strategy", name="strategy", answer="cold-recovery"))
    return story


def cure_of(story: Story) -> tuple[str, str]:
    asked = story.incident.plan.by_id["postgres-cure"].decision
    assert asked
    return suggestion(story.incident, asked)


@pytest.mark.parametrize(
    ("seen", "answer", "because"),
    [
        (NEEDLESS, "crash-recovery", "not needed: it answers, seen"),
        (IMPOSSIBLE, "restore", "not possible: no data directory, seen"),
        (OPEN, "", ""),
    ],
)
def test_the_plan_s_decision_follows_from_the_evidence(seen: Settling, answer: str, because: str) -> None:
    story = decided()
    story.run("damage-report", settles=[seen])
    found = cure_of(story)
    assert found[0] == answer
    assert because in found[1]


def test_data_that_is_proven_wrong_asks_for_a_restore_whatever_was_decided_before() -> None:
    story = decided()
    story.run("damage-report", settles=[NEEDLESS])
    story.tell(e.DecisionMade(step="postgres-cure", name="postgres_cure", answer="crash-recovery"))
    assert cure_of(story)[0] == "crash-recovery"
    story.run("postgres-verify", status="failed", findings=[WRONG])
    answer, because = cure_of(story)
    assert answer == "restore"
    assert "app, t: invalid page" in because
    story.tell(e.DecisionMade(step="postgres-cure", name="postgres_cure", answer="crash-recovery", reason="known"))
    assert cure_of(story) == ("crash-recovery", "decided by ada@ops1")


def test_what_a_later_failure_asks_for_is_run_though_a_look_had_settled_it() -> None:
    story = told("postgres")
    look(story, IMPOSSIBLE)
    story.run("next", status="failed", cures=[e.Cure(words="It died: start it.", action=START)])
    incident, crash = story.incident, story.incident.plan.by_id["crash"]
    upcoming = next_step(incident)
    assert upcoming and upcoming.id == "crash"
    assert action_words(incident, crash, catalogue()) == "run", "nobody ran it before"
    assert by_keys(incident, crash, catalogue()) == "enter"


def test_what_a_start_opened_while_a_look_was_under_way_is_not_settled_by_what_that_had_seen_before() -> None:
    story = told("postgres")
    seen = story.tell(e.RunRequested(step="look", action="damage.report"))
    story.tell(e.ActionStarted(step="look", run=seen, action="damage.report"))
    start = story.tell(e.RunRequested(action="db.start", system="postgres"))
    story.tell(e.ActionStarted(run=start, action="db.start", system="postgres"))
    story.tell(e.ActionFinished(run=start, status="succeeded", summary="up", settles=[OPEN]))
    story.tell(e.ActionFinished(step="look", run=seen, status="succeeded", summary="seen", settles=[IMPOSSIBLE]))
    assert story.incident.state("crash") is StepState.READY
    look(story, IMPOSSIBLE)
    assert story.incident.state("crash") is StepState.IMPOSSIBLE, "a look after it counts"
