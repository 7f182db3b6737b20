"""Findings: a step that has some is neither done nor failed, and later steps know of them until proven otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from actions.inventory import Inventory
from actions.registry import catalogue
from actions.runner.facts import incident_facts
from actions.runner.gate_input import GateInput
from actions.runner.gates import closed_gates
from cleo_console.plain.lines import end_lines, health_news, sentences, state_words
from cleo_console.plain.said import Said
from journal.events import types as e
from journal.events.types import Finding
from journal.incident.clocks import rto
from journal.incident.closing import remaining
from journal.incident.findings import found_words
from journal.incident.records import StepState
from journal.incident.upcoming import next_step
from screens.guidance.step_text import step_text
from screens.widgets.checklist_rows import phase_row, step_row
from tests.journal.stories import Story, plan, step

LATE = Finding(severity="warning", about="slot s1", text="keeps 3 GB of log", cure="Drop it.", system="db")
WRONG = Finding(severity="wrong", about="app, public.t", text="is missing", cure="Restore again.", system="db")
NOTE = Finding(severity="note", about="app, public.u", text="changed since the backup")


def told() -> Story:
    looks = step("look", action="some.action", system="db"), step("next", action="some.action", needs=["look"])
    return Story(plan(*looks, validated_by=["look"]))


@pytest.mark.parametrize(
    ("end", "state", "words", "validated"),
    [
        ({}, StepState.DONE, "", True),
        ({"findings": [NOTE]}, StepState.DONE, "", True),
        ({"findings": [LATE, NOTE]}, StepState.FOUND, "1 finding", True),
        ({"partial": "quick check"}, StepState.LOOKED, "looked: quick check", False),
        ({"partial": "quick check", "findings": [LATE]}, StepState.LOOKED, "looked: quick check, 1 finding", False),
    ],
)
def test_a_look_is_a_tick_only_where_it_was_whole_and_saw_nothing_to_see_to(
    end: dict[str, Any], state: StepState, words: str, validated: bool
) -> None:
    story = told()
    story.run("look", **end)
    incident = story.incident
    look = incident.plan.by_id["look"]
    assert (incident.state("look"), found_words(incident, "look")) == (state, words)
    assert (rto(incident, story.at)[0].achieved_at is not None) is validated
    upcoming = next_step(incident)
    assert upcoming and upcoming.id == "next", "a finding lets people go on"
    row = step_row(incident, "look", story.at)
    assert (row.symbol == "✓") is (state is StepState.DONE)
    story.run("next")
    phase = phase_row(incident, incident.plan.phases[0], story.at)
    assert phase.right.endswith("✓") is (state is StepState.DONE)
    if words:
        assert row.right == words
        assert any(words in line.plain for line in step_text(incident, look, {}, story.at))
        assert words in state_words(incident, look, story.at)
        assert any((left.word, left.about[-4:]) == (words, "Look") for left in remaining(incident)), "closing names it"


def test_what_a_look_found_is_said_though_it_was_refused_once_more() -> None:
    story = told()
    story.run("look", partial="quick check", findings=[LATE])
    before = [line.plain for line in step_text(story.incident, story.incident.plan.by_id["look"], {}, story.at)]
    run = story.tell(e.RunRequested(step="look", action="some.action"))
    story.tell(e.RunRefused(step="look", run=run, gate="busy", message="It runs already.", yields="never"))
    assert found_words(story.incident, "look") == "looked: quick check, 1 finding"
    said = [line.plain for line in step_text(story.incident, story.incident.plan.by_id["look"], {}, story.at)]
    assert {"told", "slot s1: keeps 3 GB of log", "Drop it."} <= {*before} & {*said}


def test_findings_and_cures_are_said_everywhere() -> None:
    story = told()
    run = story.run("look", status="failed", findings=[NOTE, WRONG])
    said = step_text(story.incident, story.incident.plan.by_id["look"], {}, story.at)
    for text in ("\n".join(end_lines(story.incident.runs[run])), "\n".join(sentences(said))):
        assert text.index("public.t: is missing") < text.index("Restore again.") < text.index("public.u: changed")


def test_what_is_wrong_is_known_until_a_look_to_the_end_proves_otherwise() -> None:
    story = told()
    story.run("look", status="failed", findings=[WRONG], examined=["db"])
    readings: dict[str, Any] = {}
    assert "DATA WRONG" in health_news(story.incident, readings, story.at, Said())[0]
    assert "public.t: is missing" in incident_facts(story.incident, "", story.at).found_wrong["db"]
    story.run("look", partial="2 tables not looked at")
    assert "db" in story.incident.found_wrong, "a look that saw only a part proves nothing"
    story.run("look", examined=["db"])
    assert not story.incident.found_wrong
    assert not health_news(story.incident, readings, story.at + timedelta(seconds=1), Said())


@pytest.mark.parametrize("action", ["backups.take", "postgres.allow_writers"])
def test_what_is_wrong_is_neither_backed_up_nor_written_to(action: str) -> None:
    story = told()
    run = story.tell(e.RunRequested(action=action))
    lab = Inventory(name="lab", allows=[e.Kind.LAB], lab=True)

    def closed() -> list[str]:
        incident = story.incident
        asked = GateInput(incident.runs[run], catalogue()[action], incident, lab, [])
        return [gate.gate for gate in closed_gates(asked) if gate.gate == "sound-data"]

    assert closed() == []
    story.run("look", status="failed", findings=[msgspec.structs.replace(WRONG, system="postgres")])
    assert closed() == ["sound-data"]
    story.run("look", examined=["postgres"])
    assert closed() == []


def test_a_journal_of_before_has_no_findings() -> None:
    body = e.decode("action.finished", "look", '{"run": 2, "status": "succeeded", "summary": "fine"}')
    assert isinstance(body, e.ActionFinished)
    assert (body.findings, body.partial, body.examined) == ([], "", [])


@pytest.mark.parametrize(("steps", "opens"), [(["db.verify", "app.check"], "db.verify"), (["app.check"], "app.check")])
def test_what_may_show_the_data_to_be_sound_again_opens_the_gate(steps: list[str], opens: str) -> None:
    story = Story(plan(*(step(action.replace(".", "-"), action=action) for action in steps)))
    run = story.tell(e.RunRequested(step="app-check", action="app.check"))
    story.tell(e.ActionStarted(step="app-check", run=run, action="app.check"))
    wrong = e.Finding(severity="wrong", about="keys", text="904 differ", system="db")
    story.tell(e.ActionFinished(step="app-check", run=run, status="failed", summary="they differ", findings=[wrong]))
    backup = story.tell(e.RunRequested(action="backups.take"))
    lab = Inventory(name="lab", allows=[e.Kind.LAB], lab=True)
    asked = GateInput(story.incident.runs[backup], catalogue()["backups.take"], story.incident, lab, [])
    assert [gate.opens for gate in closed_gates(asked) if gate.gate == "sound-data"] == [opens]
