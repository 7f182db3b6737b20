"""How long a step takes is told by runs that did it, not by those that found nothing to do."""

from __future__ import annotations

import pytest

from tests.journal.stories import Story, plan, step


@pytest.mark.parametrize(("destructive", "lines", "measured"), [(True, 0, False), (True, 1, True), (False, 0, True)])
def test_a_destructive_run_without_an_effect_measures_nothing(destructive: bool, lines: int, measured: bool) -> None:
    told = Story(plan(step("stop", action="some.action")))
    told.run("stop", started={"destructive": destructive}, output_lines=lines)
    assert bool(told.incident.took) is measured
