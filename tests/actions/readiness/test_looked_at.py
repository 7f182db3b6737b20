"""Every action of the bundled plans is looked at beforehand, or says why nobody can."""

from __future__ import annotations

import pytest

from actions.readiness.actions_looked_at import how_looked_at
from actions.registry import registry
from cleo_console.plans import bundled, restore_drill
from journal.plan.read import read_plan


@pytest.mark.parametrize("plan", [bundled(), restore_drill()], ids=lambda path: path.stem)
def test_every_action_of_a_plan_is_looked_at_or_says_why_not(plan: object) -> None:
    names = {step.action for step in read_plan(plan).plan.steps() if step.action}  # type: ignore[arg-type]
    assert [name for name in sorted(names) if not how_looked_at(registry()[name])] == []
