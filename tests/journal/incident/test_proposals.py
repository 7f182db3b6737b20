"""Decisions that are asked for together: which they are, what suggests itself, what follows from another's answer."""

from __future__ import annotations

from typing import Any

from journal.events import types as e
from journal.incident.proposals import proposals
from tests.journal.stories import Story, plan, step


def decision(name: str, *options: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "question": "Which?", "options": {one: {"title": one.upper()} for one in options}, **more}


def asks(name: str, *options: str, suggest: Any = None, **more: Any) -> dict[str, Any]:
    return step(name, decision=decision(name, *options, suggest=suggest or {}), together="answers", **more)


WAY = asks("way", "restore", "wait", suggest={"scenario": {"lost": "restore"}})
SITE = asks("site", "here", "there", suggest={"way": {"restore": "here", "wait": "there"}}, needs=["way"])


def proposed(told: Story, step_id: str = "way", **given: str) -> dict[str, str]:
    return {
        one.step.id: one.answer for one in proposals(told.incident, told.incident.plan.by_id[step_id], given or None)
    }


def test_what_follows_from_a_proposed_answer_is_proposed_with_it() -> None:
    told = Story(plan(WAY, SITE))
    assert proposed(told) == {"way": "restore", "site": "here"}
    assert told.incident.decisions == {}
    assert told.incident.answers == {"scenario": "lost", "affected": "db"}
    assert told.incident.state("site") == "waiting"


def test_what_a_person_answered_otherwise_changes_what_follows() -> None:
    assert proposed(Story(plan(WAY, SITE)), way="wait") == {"way": "wait", "site": "there"}


def test_what_a_proposed_answer_rules_out_is_not_asked() -> None:
    cure = asks("cure", "yes", "no", when={"way": ["wait"]})
    assert set(proposed(Story(plan(WAY, cure)))) == {"way"}
    assert set(proposed(Story(plan(WAY, cure)), way="wait")) == {"way", "cure"}


def test_one_for_which_nothing_speaks_is_named_and_nothing_follows_from_it() -> None:
    way = asks("way", "restore", "wait")
    assert proposed(Story(plan(way, SITE, asks("page", "yes", suggest={"scenario": {"lost": "yes"}})))) == {
        "way": "",
        "page": "yes",
    }


def test_it_is_asked_after_what_it_is_proposed_after_and_after_what_it_needs() -> None:
    look, guard = step("look", action="db.look"), step("guard", action="db.guard")
    late = asks("late", "yes", suggest={"scenario": {"lost": "yes"}}, after=["look"])
    held = asks("held", "yes", suggest={"scenario": {"lost": "yes"}}, needs=["guard"])
    told = Story(plan(look, guard, WAY, late, held))
    assert set(proposed(told)) == {"way"}
    told.run("look")
    assert set(proposed(told)) == {"way", "late"}
    told.run("guard")
    assert set(proposed(told)) == {"way", "late", "held"}


def test_an_optional_one_is_asked_with_the_others_where_something_speaks_for_an_answer() -> None:
    known = asks("known", "yes", suggest={"scenario": {"lost": "yes"}}, optional=True)
    assert set(proposed(Story(plan(WAY, known, asks("open", "yes", optional=True))))) == {"way", "known"}


def test_one_that_is_in_no_group_and_one_that_is_decided_anew_are_asked_alone() -> None:
    alone = step("alone", decision=decision("alone", "yes"))
    told = Story(plan(WAY, SITE, alone))
    assert proposed(told, "alone") == {"alone": ""}
    told.tell(e.DecisionMade(step="way", name="way", answer="wait"))
    assert proposed(told, "site") == {"site": "there"}
    assert proposed(told, "way") == {"way": "wait"}
