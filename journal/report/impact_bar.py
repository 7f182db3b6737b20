"""Service impact as a bar over time: the gravest state in each slot, as characters or as spans of a width."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

from journal.report.impact import GRAVEST_FIRST, NOT_ANSWERING, NOT_MEASURED
from journal.report.model import SystemImpact

WIDTH = 60
"""Slots of a bar in text."""
_DRAWN = 200
"""Slots of a bar in a drawing."""
SIGNS = {"down": "█", NOT_ANSWERING: "▚", "read-only": "▓", "degraded": "▒", NOT_MEASURED: "?", "up": "·"}
WORDS = {"read-only": "read-only (writers kept out)"}
_LABEL = 18
_LONG_BEFORE = 3.0
"""If nothing was measured for this many times the length of the rest, the bars do not show all of that."""


class Piece(NamedTuple):
    """Time that a system was in one state; ``percent`` is its share of the bar."""

    state: str
    percent: float


class Row(NamedTuple):
    """The bar of one system."""

    title: str
    pieces: list[Piece]


class Bars(NamedTuple):
    """The bars of several systems over the same time, to be drawn. ``used`` are their states, the gravest first."""

    begin: datetime
    end: datetime
    rows: list[Row]
    used: list[str]

    @classmethod
    def of(cls, impacts: Iterable[SystemImpact], begin: datetime, end: datetime) -> Bars:
        """Return the bars from ``begin`` to ``end``, of each as many pieces as can be told apart."""
        rows = [Row(impact.title, _pieces(slots(impact, begin, end, _DRAWN))) for impact in impacts]
        used = {piece.state for row in rows for piece in row.pieces}
        return cls(begin, end, rows, [state for state in GRAVEST_FIRST if state in used])


def span_of(impacts: list[SystemImpact], otherwise: datetime) -> tuple[datetime, datetime]:
    """Return the time that bars show: from the disruption to the end; ``otherwise`` where nothing is shown.

    If the first measurement is long after the disruption, the bars begin shortly before it.
    """
    spans = [span for impact in impacts for span in impact.spans]
    begin = min((span.begin for span in spans), default=otherwise)
    end = max((span.end for span in spans), default=otherwise)
    first = min((span.begin for span in spans if span.state != NOT_MEASURED), default=begin)
    return (begin if first - begin <= (end - first) * _LONG_BEFORE else first - (end - first) / 10), end


def slots(impact: SystemImpact, begin: datetime, end: datetime, number: int) -> list[str]:
    """Return the gravest state in each of ``number`` equal parts of the time from ``begin`` to ``end``."""
    length = (end - begin).total_seconds() or 1.0
    rank = {state: place for place, state in enumerate(GRAVEST_FIRST)}
    found = [""] * number
    for span in impact.spans:
        first = (span.begin - begin).total_seconds() / length * number
        last = (span.end - begin).total_seconds() / length * number
        for slot in range(max(0, int(first)), min(number, max(int(first) + 1, int(last + 0.999)))):
            if not found[slot] or rank[span.state] < rank[found[slot]]:
                found[slot] = span.state
    return [state or NOT_MEASURED for state in found]


def text_bar(impacts: Iterable[SystemImpact], begin: datetime, end: datetime) -> list[str]:
    """Return the bars as lines of text, with their times and the meaning of the signs beneath."""
    shown = list(impacts)
    width = max((min(_LABEL, len(impact.title)) for impact in shown), default=0)
    rows = [(impact.title, slots(impact, begin, end, WIDTH)) for impact in shown]
    lines = [f"{_cut(title):{width}} {''.join(SIGNS[state] for state in states)}" for title, states in rows]
    used = {state for _, states in rows for state in states}
    key = "  ".join(f"{SIGNS[state]} {WORDS.get(state, state)}" for state in GRAVEST_FIRST if state in used)
    first, last = (f"{at.astimezone(UTC):%H:%M:%S}" for at in (begin, end))
    return [*lines, f"{'':{width}} {first}{last + ' UTC':>{WIDTH - len(first)}}", f"{'':{width}} {key}"]


def _pieces(states: list[str]) -> list[Piece]:
    return [Piece(state, 100 * sum(1 for _ in run) / len(states)) for state, run in groupby(states)]


def _cut(title: str) -> str:
    return title if len(title) <= _LABEL else title[: _LABEL - 1] + "…"
