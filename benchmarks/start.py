"""Time from exec to first content: the console on an incident, compared with a bare Textual app."""

from __future__ import annotations

import functools
import os
import statistics
from typing import NamedTuple

from benchmarks.bare import TEXT
from benchmarks.stand import BARE, TITLE, Stand, folder
from benchmarks.table import Row, ms
from benchmarks.terminal import Terminal

FIRST_LIMIT, WHOLE_LIMIT = 0.5, 1.6
STEP = "1.1.1 Check system status"
LAST_PHASE = "Post-Incident Procedures"


class Times(NamedTuple):
    """Medians, in seconds since exec."""

    bare: float
    first: float
    whole: float


@functools.cache
def times() -> Times:
    """Start both in turns (BENCH_STARTS times, 9 by default); the first turn only warms up."""
    turns = [_turn() for _ in range(int(os.environ.get("BENCH_STARTS", "9")) + 1)][1:]
    return Times(*(statistics.median(column) for column in zip(*turns, strict=True)))


def _turn() -> Times:
    with Terminal(BARE, {}) as bare:
        bare_s = bare.until(lambda text: TEXT in text)
    with folder() as home, Stand(home) as stand, stand.console() as console:
        first_s = console.until(_has_first)
        whole_s = console.until(_is_whole)
        stand.wait_for_runner(console)
    return Times(bare_s, first_s, whole_s)


def _has_first(text: str) -> bool:
    return TITLE in text and STEP in text


def _is_whole(text: str) -> bool:
    return _has_first(text) and all(word in text for word in ("Checklist", LAST_PHASE, "Health", "? not measured"))


def first() -> Row:
    """Measure how soon header and current step are there."""
    found = times()
    return _row("start to first content", found.first, found.bare, FIRST_LIMIT)


def whole() -> Row:
    """Measure how soon everything is there."""
    found = times()
    return _row("start to whole screen", found.whole, found.bare, WHOLE_LIMIT)


def _row(figure: str, seconds: float, bare: float, limit: float) -> Row:
    ratio = seconds / bare
    return Row(
        figure, f"{ms(seconds)} = {ratio:.2f} ×", f"bare Textual app {ms(bare)}", f"≤ {limit:g} ×", ratio <= limit
    )
