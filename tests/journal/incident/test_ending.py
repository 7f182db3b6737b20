"""How an incident ended, from its journal: never more than was measured, and what did not come back is said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from journal.events import types as e
from journal.events.measured import Measured
from journal.incident.ending import ending
from tests.journal.stories import BEGAN, Story, plan, step

DB = {"system": "db"}
STEPS = (
    step("affected", decision={"name": "affected", "question": "Which?", "kind": "systems"}),
    step("stop", action="db.stop_writers", **DB),
    step("start", action="db.start", verified_by="verify", **DB),
    step("restore", action="db.restore", verified_by="verify", **DB),
    step("verify", action="db.verify", **DB),
    step("allow", action="db.allow_writers", **DB),
)
ACTIONS = {"stop": "db.stop_writers", "allow": "db.allow_writers"}
SYSTEMS = {
    "db": {"title": "The database", "tier": "critical", "data": "database"},
    "cache": {"title": "The cache", "tier": "critical"},
}


@pytest.fixture
def told() -> Story:
    story = Story(plan(*STEPS, systems=SYSTEMS))
    story.tell(e.DecisionMade(step="affected", name="affected", answer="db"))
    return story


def run(told: Story, *steps: str, status: str = "succeeded", **end: object) -> None:
    for name in steps:
        action = ACTIONS.get(name, f"db.{name}")
        asked = told.tell(e.RunRequested(step=name, action=action))
        told.tell(e.ActionStarted(step=name, run=asked, action=action))
        told.tell(
            e.ActionFinished(step=name, run=asked, status=status, **{"summary": "told", **end}),  # type: ignore[arg-type]
            after=60,
        )


def seen(told: Story, status: str, system: str = "db") -> None:
    told.tell(e.HealthChanged(system=system, was="", status=status, detail=""))


def lost(seconds: float, known: float | None = 0.0) -> dict[str, object]:
    """Facts of a recovery that reached so many seconds before the newest commit that is known."""
    newest = {"newest_commit_at": BEGAN, "no_commit_after": BEGAN} if known is not None else {}
    return Measured(recovered_to=BEGAN - timedelta(seconds=seconds), **newest).facts()  # type: ignore[arg-type]


def test_a_server_that_was_started_and_verified_says_when_and_what_was_measured(told: Story) -> None:
    seen(told, "down")
    run(told, "start", facts=lost(0))
    seen(told, "up")
    run(told, "verify")
    run(told, "allow")
    assert ending(told.incident) == (
        "The database: started again 03:01 UTC, verified 03:02 UTC, writers let in 03:03 UTC, 0 s lost, measured."
    )


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "loss not measured"),
        (lost(42), "42 s lost, measured"),
        (Measured(recovered_to=BEGAN - timedelta(seconds=42)).facts(), "loss not measured"),
    ],
)
def test_what_was_lost_is_never_more_than_was_measured(told: Story, facts: dict[str, object], words: str) -> None:
    run(told, "start", facts=facts)
    assert ending(told.incident).endswith(f"not verified since, {words}.")


def test_nothing_that_a_later_step_made_untrue_is_said(told: Story) -> None:
    run(told, "start", "verify", "allow", "stop")
    run(told, "restore", facts={"backup": "F1"})
    seen(told, "degraded")
    said = ending(told.incident)
    assert "restored from backup F1" in said
    assert "degraded when last looked at, not verified since, writers still kept out" in said
    run(told, "verify", status="failed")
    assert "verification FAILED" in ending(told.incident)
    run(told, "verify", partial="quick check")
    assert "verified in part" in ending(told.incident)


def test_what_never_came_back_is_said_and_what_nobody_did(told: Story) -> None:
    told.tell(e.DecisionMade(step="affected", name="affected", answer="db,cache"))
    seen(told, "down", "cache")
    run(told, "start", status="failed")
    assert ending(told.incident) == (
        "The database: not measured. The cache: did not come back, down when last looked at."
    )
    told.tell(e.StepMarkedDone(step="restore", note="by hand"))
    seen(told, "up")
    said = ending(told.incident)
    assert "The database: no action brought it back, up when last looked at" in said
    assert "said to be done by hand" in said
