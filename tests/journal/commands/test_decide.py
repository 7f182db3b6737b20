"""Decisions that are written together: each may rest on one before it, and all are written or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.commands.incident import IncidentCommands, NotNow
from journal.events import types as e
from journal.incident.decisions import AnswerRefused
from journal.incident.fold import fold_journal
from journal.incident.proposals import Decided
from journal.incident.state import Incident
from journal.store.journal import Journal
from tests.journal.incident.test_last_good import KIND, POINT, SCENARIO
from tests.journal.stories import ADA, declaration, plan, step

PLAN = plan(
    step("look", action="some.action"),
    step("kind", decision=KIND),
    step("point", decision=POINT),
    scenarios={"lost": SCENARIO},
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.create(tmp_path / "journal.db", declaration(PLAN), actor=ADA) as journal:
        run = journal.append(e.RunRequested(step="look", action="some.action"))[0].seq
        journal.append(e.ActionStarted(step="look", run=run, action="some.action"))
        facts = {"corrupt": ["page 4"]}
        journal.append(e.ActionFinished(step="look", run=run, status="succeeded", summary="looked", facts=facts))
        yield journal


def decide(journal: Journal, asked: Incident | None = None, **answers: str) -> Incident:
    commands = IncidentCommands(journal, lambda: fold_journal(journal.path))
    asked = asked or fold_journal(journal.path)
    by_id = asked.plan.by_id
    given = [Decided(by_id[name], answer, "why", "") for name, answer in answers.items()]
    commands.decide_all(given, asked.decisions)
    return fold_journal(journal.path)


def test_an_answer_may_rest_on_one_that_is_written_with_it(journal: Journal) -> None:
    incident = decide(journal, kind="physical", point="latest")
    assert incident.recovery_point and incident.recovery_point.latest
    assert [incident.decisions[name].reason for name in ("corruption", "recovery_point")] == ["why", "why"]


def test_where_one_is_refused_none_is_written(journal: Journal) -> None:
    with pytest.raises(AnswerRefused, match="latest"):
        decide(journal, kind="logical", point="latest")
    assert not fold_journal(journal.path).decisions


def test_what_somebody_else_decided_meanwhile_is_not_decided_over(journal: Journal) -> None:
    asked = fold_journal(journal.path)
    decide(journal, kind="physical")
    with pytest.raises(NotNow, match="ada has decided that meanwhile"):
        decide(journal, asked, point="latest", kind="logical")
    incident = decide(journal, kind="logical")  # who has seen it may
    assert incident.decisions["corruption"].answer == "logical"
    assert "recovery_point" not in incident.decisions
