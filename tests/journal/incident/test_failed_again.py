"""A step that failed twice: the next action is neither another run nor the step after it."""

from __future__ import annotations

from journal.incident.upcoming import next_step
from tests.journal.stories import Story, plan, step

ACTION = {"action": "some.action"}


def test_a_step_failed_again_when_its_last_two_runs_did() -> None:
    told = Story(plan(step("a", **ACTION), step("b", **ACTION)))
    seen = []
    for status in ("failed", "failed", "succeeded", "failed", "failed"):
        told.run("a", status=status)
        upcoming = next_step(told.incident)
        seen.append((told.incident.failed_again("a"), upcoming and upcoming.id))
    assert seen == [(False, "a"), (True, "a"), (False, "b"), (False, "a"), (True, "a")]
