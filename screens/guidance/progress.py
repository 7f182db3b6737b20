"""How far a run is: how much is done, the rate, the time to go, and whether that is inside the RTO."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from journal.incident import clocks
from journal.incident.records import Run
from journal.incident.restore_time import measured_times
from journal.incident.state import Incident
from journal.store.rows import OutputLine, Reading
from journal.wording.durations import rough_duration, rough_minutes
from journal.wording.sanitize import sanitize
from screens.guidance.text import Line, Span, line

_BAR = 16
_QUIET_AFTER_S = 60.0
SILENT_AFTER_S = 40.0


class Progress(NamedTuple):
    """What an action last reported.

    Attributes:
        fraction: how much is done, of 1.
        rate: bytes a second.
        eta_s: seconds to go.
        text: what it is at.
    """

    fraction: float | None
    rate: float | None
    eta_s: float | None
    text: str

    @classmethod
    def of(cls, reading: Reading) -> Progress:
        """Return what a reading says; what is no number is left out."""
        said = reading.payload
        fraction, rate, eta_s = (_number(said.get(name)) for name in ("fraction", "rate", "eta_s"))
        return cls(fraction, rate, eta_s, str(said.get("text") or ""))

    def words(self) -> list[str]:
        """Return how much is done, the rate and the time to go, as far as each is known."""
        return [
            *([f"{self.fraction:.0%}"] if self.fraction is not None else []),
            *([f"{self.rate / 1e6:.0f} MB/s"] if self.rate is not None else []),
            *([f"{rough_duration(self.eta_s)} to go"] if self.eta_s is not None else []),
        ]


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) else None


def how_far(reading: Reading | None) -> str:
    """Return how far a run is: ``40%, 1 min to go, copying``; empty where nothing is known."""
    found = Progress.of(reading) if reading else None
    return ", ".join([*found.words(), *([found.text] if found.text else [])]) if found else ""


def progress(
    incident: Incident, run: Run | None, reading: Reading | None, lines: Sequence[OutputLine], now: datetime
) -> Line:
    """Return what is known of a run that is under way; empty where nothing is.

    Args:
        incident: its state.
        run: the run.
        reading: its progress, as last reported.
        lines: the last lines that it printed.
        now: the time.
    """
    if run is None or run.state.over:
        return line()
    if reading is None:
        silent = silence(run, lines, now)
        return line(*_forecast(incident, run, None, now), *([Span(f"  {silent}", "warn")] if silent else []))
    found = Progress.of(reading)
    spans = [*_bar(found.fraction)]
    percent = int(found.fraction is not None)
    spans += [Span(f"  {words}", "strong" if words.endswith("to go") else "") for words in found.words()[percent:]]
    spans += _forecast(incident, run, found.eta_s, now)
    spans += [Span(f"\n{sanitize(found.text)}")] if found.text else []
    quiet_for = (now - reading.at).total_seconds()
    spans += [Span(f"  no word for {rough_minutes(quiet_for)}", "warn")] if quiet_for >= _QUIET_AFTER_S else []
    return line(*spans)


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


def _bar(fraction: float | None) -> Iterator[Span]:
    if fraction is not None:
        full = round(_BAR * min(1.0, max(0.0, fraction)))
        yield Span("█" * full + "░" * (_BAR - full), "bar")
        yield Span(f" {fraction:.0%}")


def _forecast(incident: Incident, run: Run, eta_s: float | None, now: datetime) -> Iterator[Span]:
    """Yield whether the run ends inside the RTO: by what it says itself, else by the last restore that was measured."""
    if eta_s is None:
        eta_s = _by_the_last(incident, run, now)
        if eta_s is None:
            return
        yield Span(f"  about {rough_duration(eta_s)} to go, as was measured", "strong")
    yield _against_rto(incident, run, eta_s, now)


def _by_the_last(incident: Incident, run: Run, now: datetime) -> float | None:
    """Return the seconds that a restore has to go, by the last measured one; None: it takes longer, or none was."""
    step = incident.plan.by_id.get(run.step)
    found = measured_times(incident, step).get(run.system or step.system) if step else None
    if found is None or run.started_at is None:
        return None
    left = found.expected - (now - run.started_at).total_seconds()
    return left if left > 0 else None


def _against_rto(incident: Incident, run: Run, eta_s: float, now: datetime) -> Span:
    """Compare with the RTO of the system's tier; that other steps come after this one is not counted."""
    step = incident.plan.by_id.get(run.step)
    system = incident.plan.systems.get(step.system) if step else None
    tier = next((clock for clock in clocks.rto(incident, now) if system and clock.tier == system.tier), None)
    if tier is None:
        return Span("")
    over = eta_s - tier.left
    return Span(f", {rough_minutes(over)} OVER THE RTO", "bad") if over > 0 else Span(", inside the RTO", "good")
