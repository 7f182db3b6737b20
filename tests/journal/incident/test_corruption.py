"""Corruption is physical or logical, by evidence and a person's decision: only after physical one latest is right."""

from __future__ import annotations

import pytest

from journal.events import types as e
from journal.incident.decisions import AnswerRefused, check_answer, refusal
from tests.journal.stories import Story, plan, step

OPTIONS = {"logical": {"title": "Logical"}, "physical": {"title": "Physical"}}
SCENARIO = {
    "title": "Lost", "impact": "", "likelihood": "", "severity": "high", "systems": ["db"],
    "refuses": {"recovery_point": ["latest"]},
    "refuses_unless": {"recovery_point": {"corruption": ["physical"]}},
}  # fmt: skip


@pytest.fixture
def told() -> Story:
    kind = {"name": "corruption", "question": "Which?", "options": OPTIONS}
    point = {"name": "recovery_point", "question": "To when?", "kind": "recovery-point"}
    return Story(
        plan(step("look", action="some.action"), step("kind", decision=kind), step("point", decision=point),
             scenarios={"lost": SCENARIO})
    )  # fmt: skip


def answer(told: Story, step_id: str, text: str) -> str:
    decision = told.incident.plan.by_id[step_id].decision
    assert decision
    return check_answer(told.incident, decision, text, {})


@pytest.mark.parametrize("facts", [{}, {"corrupt": []}, {"db": {"corrupt": []}}])
def test_physical_wants_that_a_look_found_it(told: Story, facts: dict[str, object]) -> None:
    told.run("look", facts=facts)
    with pytest.raises(AnswerRefused, match="Nothing that was found"):
        answer(told, "kind", "physical")
    assert answer(told, "kind", "logical") == "logical"


@pytest.mark.parametrize("facts", [{"corrupt": ["page 4"]}, {"db": {"corrupt": ["page 4"]}}])
def test_latest_is_refused_until_a_person_confirms_physical_damage(told: Story, facts: dict[str, object]) -> None:
    told.run("look", facts=facts)
    assert refusal(told.incident, "recovery_point", "latest")
    told.tell(e.DecisionMade(step="kind", name="corruption", answer=answer(told, "kind", "physical")))
    assert answer(told, "point", "latest") == "latest"
    told.tell(e.DecisionMade(step="kind", name="corruption", answer="logical"))
    with pytest.raises(AnswerRefused):
        answer(told, "point", "latest")


def test_an_instant_that_is_still_to_come_is_the_latest(told: Story) -> None:
    with pytest.raises(AnswerRefused, match="so it is the latest"):
        answer(told, "point", "time:2999-01-01T00:00:00Z")
