"""The drawn timeline: shapes computed from the report; ``templates/drawing.svg.j2`` writes them as SVG."""

from __future__ import annotations

from journal.report.drawing.axis import Axis, axis_of
from journal.report.drawing.lanes import action_lanes, health_lanes, phase_lanes
from journal.report.drawing.marks import marks
from journal.report.drawing.shapes import LANE, Drawing, Group, Lane, Mark
from journal.report.model import Report

_MARK_LEVEL = 15.0
_HEADING = 24.0
_TOP = 6.0


def draw(report: Report) -> Drawing:
    """Return the timeline of a report: key times and decisions, phases, actions, health of each system."""
    axis = axis_of(report)
    drawn = marks(report, axis)
    top = _TOP + _MARK_LEVEL * (1 + max((mark.level for mark in drawn), default=0)) + 8
    groups, bottom = _stacked(_groups(report, axis), top)
    return Drawing(
        width=axis.right + 10,
        height=bottom + 40,
        left=axis.left,
        right=axis.right,
        top=top,
        bottom=bottom,
        ticks=axis.ticks(),
        marks=[_placed(mark) for mark in drawn],
        groups=groups,
        earlier=axis.earlier,
    )


def _groups(report: Report, axis: Axis) -> list[Group]:
    actions, left_out = action_lanes(report, axis)
    more = f" ({left_out} more are not drawn)" if left_out else ""
    return [
        Group("Phases", phase_lanes(report, axis)),
        Group(f"Actions{more}", actions),
        Group("Health", health_lanes(report, axis)),
    ]


def _stacked(groups: list[Group], top: float) -> tuple[list[Group], float]:
    """Return the groups that have lanes, each lane with its y, and the y where the last one ends."""
    placed, y = [], top
    for group in groups:
        if not group.lanes:
            continue
        y += _HEADING
        lanes = [Lane(lane.label, lane.bars, y + number * LANE) for number, lane in enumerate(group.lanes)]
        placed.append(Group(group.title, lanes, y - 7))
        y += LANE * len(lanes)
    return placed, y + 6


def _placed(mark: Mark) -> Mark:
    mark.y = _TOP + _MARK_LEVEL * (mark.level + 1) - 4
    return mark
