"""When an objective would be reached: the longest way through what its steps need, as measured or by the plan."""

from __future__ import annotations

from datetime import timedelta

from journal.events import types as e
from journal.incident.forecast import Forecast, forecasts
from journal.incident.restore_time import RestoreTime
from tests.journal.stories import BEGAN, Story, plan, step


def story() -> Story:
    return Story(
        plan(
            step("look", expect="5 min"),
            step("restore", action="postgres.restore", system="db", expect="30 min", needs=["look"]),
            step("pull", action="app.pull", expect="50 min"),
            step("check", action="postgres.verify", system="db", expect="5 min", needs=["restore"]),
            step("open", action="app.open", needs=["check", "pull"]),
            step("after", action="app.after", expect="9 h", needs=["open"]),
            validated_by=["open"],
        )
    )


def one(told: Story) -> Forecast:
    (found,) = forecasts(told.incident, "", BEGAN + timedelta(minutes=20))
    return found


def test_the_longest_way_counts_and_what_no_way_needs_does_not() -> None:
    told = story()
    found = one(told)
    assert (found.seconds, found.unknown) == (50 * 60, 1), "opening has no figure"
    assert found.over == 10 * 60, "an hour, of which 20 minutes are gone"
    told.tell(e.StepMarkedDone(step="pull", note="by hand"))
    assert one(told).seconds == 40 * 60
    assert one(told).over == 0


def test_a_measured_restore_shortens_the_way() -> None:
    told = story()
    told.tell(e.StepMarkedDone(step="pull", note="by hand"))
    measured = RestoreTime(label="a", at=BEGAN, seconds=60, drill=True)
    told.run("look", facts={"db": measured.facts()})
    assert one(told).seconds == 6 * 60, "the look is done, too"


def test_nothing_is_forecast_of_what_is_reached() -> None:
    told = story()
    for name in ("look", "restore", "pull", "check", "open"):
        told.tell(e.StepMarkedDone(step=name, note="by hand"))
    assert forecasts(told.incident, "", BEGAN) == []
