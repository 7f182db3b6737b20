"""A step that fails again and again: it is not forgotten, and nobody is sent to it for ever."""

from __future__ import annotations

from journal import events as e
from tests.journal.stories import Story, plan, step

ACTION = {"action": "some.action"}


def next_after_failing(told: Story, name: str) -> str:
    told.run(name, status="failed")
    upcoming = told.incident.next_step()
    assert upcoming
    return upcoming.id


def test_a_failure_that_running_again_did_not_mend_stands_in_nobodys_way() -> None:
    told = Story(plan(step("a", **ACTION), step("b", **ACTION), step("c", **ACTION, needs=["a"])))
    assert [next_after_failing(told, "a") for _ in range(3)] == ["a", "b", "b"]
    assert told.state("a") == "failed"
    assert [next_after_failing(told, "b") for _ in range(2)] == ["b", "a"], "only failures are left: the first of them"
    told.tell(e.StepSkipped(step="a", reason="the damaged backup is known"))
    upcoming = told.incident.next_step()
    assert upcoming and upcoming.id == "c"
