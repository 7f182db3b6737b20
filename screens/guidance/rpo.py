"""The recovery point objective in a few words. What was not measured says so first, and is never shown as good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from journal.events.exposure import Exposed
from journal.incident import clocks
from journal.incident.affected import is_hit
from journal.incident.clocks import RpoClock
from journal.incident.exposure import counting, exposed, has_second
from journal.incident.lost_site import lost_site
from journal.incident.state import Incident
from journal.store.rows import Reading
from journal.wording.counting import count
from journal.wording.durations import loss_duration, rough_minutes
from journal.wording.instants import age
from journal.wording.sanitize import sanitize
from screens.guidance.text import Line, Span, Tone, line

_AGED_S = 60
_GONE = ("down", "not answering")


def systems(incident: Incident, readings: Mapping[str, Reading]) -> dict[str, tuple[datetime, Mapping[str, Any]]]:
    """Return each system's latest health reading as `clocks.rpo` wants it."""
    found = {name: readings.get(f"health:{name}") for name in incident.roster.shown}
    return {name: (r.at, r.payload.get("facts") or {}) for name, r in found.items() if r}


def rpo_line(
    incident: Incident, readings: Mapping[str, Reading], now: datetime, *, wide: bool, room: int | None = None
) -> Line:
    """Return the data loss of the systems that are hit: achieved, or exposed, or not measured.

    What is not measured comes first: nobody knows how much that is, and it may be worse than any figure. After that
    comes the worst of what would be lost with a whole site; where one is lost, that alone counts.

    Args:
        incident: its state.
        readings: the latest readings.
        now: the present.
        wide: name the two worst, and how many were not measured.
        room: how many columns there are; None: as many as it takes.
    """
    lost = lost_site(incident)
    at_risk = exposed(incident, readings) if lost or has_second(incident.roster.systems, readings) else {}
    found = [_counting(incident, clock, at_risk) for clock in clocks.rpo(incident, systems(incident, readings))]
    concerned = [clock for clock in found if is_hit(incident, clock.instance)] or found
    begin = f"RPO without {sanitize(lost)}: " if lost and incident.roster.systems else "RPO "
    known = sorted((clock for clock in concerned if _measured(clock)), key=_gravity)
    unknown = _unknown(incident, [clock for clock in concerned if not _measured(clock)])
    if not known:
        whose = f"{sanitize(concerned[0].title)} " if len(concerned) == len(unknown.here) == 1 else ""
        long = middle = short = [Span(f"{begin}{whose}not measured", "quiet")] if concerned else []
    else:
        long, middle, short = ([Span(begin, "quiet"), *spans] for spans in _lengths(known, unknown, now, wide=wide))
    site = None if lost else _worst_site(concerned, at_risk)
    if site is None:
        return line(*_first_fitting([long, middle, short], room))
    hidden = bool(known and unknown.here)
    again = bool(known) and known[0].instance == site.clock.instance and not hidden
    after = [Span(", ", "quiet"), *site.words(named=not again)]
    graver = not known or (known[0].achieved is None and _gravity(known[0])[1] > -site.share)
    alone = [[Span(begin, "quiet"), *site.words(named=True)]] if graver and not hidden else []
    return line(*_first_fitting([[*long, *after], [*middle, *after], [*short, *after], *alone, long, short], room))


class _Unknown(NamedTuple):
    """What was not measured: the systems that are there, what is down first, and how many others the plan names."""

    here: list[RpoClock]
    elsewhere: int


def _unknown(incident: Incident, clocks_: list[RpoClock]) -> _Unknown:
    known, health = incident.roster.systems, incident.health
    here = [clock for clock in clocks_ if clock.instance in known or clock.instance in health]
    down = {clock.instance for clock in here if clock.instance in health and health[clock.instance].status in _GONE}
    return _Unknown(sorted(here, key=lambda clock: clock.instance not in down), len(clocks_) - len(here))


def _lengths(
    known: list[RpoClock], unknown: _Unknown, now: datetime, *, wide: bool
) -> tuple[list[Span], list[Span], list[Span]]:
    """Return what is said where there is much room, some, and little."""
    if not unknown.here:
        least = [Span(f"{sanitize(known[0].title)} "), _rpo_words(known[0], now, short=True)]
        return _worst(known, unknown.elsewhere, now, wide=wide), _worst(known, 0, now, wide=False), least
    named = [Span(f"{sanitize(unknown.here[0].title)} not measured", "warn")]
    more = len(unknown.here) - 1 + (unknown.elsewhere if wide else 0)
    named += [Span(f" and {more} more", "quiet")] if more else []
    words = "worst known: " if len(known) > 1 else ""
    worst = [Span(f", {words}", "quiet"), Span(f"{sanitize(known[0].title)} ")]
    long = [*named, *worst, _rpo_words(known[0], now)]
    return long, [*named, *worst, _rpo_words(known[0], now, short=True)], named


class _Site(NamedTuple):
    """What would be lost of one system with its site: the seconds, and their share of what may be."""

    share: float
    seconds: float
    clock: RpoClock

    def words(self, *, named: bool) -> list[Span]:
        over = self.seconds > self.clock.target
        title = f"{sanitize(self.clock.title)} " if named else ""
        said = f"{rough_minutes(self.seconds)}{' OVER' if over else ''}"
        return [Span("site ", "quiet"), Span(title), Span(said, "warn" if over else "")]


def _counting(incident: Incident, clock: RpoClock, at_risk: Mapping[str, Exposed]) -> RpoClock:
    """Return a clock with the exposure that counts: where its site is lost, what no other site has."""
    one = at_risk.get(clock.instance)
    if one is None or (counts := counting(incident, one)) is one.store:
        return clock
    return replace(clock, exposure=counts.seconds, measured_at=counts.at)


def _worst(known: list[RpoClock], unknown: int, now: datetime, *, wide: bool) -> list[Span]:
    shown = known[: 2 if wide else 1]
    spans = [Span("worst: ", "quiet")] if len(known) > len(shown) else []
    for place, clock in enumerate(shown):
        spans += [*([Span(", ")] if place else []), Span(f"{sanitize(clock.title)} "), _rpo_words(clock, now)]
    if unknown and wide:
        spans.append(Span(f", {count(unknown, 'system')} not measured", "quiet"))
    return spans


def _worst_site(concerned: list[RpoClock], at_risk: Mapping[str, Exposed]) -> _Site | None:
    """Return what would be lost with a whole site of the system that is worst off; None where nobody measured it."""
    found = (
        _Site(seconds / max(1, clock.target), seconds, clock)
        for clock in concerned
        if clock.achieved is None
        and clock.instance in at_risk
        and (seconds := at_risk[clock.instance].site.seconds) is not None
    )
    return max(found, key=lambda one: one.share, default=None)


def _first_fitting(choices: list[list[Span]], room: int | None) -> list[Span]:
    fitting = (spans for spans in choices if room is None or sum(len(span.text) for span in spans) <= room)
    return next(fitting, choices[-1])


def _measured(clock: RpoClock) -> bool:
    return clock.achieved is not None or clock.exposure is not None


def _gravity(clock: RpoClock) -> tuple[int, float]:
    """Return what the gravest comes first by: missed, not proven, then what would be lost of what may be."""
    if clock.achieved is not None:
        return ({False: 0, None: 1, True: 3}[clock.met], -clock.achieved)
    return (2, -(clock.exposure or 0) / max(1, clock.target))


def _rpo_words(clock: RpoClock, now: datetime, *, short: bool = False) -> Span:
    if clock.achieved is not None:
        lost = loss_duration(clock.achieved, clock.loss.bound) if clock.loss else ""
        if clock.met is None:
            words = f"{lost} lost" if clock.achieved else "loss not known"
            return Span(f"NOT PROVEN, {words}", "bad")  # the verdict first: a narrow screen cuts the line
        return Span(f"met, {lost} lost", "good") if clock.met else Span(f"MISSED, {lost} lost", "bad")
    if clock.exposure is None:
        return Span("not measured", "quiet")
    aged = clock.measured_at is not None and (now - clock.measured_at).total_seconds() >= _AGED_S
    old = f" {age(clock.measured_at, now)}" if clock.measured_at and aged else ""
    over = clock.exposure > clock.target
    tone: Tone = "warn" if over else ""
    words = rough_minutes(clock.exposure) if short else f"{rough_minutes(clock.exposure)} exposed"
    return Span(f"{words}{' OVER' if over else ''}{old}", tone)
