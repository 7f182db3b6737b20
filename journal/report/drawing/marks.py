"""Key times and decisions as marks, with their words on levels so that none hides another."""

from __future__ import annotations

from collections.abc import Iterator

from journal.report.drawing.axis import Axis
from journal.report.drawing.shapes import Mark, shortened
from journal.report.model import Report
from journal.wording.instants import offset, utc

_MOST_CHARACTERS = 38
_CHARACTER = {"moment": 7.0, "decision": 6.1}
"""The width of a character in a mark's words, those of key times in bold; a little more than a wide font's average."""
_GAP = 10.0


def marks(report: Report, axis: Axis) -> list[Mark]:
    """Return the key times that were reached and the final decisions, in order, each with its level."""
    ends: list[list[tuple[float, float]]] = []
    found = sorted(_all(report, axis), key=lambda mark: mark.x)
    for mark in found:
        _level(mark, ends, axis)
    return found


def _all(report: Report, axis: Axis) -> Iterator[Mark]:
    for time in report.times:
        if time.at and time.offset_s is not None and axis.holds(time.at):
            tip = f"{time.title}: {utc(time.at)}, {offset(time.offset_s)}"
            yield Mark(axis.x(time.at), shortened(time.title, _MOST_CHARACTERS), "moment", tip)
    for decision in report.decisions:
        if not decision.replaced and axis.holds(decision.at):
            words = f"{decision.name.replace('_', ' ')}: {decision.answer_title}"
            tip = f"{decision.question or decision.name} {decision.answer_title} ({utc(decision.at)}, {decision.by})"
            yield Mark(axis.x(decision.at), shortened(words, _MOST_CHARACTERS), "decision", tip)


def _level(mark: Mark, ends: list[list[tuple[float, float]]], axis: Axis) -> None:
    """Set a mark's level to the first on which its words fit: right of its line, or left of it near the right edge."""
    width = len(mark.text) * _CHARACTER[mark.look] + _GAP
    mark.leftward = mark.x + width > axis.right
    span = (mark.x - width, mark.x) if mark.leftward else (mark.x, mark.x + width)
    for level, taken in enumerate(ends):
        if all(span[1] <= start or end <= span[0] for start, end in taken):
            taken.append(span)
            mark.level = level
            return
    ends.append([span])
    mark.level = len(ends) - 1
