"""Graphs of what is measured: they change with what was measured, and say nothing of what was not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from journal.events import types as e
from journal.store.rows import Reading
from screens.guidance.trends import STEP_S, Trends, sparkline
from tests.journal.stories import Story, plan, step


@pytest.mark.parametrize(
    ("values", "graph"), [([], ""), ([0, 0], "▁▁"), ([0, 50, 100], "▁▅█"), ([7, 7], "██"), ([-3, 1], "▁█")]
)
def test_the_highest_value_fills_its_cell(values: list[float], graph: str) -> None:
    assert sparkline(values) == graph


def reading(name: str, at: datetime, **payload: Any) -> dict[str, Reading]:
    return {name: Reading(name, at, payload)}


def test_a_series_is_drawn_while_it_is_measured_a_column_in_ten_seconds() -> None:
    story = Story(plan(step("look", action="some.action", system="db")))
    trends, at = Trends(), story.at
    for second in range(3 * STEP_S):
        now = at + timedelta(seconds=second)
        trends.keep(reading("health:db", now, facts={"replica_lag_s": second, "up": True, "role": "standby"}))
    (drawn,) = trends.lines(story.incident, now, 40)
    assert drawn.plain == "The database lag        ▁▅█ 20 s"
    (cut,) = trends.lines(story.incident, now, 30)
    assert cut.plain == "The datab… lag        ▁▅█ 20 s", "the graph and its value are never what is cut"
    assert trends.lines(story.incident, now + timedelta(minutes=2), 40) == [], "what is old is not the present"
    trends.keep(reading("health:db", now + timedelta(minutes=5), facts={"replica_lag_s": 1}))
    assert trends.lines(story.incident, now + timedelta(minutes=5), 40) == [], "no line over what was not measured"


def test_what_stays_the_same_is_no_trend() -> None:
    story = Story(plan(step("look", action="some.action", system="db")))
    trends = Trends()
    for column in range(6):
        now = story.at + timedelta(seconds=column * STEP_S)
        trends.keep(reading("health:db", now, facts={"connections": 12, "replica_lag_s": column}))
    assert [drawn.plain.split()[-3] for drawn in trends.lines(story.incident, now, 40)] == ["▁▂▄▅▇█"]


def test_a_run_that_is_under_way_has_its_rate() -> None:
    story = Story(plan(step("restore", action="some.restore")))
    run = story.tell(e.RunRequested(step="restore", action="some.restore"))
    story.tell(e.ActionStarted(step="restore", run=run, action="some.restore"))
    trends = Trends()
    for column in range(3):
        now = story.at + timedelta(seconds=column * STEP_S)
        trends.keep(reading(f"progress:{run}", now, rate=(column + 1) * 100e6))
    (drawn,) = trends.lines(story.incident, now, 40)
    assert drawn.plain.startswith("some.restore") and drawn.plain.endswith("▃▆█ 300 MB/s")
