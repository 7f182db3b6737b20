"""RTO and phase in a few words. What was not measured says so, and is never shown as good."""

from __future__ import annotations

from datetime import datetime

from journal.incident import clocks
from journal.incident.clocks import RtoClock
from journal.incident.state import Incident
from journal.plan.model import Phase
from journal.wording.durations import rough_minutes
from journal.wording.sanitize import sanitize
from screens.guidance.text import Line, Span, Tone, line

_BAR = 10


def rto_line(incident: Incident, now: datetime, *, wide: bool) -> Line:
    """Return the objective that runs out next: what is left of it, or by how much it was missed. It grows louder.

    Nothing is left of it once the incident is closed. It is named where there is room, or others were reached.
    """
    tiers = clocks.rto(incident, now)
    open_tiers = [tier for tier in tiers if tier.achieved_at is None]
    if not tiers:
        return line("RTO: the plan names none")
    tier = min(open_tiers, key=lambda t: t.target) if open_tiers else tiers[0]
    unproven = incident.closed_at is not None and tier.achieved_at is None and tier.left >= 0
    words = Span("RTO not validated", "warn") if unproven else Span(f"RTO {_rto_words(tier)}", _rto_tone(tier))
    if words.tone in ("caution", "alarm"):
        words = Span(f" {words.text} ", words.tone)
    bar = [Span(f" {_bar(tier)}", words.tone)] if wide and tier.achieved_at is None else []
    named = wide or 0 < len(open_tiers) < len(tiers)
    return line(words, *bar, *([Span(f" {sanitize(tier.tier)}", "quiet")] if named else []))


def _rto_words(tier: RtoClock) -> str:
    if tier.achieved_at is not None:
        used = f"{rough_minutes(tier.used)}{', by hand' if tier.by_hand else ''}"
        return f"met in {used}" if tier.left >= 0 else f"MISSED, took {used}"
    return f"MISSED by {rough_minutes(tier.left)}" if tier.left < 0 else f"{rough_minutes(tier.left)} left"


def _rto_tone(tier: RtoClock) -> Tone:
    if tier.left < 0:
        return "bad" if tier.achieved_at else "alarm"
    if tier.achieved_at is not None:
        return "good"
    return "caution" if tier.left < tier.target / 4 else "strong"


def _bar(tier: RtoClock) -> str:
    used = min(_BAR, max(0, round(_BAR * tier.used / tier.target))) if tier.target else _BAR
    return "█" * used + "░" * (_BAR - used)


def phase_line(incident: Incident, now: datetime, *, wide: bool) -> Line:
    """Return which phase it is, of how many, and what is left of its window; on a narrow screen only how late it is."""
    main = [phase for phase in incident.plan.phases if not phase.optional]
    phase = incident.phase
    place = f"phase {main.index(phase) + 1} of {len(main)}" if phase in main else sanitize(phase.title)
    window = _window(incident, phase, now)
    shown = [Span(", ", "quiet"), window] if wide or window.tone else []
    return line(Span(place, "quiet"), *shown)


def _window(incident: Incident, phase: Phase, now: datetime) -> Span:
    clock = next(clock for clock in clocks.phases(incident) if clock.phase.id == phase.id)
    if clock.closes is None:
        settled = phase.optional or incident.phase_settled(phase)  # an optional phase comes after all others
        return Span("all settled" if settled else "no window")
    if late := clock.late(now):
        return Span(f"late by {rough_minutes(late)}", "warn")
    return Span(f"{rough_minutes((clock.closes - now).total_seconds())} left")
