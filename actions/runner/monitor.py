"""Runs the health probes periodically, each in a thread with a deadline, so that a hung system delays no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from actions.health import Health
from actions.overview.measurements import measure
from actions.redaction import Redactor
from actions.runner.durable_write import write_or_raise
from actions.runner.readings import ReadingsPool
from journal.events.measured import Measured
from journal.events.types import HealthChanged
from journal.incident.spared import ANSWERS
from journal.store.journal import Journal, JournalError
from journal.store.rows import Reading

if TYPE_CHECKING:
    from actions.runner.world import Probe

EVERY_S = 3.0
"""Seconds between two looks at a system, where there are few."""
MOST_A_SECOND = 10
"""Looks a second at all systems together: where there are many, each is looked at less often."""
DEADLINE_S = 5.0


class Monitor:
    """Measures every system over and over; the latest readings are for display, changes are events.

    A change that the disk refuses is measured anew; one that it has not answered for is waited for.

    Args:
        probes: by the system's name.
        journal: where readings and changes are written.
        on_fault: told what went wrong with a write, and an empty text once it goes again.
        known: each system's status as the journal has it.
    """

    def __init__(
        self,
        probes: Mapping[str, Probe],
        journal: Journal,
        on_fault: Callable[[str], None],
        known: Mapping[str, str],
    ) -> None:
        self._journal = journal
        self._on_fault = on_fault
        self._stop = threading.Event()
        self._redactor = Redactor()
        self._every_s = max(EVERY_S, len(probes) / MOST_A_SECOND)
        self._pool = ReadingsPool(journal, on_fault)
        seen = last_seen(journal)
        self._threads = [
            threading.Thread(
                target=self._watch,
                args=(name, probe, known.get(name, "not measured"), seen.get(name)),
                name=f"probe-{name}",
                daemon=True,
            )
            for name, probe in probes.items()
        ]

    def start(self) -> None:
        """Begin to measure."""
        self._pool.start()
        for thread in self._threads:
            thread.start()

    @property
    def readings(self) -> ReadingsPool:
        """What it writes its readings with; others may write theirs with it."""
        return self._pool

    def stop(self) -> None:
        """Stop measuring; a probe that hangs is left behind."""
        self._stop.set()
        self._pool.stop()
        for thread in self._threads:
            thread.join(0.5 / len(self._threads))

    def _watch(self, system: str, probe: Probe, status: str, last: Measured | None) -> None:
        reading: dict[str, Any] = {"last": last.facts()} if last else {}
        while not self._stop.is_set():
            health = measure(probe, DEADLINE_S, self._redactor)
            if self._stop.is_set():
                return
            reading = health_reading(health, self._journal.now(), reading)
            self._pool.put(f"health:{system}", reading)
            try:
                if health.status != status:
                    self._changed(system, health, status, reading.get("last"))
                status = health.status
            except JournalError as error:
                self._on_fault(str(error))
            self._stop.wait(self._every_s)

    def _changed(self, system: str, health: Health, was: str, last: Mapping[str, Any] | None) -> None:
        change = HealthChanged(
            system=system,
            status=health.status,
            was=was,
            detail=health.detail,
            last=Measured.of(last) if last is not None and health.status not in ANSWERS else None,
            may_commit=health.facts.get("reason") == "timeout" or "pid" in health.facts,
        )
        write_or_raise(lambda: self._journal.append(change), self._on_fault, self._stop.is_set)


def last_seen(journal: Journal) -> dict[str, Measured]:
    """Return what earlier looks at the systems saw last: one may have gone down while no runner was there."""
    begin, readings = "health:", readings_of(journal)
    health = {name.removeprefix(begin): found for name, found in readings.items() if name.startswith(begin)}
    return {name: Measured.of(found.payload.get("last") or {}) for name, found in health.items()}


def readings_of(journal: Journal) -> dict[str, Reading]:
    """Return the latest readings that the journal has; none where it cannot be read now."""
    try:
        return journal.readings()
    except JournalError:
        return {}  # whoever writes next meets the same fault, and says so


def health_reading(health: Health, now: datetime, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return a look at a system as it is kept as a reading: with what was measured when it last answered, and when.

    Args:
        health: what was just seen.
        now: the time.
        before: the reading of the look before; empty: there was none.
    """
    if health.status in ANSWERS:
        before = {"seen_at": now.isoformat(), "last": Measured.of(health.facts).facts()}
    kept = {"last": before["last"]} if "last" in before else {}
    seen_at = before.get("seen_at")
    return {"status": health.status, "detail": health.detail, "facts": health.facts, "seen_at": seen_at} | kept
