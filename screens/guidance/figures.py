"""The header's figures: RTO, RPO and phase, in words that stay true. "Not measured" is never good news."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from textual.content import Content

from journal.incident import clocks
from journal.incident.clocks import RpoClock, RtoClock
from journal.incident.state import Incident
from journal.store.rows import Reading
from journal.wording.durations import rough_duration, rough_minutes
from journal.wording.instants import age
from journal.wording.sanitize import sanitize

_GOOD, _LATE, _CLOSE, _QUIET = "$text-success", "bold $text-error", "bold $text-warning", "$quiet"
_BAR = 10


def systems(incident: Incident, readings: Mapping[str, Reading]) -> dict[str, tuple[datetime, Mapping[str, Any]]]:
    """Return each system's latest health reading as `clocks.rpo` wants it."""
    found = {name: readings.get(f"health:{name}") for name in incident.roster.shown}
    return {name: (r.at, r.payload.get("facts") or {}) for name, r in found.items() if r}


def rto_line(incident: Incident, now: datetime, *, wide: bool) -> Content:
    """Return the objective that runs out next: what is left of it, or by how much it was missed."""
    tiers = clocks.rto(incident, now)
    open_tiers = [tier for tier in tiers if tier.achieved_at is None]
    if not tiers:
        return Content("RTO: the plan names none")
    tier = min(open_tiers, key=lambda t: t.target) if open_tiers else tiers[0]
    name = [(f"{sanitize(tier.tier)} ", "")] if wide else []
    parts = [("RTO ", _QUIET), *name, _rto_words(tier)]
    if wide and tier.achieved_at is None:
        parts.append((" " + _bar(tier), _rto_words(tier)[1]))
    return Content.assemble(*parts)


def _rto_words(tier: RtoClock) -> tuple[str, str]:
    if tier.achieved_at is not None:
        hand = ", by hand" if tier.by_hand else ""
        word, style = ("met in", _GOOD) if tier.left >= 0 else ("MISSED, took", _LATE)
        return f"{word} {rough_minutes(tier.used)}{hand}", style
    if tier.left < 0:
        return f"MISSED by {rough_minutes(tier.left)}", _LATE
    return f"{rough_minutes(tier.left)} left", _CLOSE if tier.left < tier.target / 4 else "bold"


def _bar(tier: RtoClock) -> str:
    used = min(_BAR, max(0, round(_BAR * tier.used / tier.target))) if tier.target else _BAR
    return "█" * used + "░" * (_BAR - used)


def rpo_line(incident: Incident, readings: Mapping[str, Reading], now: datetime, *, wide: bool) -> Content:
    """Return the data loss of the systems that are hit: achieved, or exposed, or not measured."""
    found = clocks.rpo(incident, systems(incident, readings))
    hit = [name.strip() for name in incident.answers.get("affected", "").split(",")]
    concerned = [clock for clock in found if clock.system in hit] or found
    known = [clock for clock in concerned if clock.achieved is not None or clock.exposure is not None]
    shown, unknown = known[: 2 if wide else 1], len(concerned) - len(known)
    pieces: list[str | tuple[str, str]] = []
    for clock in shown:
        pieces += [(" · ", _QUIET), f"{sanitize(clock.title)} ", _rpo_words(clock, now)]
    if len(known) > len(shown):
        pieces.append((f" · +{len(known) - len(shown)}", _QUIET))
    if unknown and (wide or not shown):
        pieces.append((f"{' · ' if shown else ''}{unknown} not measured", _QUIET))
    return Content.assemble(("RPO ", _QUIET), *pieces[1:] if shown else pieces) if concerned else Content("")


def _rpo_words(clock: RpoClock, now: datetime) -> tuple[str, str]:
    if clock.achieved is not None:
        lost = f"{clock.loss.bound} {rough_duration(clock.achieved)}".strip() if clock.loss else ""
        if clock.met is None:
            return f"NOT PROVEN, {lost} lost", _LATE  # the verdict first: a narrow screen cuts the line
        return (f"met, {lost} lost", _GOOD) if clock.met else (f"MISSED, {lost} lost", _LATE)
    if clock.exposure is None:
        return "not measured", _QUIET
    over = clock.exposure > clock.target
    old = f" {age(clock.measured_at, now)}" if clock.measured_at and (now - clock.measured_at).seconds >= 60 else ""
    return f"{rough_minutes(clock.exposure)} exposed{old}", _LATE if over else "bold"


def phase_line(incident: Incident, now: datetime) -> Content:
    """Return which phase it is, of how many, and what is left of its window."""
    main = [phase for phase in incident.plan.phases if not phase.optional]
    phase = incident.phase
    place = f"{main.index(phase) + 1}/{len(main)}" if phase in main else ""
    clock = next(c for c in clocks.phases(incident) if c.phase.id == phase.id)
    done = phase.optional or incident.phase_settled(phase)  # an optional phase is only looked at after all others
    words: tuple[str, str] = ("all settled" if done else "no window", _QUIET)
    if clock.closes is not None:
        late = clock.late(now)
        left = (clock.closes - now).total_seconds()
        words = (f"late by {rough_minutes(late)}", _LATE) if late else (f"{rough_minutes(left)} left", "bold")
    return Content.assemble(("phase ", _QUIET), f"{place} ", words)
