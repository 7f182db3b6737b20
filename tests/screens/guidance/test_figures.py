"""The header's figures: the RTO grows louder as it runs out, and nothing else does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from journal.events import types as e
from screens.guidance.figures import phase_line, rto_line
from tests.journal.stories import Story, plan, step


@pytest.mark.parametrize(
    ("minutes", "words", "tone"),
    [(5, "RTO 55 min left", "strong"), (50, " RTO 10 min left ", "caution"), (90, " RTO MISSED by 30 min ", "alarm")],
)
def test_the_rto_is_the_one_clock_that_shouts(minutes: int, words: str, tone: str) -> None:
    incident = Story(plan(step("look", action="some.action"), validated_by=["look"])).incident
    now = incident.began_at + timedelta(minutes=minutes)
    said = rto_line(incident, now, wide=False)
    assert (said.plain, said.spans[0].tone) == (words, tone)
    late = phase_line(incident, now + timedelta(hours=3), wide=False)
    assert not {span.tone for span in late.spans} & {"alarm", "caution", "bad", "strong"}


def test_of_what_was_closed_without_being_validated_nothing_is_left_but_that() -> None:
    told = Story(plan(step("look", action="some.action"), validated_by=["look"]))
    told.tell(e.IncidentClosed(summary="gave up"))
    said = rto_line(told.incident, told.at, wide=False)
    assert (said.plain, said.spans[0].tone) == ("RTO not validated", "warn")
