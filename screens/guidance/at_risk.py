"""What would be lost now, in words: with a system, and with its whole site, each against the plan's objective."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from journal.events.exposure import Exposed, Exposure
from journal.incident.exposure import exposed, has_second
from journal.incident.lost_site import lost_site
from journal.incident.objectives import objective_of
from journal.incident.state import Incident
from journal.store.rows import Reading
from journal.wording.durations import Duration, rough_duration, rough_minutes
from journal.wording.instants import age
from journal.wording.sanitize import sanitize
from screens.guidance.text import Line, Span, line

_AGED_S = 60


def at_risk_lines(incident: Incident, readings: Mapping[str, Reading], now: datetime) -> list[Line]:
    """Return a line for each system that holds data: both figures, what each rests on, and how old that is.

    Those of the plan that the inventory does not have, and nobody looked at, share one.

    Args:
        incident: its state.
        readings: the latest readings of health and of the second place.
        now: the present.
    """
    found = exposed(incident, readings)
    unseen = {name for name, one in found.items() if one.store.at is None and name not in incident.roster.systems}
    lines = [_whole_line(incident, one, now) for name, one in found.items() if name not in unseen]
    names = ", ".join(sanitize(incident.roster.title(name)) for name in found if name in unseen)
    return [*lines, line(Span("not measured  ", "quiet"), f"{names} (nobody looked)")] if unseen else lines


def at_risk_of(incident: Incident, readings: Mapping[str, Reading], system: str, now: datetime) -> list[Line]:
    """Return what would be lost of one system, a line for each figure; nothing where it holds no data."""
    one = exposed(incident, readings).get(system)
    if one is None:
        return []
    target = objective_of(incident, system)
    found = [line("If it is lost now: ", *figure(one.store, target), *_rests_on(one.store, now))]
    if system in incident.roster.systems:
        at = f"If {_site(incident, system)} is: "
        found.append(line(at, *figure(one.site, target), *_rests_on(one.site, now)))
    return found


def at_risk_column(incident: Incident, readings: Mapping[str, Reading]) -> list[Line]:
    """Return both figures of each system in a few words, where anything outside of its site is measured or needed."""
    lost = bool(lost_site(incident))
    if not lost and not has_second(incident.roster.systems, readings):
        return []
    found = exposed(incident, readings)
    if not lost and all(one.site.seconds is None for one in found.values()):
        return []
    shown = [one for one in found.values() if one.system in incident.roster.systems]
    return [line(Span("At risk now", "quiet")), *(text for one in shown for text in _short_lines(incident, one))]


def figure(found: Exposure, target: int | None, *, minutes: bool = False) -> list[Span]:
    """Return one figure; what is over the objective says so.

    Args:
        found: the figure.
        target: the objective in seconds; None: there is none.
        minutes: in few words, which change once a minute.
    """
    if found.seconds is None:
        return [Span("not measured", "quiet")]
    words = rough_minutes(found.seconds) if minutes else rough_duration(found.seconds)
    if target is not None and found.seconds > target:
        return [Span(f"{words} OVER" if minutes else f"{words}, OVER {Duration(target)}", "warn")]
    return [Span(words, "strong")]


def _whole_line(incident: Incident, one: Exposed, now: datetime) -> Line:
    target, title = objective_of(incident, one.system), sanitize(incident.roster.title(one.system))
    store = [Span(f"{title}  ", "strong"), *figure(one.store, target), *_rests_on(one.store, now)]
    if one.system not in incident.roster.systems:
        return line(*store)
    site = [*figure(one.site, target), *_rests_on(one.site, now)]
    return line(*store, f"; with {_site(incident, one.system)} ", *site)


def _short_lines(incident: Incident, one: Exposed) -> Iterator[Line]:
    target, title = objective_of(incident, one.system), sanitize(incident.roster.title(one.system))
    yield line(Span(f"{title}  ", "strong"), *figure(one.store, target, minutes=True))
    yield line(Span("site  "), *figure(one.site, target, minutes=True), symbol=" ")


def _rests_on(found: Exposure, now: datetime) -> list[Span]:
    aged = found.at is not None and (now - found.at).total_seconds() >= _AGED_S
    old = f"seen {age(found.at, now)}" if found.at and aged else ""
    words = ", ".join(part for part in (sanitize(found.by), old) if part)
    return [Span(f" ({words})", "quiet")] if words else []


def _site(incident: Incident, system: str) -> str:
    return f"site {sanitize(incident.roster.systems[system].site)}"
