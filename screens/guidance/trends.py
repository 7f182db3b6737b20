"""How what is measured has changed: small graphs of the last minutes, as characters."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from journal.incident.state import Incident
from journal.store.rows import Reading
from journal.wording.durations import rough_duration
from journal.wording.sanitize import sanitize
from screens.guidance.health import STALE_AFTER_S
from screens.guidance.text import Line, Span, line

STEP_S = 10
"""Seconds of one column of a graph: the first value in them counts, so that a graph changes no oftener."""
_COLUMNS = 10
_LEAST = 3
"""Values from which on there is a graph."""
_LEVELS = "▁▂▃▄▅▆▇█"
_FACTS = {"replica_lag_s": "lag", "connections": "connections", "error_rate": "errors"}
"""The facts of a health reading that are drawn, whatever the type of system, and what they are called."""
_RATE = "rate"


class Value(NamedTuple):
    """One value of a series."""

    at: datetime
    value: float


class Trends:
    """Keeps the last values of each series: what health readings say of a system, and how fast a run goes on."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], deque[Value]] = {}
        self._kept: Mapping[str, Reading] = {}

    def keep(self, readings: Mapping[str, Reading]) -> None:
        """Keep the values of the latest readings, one of each series in ten seconds."""
        if readings is self._kept:
            return
        self._kept = readings
        for name, reading in readings.items():
            for fact, value in _values(name, reading):
                self._keep((name, fact), Value(reading.at, value))

    def _keep(self, series: tuple[str, str], value: Value) -> None:
        kept = self._series.setdefault(series, deque(maxlen=_COLUMNS))
        since = (value.at - kept[-1].at).total_seconds() if kept else STEP_S
        if since > STALE_AFTER_S:  # what was not measured meanwhile must not look measured
            kept.clear()
        if since >= STEP_S:
            kept.append(value)

    def lines(self, incident: Incident, now: datetime, width: int) -> list[Line]:
        """Return a line of at most ``width`` columns for each series that is measured now and changes: runs first."""
        names = [f"progress:{run.id}" for run in incident.runs.values() if not run.state.over]
        names += [f"health:{system}" for system in incident.roster.shown]
        facts = (_RATE, *_FACTS)
        return [
            _line(_title(incident, name), fact, kept, width)
            for fact in facts
            for name in names
            if _worth_drawing(kept := self._series.get((name, fact), deque[Value]()))
            and (now - kept[-1].at).total_seconds() <= STALE_AFTER_S
        ]


def _worth_drawing(kept: deque[Value]) -> bool:
    """Return whether there are enough values, and not all the same: that is no trend."""
    return len(kept) >= _LEAST and len({value.value for value in kept}) > 1


def _values(name: str, reading: Reading) -> Iterator[tuple[str, float]]:
    said = reading.payload
    found = {_RATE: said.get(_RATE)} if name.startswith("progress:") else (said.get("facts") or {})
    for fact in (_RATE, *_FACTS):
        value = found.get(fact)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield fact, float(round(value)) if fact.endswith("_s") else float(value)  # less than a second is noise


def _title(incident: Incident, name: str) -> str:
    kind, _, what = name.partition(":")
    return sanitize(incident.runs[int(what)].action if kind == "progress" else incident.roster.title(what))


def _line(title: str, fact: str, kept: deque[Value], width: int) -> Line:
    label = f" {_FACTS[fact]}" if fact in _FACTS else ""
    graph, words = f" {sparkline([value.value for value in kept]):>{_COLUMNS}} ", _words(fact, kept[-1].value)
    room = max(1, width - len(label) - len(graph) - len(words))
    title = title if len(title) <= room else f"{title[: room - 1]}…"
    return line(Span(f"{title}{label}", "quiet"), Span(graph, "bar"), Span(words, "strong"))


def sparkline(values: list[float]) -> str:
    """Return a graph, a character a value, of which the highest fills its cell; nothing is lower than zero."""
    top = max(values, default=0.0)
    scale = (len(_LEVELS) - 1) / top if top > 0 else 0.0
    return "".join(_LEVELS[round(max(0.0, value) * scale)] for value in values)


def _words(fact: str, value: float) -> str:
    if fact == _RATE:
        return f"{value / 1e6:.0f} MB/s"
    return rough_duration(value) if fact.endswith("_s") else f"{value:g}"
