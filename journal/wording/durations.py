"""Durations in words: as a plan writes them, exact for the report, rough for who reads them on the screen."""

from __future__ import annotations

import re
from math import ceil, floor

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = {"s": 1, "min": _MINUTE, "h": _HOUR, "d": _DAY}
_PART = re.compile(r"([0-9]{1,9})\s*(s|min|m|h|d)\b")
"""``m``, as Prometheus and cron's users write it, is a minute: nothing here lasts for months."""


class Duration(int):
    """A number of whole seconds that a plan writes as ``15 min``, ``1 h 30 min`` or ``60 d``."""

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Return the duration that ``text`` names.

        Raises:
            ValueError: ``text`` is not made of numbers with the units s, min (or m), h, d.
        """
        parts = _PART.findall(text)
        if not parts or _PART.sub("", text).strip():
            raise ValueError(f"{text!r} is not a duration; write it as 45 s, 15 min, 1 h 30 min or 60 d")
        return cls(sum(int(number) * _UNITS["min" if unit == "m" else unit] for number, unit in parts))

    def __str__(self) -> str:
        """Return it as a plan writes it: every unit that is not zero."""
        left, words = int(self), []
        for unit, size in reversed(_UNITS.items()):
            count, left = divmod(left, size)
            if count:
                words.append(f"{count} {unit}")
        return " ".join(words) or "0 s"


def exact_duration(seconds: float) -> str:
    """Return a duration for the report: ``0.4 s``, ``42 s``, ``12 min 05 s``, ``2 h 05 min``, ``3 d 4 h``."""
    whole = int(abs(seconds))
    if whole < 10 and whole != seconds:
        return f"{abs(seconds):.1f} s"
    if _MINUTE <= whole < _HOUR and whole % _MINUTE:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    if _HOUR <= whole < 2 * _DAY and not whole % _HOUR // _MINUTE:
        return f"{whole // _HOUR} h"
    return rough_duration(seconds)


def loss_duration(seconds: float, bound: str = "") -> str:
    """Return how much was lost, with its bound (``at least``, ``at most``), else as `exact_duration`.

    It is rounded up, so that nobody is told of less than was lost; what is lost at least is rounded down. That nothing
    is lost at least says nothing: ``not known``.
    """
    if bound == "at least" and not seconds:
        return "not known"
    rounded = floor if bound == "at least" else ceil
    return f"{bound} {exact_duration(rounded(seconds * 10) / 10 if seconds < 10 else rounded(seconds))}".strip()


def rough_duration(seconds: float) -> str:
    """Return a duration without seconds from a minute on: ``42 s``, ``17 min``, ``2 h 05 min``, ``3 d 4 h``."""
    whole = int(abs(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < 2 * _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def rough_minutes(seconds: float) -> str:
    """Return a duration in words that change once a minute: ``<1 min``, else like `rough_duration`."""
    return "<1 min" if abs(seconds) < _MINUTE else rough_duration(seconds)


def stopwatch(seconds: float) -> str:
    """Return hours, minutes and seconds: ``00:42:10``; hours are not cut at 24. Less than none is none."""
    whole = max(0, int(seconds))
    return f"{whole // _HOUR:02}:{whole % _HOUR // _MINUTE:02}:{whole % _MINUTE:02}"
