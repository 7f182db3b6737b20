"""Health probes, each in a thread with its own deadline: a hung system costs a thread time, never the screen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from actions.health import Health
from actions.redaction import Redactor
from actions.runner.durable_write import write_or_raise
from journal.errors import CleoError
from journal.events.types import HealthChanged
from journal.incident.measured import Measured
from journal.store.journal import Journal, JournalError

if TYPE_CHECKING:
    from actions.runner.world import Probe

EVERY_S = 3.0
DEADLINE_S = 5.0


class Monitor:
    """Measures every system over and over; the latest readings are for display, changes are events.

    A change that the disk refuses is measured anew; one that it has not answered for is waited for.

    Args:
        probes: by the system's name.
        journal: where readings and changes are written.
        trouble: told what went wrong with a write, and an empty text once it goes again.
        known: each system's status as the journal has it.
    """

    def __init__(
        self,
        probes: Mapping[str, Probe],
        journal: Journal,
        trouble: Callable[[str], None],
        known: Mapping[str, str],
    ) -> None:
        self._journal = journal
        self._trouble = trouble
        self._stop = threading.Event()
        self._redactor = Redactor()
        self._threads = [
            threading.Thread(
                target=self._watch,
                args=(name, probe, known.get(name, "not measured"), last_seen(journal, name)),
                name=f"probe-{name}",
                daemon=True,
            )
            for name, probe in probes.items()
        ]

    def start(self) -> None:
        """Begin to measure."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop measuring; a probe that hangs is left behind."""
        self._stop.set()
        for thread in self._threads:
            thread.join(0.5)

    def _watch(self, system: str, probe: Probe, status: str, last: Measured | None) -> None:
        seen_at, refused = None, False
        while not self._stop.is_set():
            health = _measure(probe)
            if self._stop.is_set():
                return
            if health.status in ("up", "degraded"):
                seen_at, last = datetime.now(UTC).isoformat(), Measured.of(health.facts)
            try:
                self._record(system, health, status, seen_at, last)
                status = health.status
            except JournalError as error:
                self._trouble(str(error))
                refused = True
            else:
                if refused:  # a measure that goes again is all that tells so where nothing changes
                    self._trouble("")
                refused = False
            self._stop.wait(EVERY_S)

    def _record(self, system: str, health: Health, was: str, seen_at: str | None, last: Measured | None) -> None:
        detail, facts = self._redactor.text(health.detail), self._redactor.value(health.facts)
        payload = {"status": health.status, "detail": detail, "facts": facts, "seen_at": seen_at}
        if last:
            payload["last"] = last.facts()
        self._journal.set_reading(f"health:{system}", payload)
        if health.status != was:
            gone = last if health.status not in ("up", "degraded") else None
            change = HealthChanged(
                system=system,
                status=health.status,
                was=was,
                detail=detail,
                last=gone,
                may_commit=health.facts.get("reason") == "timeout" or "pid" in health.facts,
            )
            write_or_raise(lambda: self._journal.append(change), self._trouble, self._stop.is_set)


def last_seen(journal: Journal, system: str) -> Measured | None:
    """Return what an earlier look at a system saw last: it may have gone down while no runner was there."""
    try:
        reading = journal.readings().get(f"health:{system}")
    except JournalError:
        return None  # whoever writes next meets the same fault, and says so
    return Measured.of(reading.payload.get("last") or {}) if reading else None


def _measure(probe: Probe) -> Health:
    try:
        return probe(DEADLINE_S)
    except CleoError as error:
        return Health(status="not measured", detail=error.message)
    except Exception as error:  # noqa: BLE001  # a broken system may answer anything; that is a reading, not a crash
        return Health(status="not measured", detail=f"{type(error).__name__}: {error}")
