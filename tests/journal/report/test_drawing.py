"""The drawn timeline: everything has its right place, and nothing hides anything, for minutes and for days."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from journal.events import types as e
from journal.plan.read import read_plan
from journal.report.build import build
from journal.report.drawing import draw
from journal.report.drawing.shapes import Bar, Drawing
from journal.store.journal import Journal
from tests.journal.report.test_report import BUNDLED
from tests.journal.stories import ADA, BEGAN, SetClock, declaration, plan, step, write_recovery


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Drawing:
    path = tmp_path_factory.mktemp("drawn") / "journal.db"
    return draw(build(write_recovery(path, read_plan(BUNDLED).data)))


def lanes(drawing: Drawing, group: str) -> dict[str, list[Bar]]:
    found = next(g for g in drawing.groups if g.title.startswith(group))
    return {lane.label: lane.bars for lane in found.lanes}


def test_every_bar_and_mark_is_inside_and_every_lane_below_the_last(drawing: Drawing) -> None:
    placed = [lane for group in drawing.groups for lane in group.lanes]
    for lane in placed:
        for bar in lane.bars:
            assert drawing.left <= bar.x and bar.x + bar.width <= drawing.right + 2.5
    assert all(drawing.left <= mark.x <= drawing.right and mark.y < drawing.top for mark in drawing.marks)
    assert all(a.y + 19 <= b.y for a, b in pairwise(placed)) and placed[-1].y < drawing.bottom < drawing.height


def test_runs_of_a_step_share_a_lane_and_each_shows_its_end(drawing: Drawing) -> None:
    actions = lanes(drawing, "Actions")
    restore = next(bars for label, bars in actions.items() if label.startswith("3.2.6"))
    assert [bar.look for bar in restore] == ["refused", "failed", "succeeded"]
    assert restore[1].x + restore[1].width <= restore[2].x
    assert restore[2].said == "✓" and restore[1].tip.startswith("postgres.restore: failed after 4 min")
    (doubtful,) = next(bars for label, bars in actions.items() if label.startswith("3.1.4"))
    assert (doubtful.look, doubtful.said) == ("in-doubt", "? in doubt")


def test_health_goes_on_until_it_changes(drawing: Drawing) -> None:
    down, up = lanes(drawing, "Health")["PostgreSQL"]
    assert (down.look, up.look) == ("health down", "health up")
    assert down.x + down.width == pytest.approx(up.x, abs=0.2)
    assert up.x + up.width == pytest.approx(drawing.right, abs=0.2)


def test_marks_hide_no_other(drawing: Drawing) -> None:
    assert {"Disruption", "Declared", "Closed"} <= {mark.text for mark in drawing.marks}
    spans = [
        (m.level, m.x - len(m.text) * 5.7 if m.leftward else m.x, m.x if m.leftward else m.x + len(m.text) * 5.7)
        for m in drawing.marks
    ]
    for n, (level, start, end) in enumerate(spans):
        assert all(end <= s or t <= start for other, s, t in spans[n + 1 :] if other == level)


@pytest.mark.parametrize("minutes", [0.2, 3, 55, 360, 60 * 24 * 9])
def test_the_scale_suits_minutes_and_days(tmp_path: Path, minutes: float) -> None:
    now = SetClock(BEGAN)
    first = declaration(plan(step("a")), discovered_at=BEGAN.isoformat())
    with Journal.create(tmp_path / "journal.db", first, actor=ADA, clock=now.clock()) as journal:
        now.pass_(minutes=minutes)
        journal.append(e.IncidentClosed())
        now.pass_(days=300)
        journal.append(e.SignedOff(role="auditor", head="0" * 64))
    drawn = draw(build(tmp_path / "journal.db"))
    assert 4 <= len(drawn.ticks) <= 11
    closed = next(mark for mark in drawn.marks if mark.text == "Closed")
    share = min(1.0, minutes / (20 / 60))
    assert closed.x == pytest.approx(drawn.left + (drawn.right - drawn.left) * share / 1.01, abs=1)


def test_a_disruption_long_before_is_said_instead_of_drawn(tmp_path: Path) -> None:
    now = SetClock(BEGAN + timedelta(days=2))
    with Journal.create(tmp_path / "journal.db", declaration(plan(step("a"))), actor=ADA, clock=now.clock()) as journal:
        now.pass_(minutes=3)
        journal.append(e.IncidentClosed())
    drawn = draw(build(tmp_path / "journal.db"))
    assert drawn.earlier == "disruption 47 h 59 min before this edge"
    assert {mark.text for mark in drawn.marks} == {"Declared", "Closed"}


def test_ten_thousand_changes_are_drawn_as_what_can_be_told_apart(tmp_path: Path) -> None:
    now = SetClock()
    with Journal.create(tmp_path / "journal.db", declaration(plan(step("a"))), actor=ADA, clock=now.clock()) as journal:
        for _ in range(100):
            now.pass_(minutes=1)
            journal.append(*[e.HealthChanged(system="db", status=s, was="x") for s in ("up", "down") * 50])
    (bars,) = lanes(draw(build(tmp_path / "journal.db")), "Health").values()
    assert len(bars) <= 400
