"""NEXT names no key that would be refused: what was skipped, and would help, is not skipped twice."""

from __future__ import annotations

import pytest

from journal.events import types as e
from journal.plan.action_spec import ActionSpec
from screens.guidance.advice import advice
from screens.guidance.next_action import action_words, by_keys
from tests.journal.stories import Story, plan, step

CATALOGUE = {name: ActionSpec(name=name, title=name) for name in ("db.apply", "db.verify")}
FAILED = {"status": "failed", "summary": "no log", "findings": [e.Finding(severity="wrong", about="db", text="torn")]}
HARMFUL = e.Cure(words="there is no log to apply", leave_out="db.apply")
SETTLED = [e.StepSkipped(step="apply", reason="no log"), e.StepMarkedDone(step="apply", note="")]
AGAIN = e.Cure(words="its log was not applied", action="db.apply")


@pytest.mark.parametrize("cures", [[AGAIN], [HARMFUL, AGAIN]], ids=["it helps", "it helps, and was advised against"])
@pytest.mark.parametrize(
    "settled", [e.StepSkipped(step="apply", reason="no log"), e.StepMarkedDone(step="apply", note="")]
)
def test_a_settled_step_that_helps_is_run_again_and_nothing_else(settled: e.Body, cures: list[e.Cure]) -> None:
    told = Story(plan(step("apply", action="db.apply"), step("verify", action="db.verify")))
    apply = told.incident.plan.by_id["apply"]
    told.run("apply", **FAILED)
    assert by_keys(told.incident, apply, CATALOGUE) == "s, m, enter"
    told.tell(settled)
    told.run("verify", status="failed", cures=cures)
    assert (action_words(told.incident, apply, CATALOGUE), by_keys(told.incident, apply, CATALOGUE)) == (
        "run again",
        "enter",
    )
    assert "s: skip" not in advice(told.incident, apply, CATALOGUE)
    assert "m: by hand" not in advice(told.incident, apply, CATALOGUE)


def test_what_a_dry_run_failed_for_want_of_is_in_what_is_next() -> None:
    told = Story(plan(step("apply", action="db.apply")))
    apply = told.incident.plan.by_id["apply"]
    run = told.tell(e.RunRequested(step="apply", action="db.apply", dry_run=True))
    known = [e.Identity(name="host", value="db1", known="unknown")]
    told.tell(e.ActionStarted(step="apply", run=run, action="db.apply", target=known, dry_run=True))
    by_network = e.Cure(words="by its network", action="db.apply", params={"by": "network"})
    told.tell(e.ActionFinished(step="apply", run=run, status="failed", summary="not reached", cures=[by_network]))
    assert action_words(told.incident, apply, CATALOGUE) == "run with --by network"
