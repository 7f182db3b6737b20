"""How far apart the runs of a cron schedule are, at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FROM, _SPAN_D = date(2023, 1, 1), 3 * 366
"""Three years with a leap day: every gap of a schedule is among them, but those of a 29th of February alone."""


def longest_gap(schedule: str) -> timedelta | None:
    """Return the longest time between two runs of a schedule; None: it cannot be told.

    Args:
        schedule: five fields, or a name such as ``@daily``.
    """
    fields = _NAMED.get(schedule.strip().lower(), schedule).split()
    if len(fields) != 5:
        return None
    try:
        return _longest(fields)
    except ValueError:
        return None


def _longest(fields: Sequence[str]) -> timedelta | None:
    minutes, hours = _numbers(fields[0], 0, 59), _numbers(fields[1], 0, 23)
    times = sorted(timedelta(hours=hour, minutes=minute) for hour in hours for minute in minutes)
    days = list(_days(fields[2], fields[3], fields[4]))
    if not times or len(days) < 2:
        return None
    within = max((later - earlier for earlier, later in pairwise(times)), default=timedelta())
    between = max(later - earlier for earlier, later in pairwise(days)) + times[0] - times[-1]
    return max(within, between)


def _days(in_month: str, months: str, in_week: str) -> Iterator[date]:
    """Yield the days on which it runs: where both kinds of day are limited, either will do."""
    by_month, by_week = _numbers(in_month, 1, 31), {day % 7 for day in _numbers(in_week, 0, 7, _DAYS)}
    wanted, either = _numbers(months, 1, 12, _MONTHS, first=1), in_month[0] != "*" and in_week[0] != "*"
    for number in range(_SPAN_D):
        day = _FROM + timedelta(days=number)
        fits = (day.day in by_month, day.isoweekday() % 7 in by_week)
        if day.month in wanted and (any(fits) if either else all(fits)):
            yield day


def _numbers(field: str, low: int, high: int, names: Sequence[str] = (), *, first: int = 0) -> set[int]:
    """Return the numbers that a field means.

    Raises:
        ValueError: it is no field of cron's.
    """
    found = set[int]()
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        begin, dash, end = span.partition("-")
        at = low if begin == "*" else _number(begin, names, first)
        until = high if begin == "*" or (step and not dash) else _number(end or begin, names, first)
        if not low <= at <= until <= high:
            raise ValueError(f"{part!r} is not within {low} and {high}")
        found.update(range(at, until + 1, int(step or 1)))
    return found


def _number(word: str, names: Sequence[str], first: int) -> int:
    return names.index(word) + first if word in names else int(word)
