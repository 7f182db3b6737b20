"""The strip of phases fits, and says where the incident is."""

from __future__ import annotations

import pytest

from screens.guidance.phases import phase_strip
from tests.journal.stories import Story, plan, step


@pytest.mark.parametrize("width", [60, 118])
def test_the_present_phase_has_a_bar_and_what_is_settled_a_tick(width: int) -> None:
    story = Story(plan(step("look", action="some.action"), step("next", action="some.action", needs=["look"])))
    assert (
        "▸" in phase_strip(story.incident, width).plain and "────────── 0/2" in phase_strip(story.incident, width).plain
    )
    story.run("look")
    strip = phase_strip(story.incident, width)
    assert "━━━━━───── 1/2" in strip.plain and len(strip.plain) <= width
    story.run("next", status="failed")
    assert "bad" in {span.tone for span in phase_strip(story.incident, width).spans}
