"""All systems' health, compact: a line with cause and age for what is not fine, one line for all that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from journal.incident.state import Incident
from journal.store.rows import Reading
from screens.guidance.health import Health, health
from screens.guidance.text import Line, Span, line

_MOST_SHOWN = 12
"""Systems named of one kind; the health page (h) has all."""
_LONGEST_CAUSE = 100
"""Characters of a cause; the health page (h) has all of it."""
_ORDER = {"✗": 0, "!": 1, "~": 2, "?": 3}


def all_health(incident: Incident, readings: Mapping[str, Reading], now: datetime) -> list[Health]:
    """Return every system's health: down, not answering, degraded, not measured lately, fine."""
    found = [health(incident, readings, system, now) for system in incident.roster.shown]
    return sorted(found, key=lambda one: _ORDER.get(one.look.symbol, 4))


def health_column(found: list[Health]) -> list[Line]:
    """Return the lines of a column: what is not fine with its cause and age, then the names of the rest together."""
    known = [one for one in found if one.measured and not one.fine]
    lines = [text for one in known[:_MOST_SHOWN] for text in _block(one)]
    lines += [line(Span(f"{len(known) - _MOST_SHOWN} more: h", "quiet"))] if len(known) > _MOST_SHOWN else []
    fine = [one.title for one in found if one.fine]
    unknown = [one.title for one in found if not one.measured]
    lines += [line(Span(f"{len(fine)} fine  ", "good"), Span(_names(fine), "quiet"), symbol="✓")] if fine else []
    return [*lines, *_not_measured(unknown)]


def health_line(found: list[Health], width: int) -> Line:
    """Return one line of at most ``width`` columns: what is not fine by name, with its cause where it is alone."""
    fine, unknown = sum(one.fine for one in found), sum(not one.measured for one in found)
    rest = [Span(f"✓ {fine} fine", "good")] if fine else []
    rest += [Span(f"? {unknown} not measured", "quiet")] if unknown else []
    known = [one for one in found if one.measured and not one.fine]
    room = width - sum(len(span.text) + 2 for span in rest)
    spans = _fitting([_short(one, alone=len(known) == 1) for one in known], room)
    return line(*_spaced([*spans, *rest]))


def _block(found: Health) -> Iterable[Line]:
    yield line(Span("", found.look.tone), Span(f"{found.title}  ", "strong"), Span(found.look.word, found.look.tone),
               symbol=found.look.symbol)  # fmt: skip
    if found.detail:
        yield line(Span(_cut(found.detail, _LONGEST_CAUSE), ""), symbol=" ")
    if found.seen:
        yield line(Span(found.seen, "quiet"), symbol=" ")


def _not_measured(names: list[str]) -> Iterable[Line]:
    if names:
        yield line(Span("not measured  ", "quiet"), Span(_names(names), "quiet"), symbol="?")


def _names(names: list[str]) -> str:
    more = len(names) - _MOST_SHOWN
    return ", ".join(names[:_MOST_SHOWN]) + (f" and {more} more: h" if more > 0 else "")


def _short(found: Health, *, alone: bool) -> Span:
    cause = f" {found.look.word}: {found.detail or found.seen}" if alone else ""
    return Span(f"{found.look.symbol} {found.title}{cause}", found.look.tone)


def _fitting(spans: list[Span], room: int) -> list[Span]:
    """Return the spans that fit, the last one cut where it does not, which a sign shows."""
    kept: list[Span] = []
    for span in spans:
        if len(span.text) > room:
            return [*kept, Span(_cut(span.text, max(1, room)), span.tone)]
        kept.append(span)
        room -= len(span.text) + 2
    return kept


def _spaced(spans: list[Span]) -> Iterable[Span]:
    for place, span in enumerate(spans):
        yield from [Span("  ")] if place else []
        yield span


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
