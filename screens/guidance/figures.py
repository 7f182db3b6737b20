"""RTO, RPO and phase in a few words. What was not measured says so, and is never shown as good."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from journal.incident import clocks
from journal.incident.affected import affected_systems
from journal.incident.clocks import RpoClock, RtoClock
from journal.incident.state import Incident
from journal.plan.model import Phase
from journal.store.rows import Reading
from journal.wording.durations import rough_duration, rough_minutes
from journal.wording.instants import age
from journal.wording.sanitize import sanitize
from screens.guidance.text import Line, Span, Tone, line

_BAR = 10
_AGED_S = 60


def systems(incident: Incident, readings: Mapping[str, Reading]) -> dict[str, tuple[datetime, Mapping[str, Any]]]:
    """Return each system's latest health reading as `clocks.rpo` wants it."""
    found = {name: readings.get(f"health:{name}") for name in incident.roster.shown}
    return {name: (r.at, r.payload.get("facts") or {}) for name, r in found.items() if r}


def rto_line(incident: Incident, now: datetime, *, wide: bool) -> Line:
    """Return the objective that runs out next: what is left of it, or by how much it was missed."""
    tiers = clocks.rto(incident, now)
    open_tiers = [tier for tier in tiers if tier.achieved_at is None]
    if not tiers:
        return line("RTO: the plan names none")
    tier = min(open_tiers, key=lambda t: t.target) if open_tiers else tiers[0]
    words = _rto_words(tier)
    spans = [Span("RTO ", "quiet"), *([Span(f"{sanitize(tier.tier)} ")] if wide else []), words]
    if wide and tier.achieved_at is None:
        spans.append(Span(" " + _bar(tier), words.tone))
    return line(*spans)


def _rto_words(tier: RtoClock) -> Span:
    if tier.achieved_at is not None:
        by_hand = ", by hand" if tier.by_hand else ""
        used = f"{rough_minutes(tier.used)}{by_hand}"
        return Span(f"met in {used}", "good") if tier.left >= 0 else Span(f"MISSED, took {used}", "bad")
    if tier.left < 0:
        return Span(f"MISSED by {rough_minutes(tier.left)}", "bad")
    return Span(f"{rough_minutes(tier.left)} left", "urgent" if tier.left < tier.target / 4 else "strong")


def _bar(tier: RtoClock) -> str:
    used = min(_BAR, max(0, round(_BAR * tier.used / tier.target))) if tier.target else _BAR
    return "█" * used + "░" * (_BAR - used)


def rpo_line(incident: Incident, readings: Mapping[str, Reading], now: datetime, *, wide: bool) -> Line:
    """Return the data loss of the systems that are hit: achieved, or exposed, or not measured."""
    found = clocks.rpo(incident, systems(incident, readings))
    hit = affected_systems(incident)
    concerned = [clock for clock in found if clock.system in hit] or found
    known = [clock for clock in concerned if clock.achieved is not None or clock.exposure is not None]
    shown, unknown = known[: 2 if wide else 1], len(concerned) - len(known)
    spans: list[Span] = []
    for clock in shown:
        spans += [Span(" · ", "quiet"), Span(f"{sanitize(clock.title)} "), _rpo_words(clock, now)]
    if len(known) > len(shown):
        spans.append(Span(f" · +{len(known) - len(shown)}", "quiet"))
    if unknown and (wide or not shown):
        spans.append(Span(f"{' · ' if shown else ''}{unknown} not measured", "quiet"))
    return line(Span("RPO ", "quiet"), *spans[1:] if shown else spans) if concerned else line()


def _rpo_words(clock: RpoClock, now: datetime) -> Span:
    if clock.achieved is not None:
        lost = f"{clock.loss.bound} {rough_duration(clock.achieved)}".strip() if clock.loss else ""
        if clock.met is None:
            return Span(f"NOT PROVEN, {lost} lost", "bad")  # the verdict first: a narrow screen cuts the line
        return Span(f"met, {lost} lost", "good") if clock.met else Span(f"MISSED, {lost} lost", "bad")
    if clock.exposure is None:
        return Span("not measured", "quiet")
    aged = clock.measured_at is not None and (now - clock.measured_at).total_seconds() >= _AGED_S
    old = f" {age(clock.measured_at, now)}" if clock.measured_at and aged else ""
    tone: Tone = "bad" if clock.exposure > clock.target else "strong"
    return Span(f"{rough_minutes(clock.exposure)} exposed{old}", tone)


def phase_line(incident: Incident, now: datetime) -> Line:
    """Return which phase it is, of how many, and what is left of its window."""
    main = [phase for phase in incident.plan.phases if not phase.optional]
    phase = incident.phase
    place = f"{main.index(phase) + 1}/{len(main)}" if phase in main else ""
    return line(Span("phase ", "quiet"), f"{place} ", _window(incident, phase, now))


def _window(incident: Incident, phase: Phase, now: datetime) -> Span:
    clock = next(clock for clock in clocks.phases(incident) if clock.phase.id == phase.id)
    if clock.closes is None:
        settled = phase.optional or incident.phase_settled(phase)  # an optional phase comes after all others
        return Span("all settled" if settled else "no window", "quiet")
    if late := clock.late(now):
        return Span(f"late by {rough_minutes(late)}", "bad")
    return Span(f"{rough_minutes((clock.closes - now).total_seconds())} left", "strong")
