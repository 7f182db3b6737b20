"""How far a run is: bar, rate, time to go, and whether that is inside the RTO."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from journal.incident import clocks
from journal.incident.records import Run
from journal.incident.state import Incident
from journal.store.rows import OutputLine
from journal.wording.durations import rough_duration, rough_minutes
from journal.wording.sanitize import sanitize
from screens.live.session import Session

_BAR = 16
_QUIET_AFTER = 60.0
SILENT_AFTER_S = 40.0


def progress(session: Session, run: Run | None, now: datetime) -> Content:
    """Return what is known of a run that is under way; empty where nothing is."""
    incident = session.incident
    reading = session.readings.get(f"progress:{run.id}") if run and not run.state.over else None
    if reading is None or run is None or incident is None:
        silent = silence(run, session.tails.get(run.id, ()), now) if run else ""
        return Content.assemble((silent, "$text-warning")) if silent else Content("")
    said = reading.payload
    parts: list[str | tuple[str, str]] = [*_bar(said.get("fraction"))]
    if isinstance(said.get("rate"), int | float):
        parts.append(f"  {said['rate'] / 1e6:.0f} MB/s")
    eta = said.get("eta_s")
    if isinstance(eta, int | float):
        parts += [(f"  {rough_duration(eta)} to go", "bold"), _against_rto(incident, run, eta, now)]
    if said.get("text"):
        parts.append(f"\n{sanitize(str(said['text']))}")
    quiet_for = (now - reading.at).total_seconds()
    if quiet_for >= _QUIET_AFTER:
        parts.append((f"  no word for {rough_minutes(quiet_for)}", "$text-warning"))
    return Content.assemble(*parts)


def silence(run: Run, lines: Sequence[OutputLine], now: datetime) -> str:
    """Return for how long a run that is under way has printed nothing; empty where it is not long.

    Args:
        run: the run.
        lines: the last lines that it printed.
        now: the time.
    """
    since = lines[-1].at if lines else run.started_at
    if since is None or run.state.over:
        return ""
    quiet_for = (now - since).total_seconds()
    return f"no output for {rough_duration(quiet_for)}" if quiet_for >= SILENT_AFTER_S else ""


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
        return f", {rough_minutes(over)} OVER THE RTO", "bold $text-error"
    return ", inside the RTO", "$text-success"
