"""How far a run is: bar, rate, time to go, and whether that is inside the RTO."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from journal import clocks
from journal.incident import Incident
from journal.inert import inert
from journal.records import Run
from screens.phrases import length, minutes
from screens.session import Session

_BAR = 16
_QUIET_AFTER = 60.0


def progress(session: Session, run: Run | None, now: datetime) -> Content:
    """Return what is known of a run that is under way; empty where nothing is."""
    incident = session.incident
    reading = session.readings.get(f"progress:{run.id}") if run and not run.state.over else None
    if reading is None or run is None or incident is None:
        return Content("")
    said = reading.payload
    parts: list[str | tuple[str, str]] = [*_bar(said.get("fraction"))]
    if isinstance(said.get("rate"), int | float):
        parts.append(f"  {said['rate'] / 1e6:.0f} MB/s")
    eta = said.get("eta_s")
    if isinstance(eta, int | float):
        parts += [(f"  {length(eta)} to go", "bold"), _against_rto(incident, run, eta, now)]
    if said.get("text"):
        parts.append(f"\n{inert(str(said['text']))}")
    quiet_for = (now - reading.at).total_seconds()
    if quiet_for >= _QUIET_AFTER:
        parts.append((f"  no word for {minutes(quiet_for)}", "$text-warning"))
    return Content.assemble(*parts)


def _bar(fraction: object) -> list[tuple[str, str]]:
    if not isinstance(fraction, int | float):
        return []
    full = round(_BAR * min(1.0, max(0.0, fraction)))
    return [("█" * full + "░" * (_BAR - full), "$text-primary"), (f" {fraction:.0%}", "")]


def _against_rto(incident: Incident, run: Run, eta: float, now: datetime) -> tuple[str, str]:
    """Compare with the RTO of the system's tier; that other steps come after this one is not counted."""
    step = incident.plan.by_id.get(run.step)
    system = incident.plan.systems.get(step.system) if step else None
    tier = next((clock for clock in clocks.rto(incident, now) if system and clock.tier == system.tier), None)
    if tier is None:
        return "", ""
    over = eta - tier.left
    if over > 0:
        return f", {minutes(over)} OVER THE RTO", "bold $text-error"
    return ", inside the RTO", "$text-success"
