"""What changed, a line for each event, and how far runs are, at intervals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from journal.events import types as e
from journal.incident.addressing import is_for
from journal.incident.records import Run
from journal.incident.state import Incident
from journal.store.rows import Reading
from screens.guidance.names import named
from screens.guidance.progress import Progress, how_far

_STEP = 0.1
_NOT_BEFORE = timedelta(seconds=5)
_AT_THE_LATEST = timedelta(seconds=60)
_UNSAID: tuple[type[e.Body], ...] = (
    e.RunRequested,
    e.ProgramStarted,
    e.ProgramFinished,
    e.RunnerStarted,
    e.RunnerStopped,
)
"""Events that are not announced: the next event says it better, or every header does."""


def change(incident: Incident, event: e.Event, me: str = "") -> str:
    """Return what an event changed, in one line; empty where it need not be said, or is told to others."""
    body = event.body
    if isinstance(body, e.InjectGiven | e.FacilitatorSaid) and not is_for(incident, me, body.to):
        return ""
    if isinstance(body, e.HealthChanged):
        return _health(incident, body)
    if isinstance(body, e.RunnerStarted) and body.took_over:
        return f"A new runner took over from {body.took_over}."
    if isinstance(body, _UNSAID):
        return ""
    from journal.report.words import sentence

    where = f"{named(incident, body.step)}: " if body.step else ""
    who = "" if event.actor.startswith("runner@") else f"{event.actor}: "
    return f"{who}{where}{sentence(incident, body)}"


def _health(incident: Incident, body: e.HealthChanged) -> str:
    detail = f" ({' '.join(body.detail.split())})" if body.detail else ""
    return f"{incident.roster.title(body.system)}: {body.was or 'not measured'} → {body.status}{detail}"


class _Said(NamedTuple):
    at: datetime
    fraction: float


class ProgressNews:
    """Says how far runs are: after a tenth more, at most every 5 seconds; at the latest after a minute."""

    def __init__(self) -> None:
        self._said: dict[int, _Said] = {}

    def lines(self, incident: Incident, readings: dict[str, Reading], now: datetime) -> Iterable[str]:
        """Yield a line for each run of which there is something new to say."""
        for run in incident.unfinished():
            reading = readings.get(f"progress:{run.id}")
            if reading and self._due(run, reading, now):
                yield f"{run.action}: {how_far(reading)}"

    def _due(self, run: Run, reading: Reading, now: datetime) -> bool:
        reached = Progress.of(reading).fraction or 0.0
        said = self._said.get(run.id)
        if said is not None:
            since = now - said.at
            more = reached - said.fraction >= _STEP and since >= _NOT_BEFORE
            if not more and since < _AT_THE_LATEST:
                return False
        self._said[run.id] = _Said(now, reached)
        return True
