"""The span of time that a pack is about, and the months, quarters and years in which tests are due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from journal.errors import CleoError
from journal.plan.routine import Every
from journal.report.evidence import Part
from journal.wording.instants import NotAnInstant, utc_instant

_LONGEST = timedelta(days=20 * 366)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


class NoSpan(CleoError):
    """The two ends name no span of time."""


class Span(Part, frozen=True, kw_only=True):
    """From ``begin`` to before ``end``, both UTC."""

    begin: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        """Return whether an instant lies in it."""
        return self.begin <= at < self.end

    def meets(self, first: datetime, last: datetime) -> bool:
        """Return whether anything from ``first`` to ``last``, both included, lies in it."""
        return first < self.end and last >= self.begin


def span_of(since: str, until: str) -> Span:
    """Return the span that two texts name, each a day (UTC) or an instant with its zone.

    The day of ``until`` is part of it; an instant is its end, and not part of it.

    Raises:
        NoSpan: the end is not after the beginning, or one of them names neither.
    """
    begin, end = _instant(since, last=False), _instant(until, last=True)
    if end - begin > _LONGEST:
        raise NoSpan(f"From {since} to {until} is longer than 20 years.", "Ask for the years that are audited.")
    if end <= begin:
        raise NoSpan(
            f"{until} is not after {since}.", "Name the first day, then the last: --from 2026-01-01 --to 2026-12-31"
        )
    return Span(begin=begin, end=end)


def _instant(text: str, *, last: bool) -> datetime:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        try:
            return utc_instant(text)
        except NotAnInstant as error:
            raise NoSpan(error.message, "Write a day, 2026-01-31, or an instant: 2026-01-31T14:30:00Z.") from error
    if last and day == date.max:
        raise NoSpan(f"{text} is the end of time.", "Ask for the years that are audited.")
    return datetime.combine(day + timedelta(days=1) if last else day, time(), UTC)


class Period(Part, frozen=True, kw_only=True):
    """A month, quarter or year of the calendar, in UTC: ``2026-11``, ``2026 Q4``, ``2026``."""

    name: str
    span: Span


def periods(every: Every, span: Span) -> Iterator[Period]:
    """Yield the calendar's months, quarters or years of which any part lies in ``span``."""
    length = _MONTHS[every]
    month = (span.begin.year * 12 + span.begin.month - 1) // length * length
    while (begin := _first_of(month)) < span.end:
        yield Period(name=_name(every, begin), span=Span(begin=begin, end=_first_of(month + length)))
        month += length


def _first_of(month: int) -> datetime:
    """Return the first instant of a month, counted from the year 0."""
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _name(every: Every, begin: datetime) -> str:
    quarter = f"{begin.year} Q{begin.month // 3 + 1}"
    return {"month": f"{begin:%Y-%m}", "quarter": quarter, "year": f"{begin.year}"}[every]
