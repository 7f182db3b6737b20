"""Notices that a script which the plan pins is another one than the plan was tested with, while nothing runs it yet."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from journal.events.types import ScriptsRead
from journal.plan.model import Plan
from journal.plan.pinned import Drift, Pin, drifted, pins

EVERY_S = 1.0


class ScriptWatch:
    """Looks at the pinned scripts of this machine, not more often than every second; those of hosts, their gate asks.

    Args:
        plan: the incident's plan.
        plan_folder: where it lay as the incident was declared.
    """

    def __init__(self, plan: Plan, plan_folder: Path) -> None:
        self._pins = {step.id: [pin for pin in pins(step, plan_folder) if not pin.host] for step in plan.steps()}
        self._known: dict[Pin, tuple[tuple[int, ...], Drift | None]] = {}
        self._looked_at = float("-inf")

    def look(self, known: Mapping[str, list[str]]) -> ScriptsRead | None:
        """Return what to journal where it is not what is ``known``: a line for each changed script, by step."""
        now = time.monotonic()
        if now - self._looked_at < EVERY_S:
            return None
        self._looked_at = now
        found = {step: [one.words for pin in own if (one := self._drift(pin))] for step, own in self._pins.items()}
        drifted_now = {step: words for step, words in found.items() if words}
        return ScriptsRead(drifted=drifted_now) if drifted_now != known else None

    def _drift(self, pin: Pin) -> Drift | None:
        """Return how a script drifted; it is read only where the file was changed since it was looked at."""
        stamp = _stamp(Path(pin.script))
        before = self._known.get(pin)
        if before is None or not stamp or before[0] != stamp:
            self._known[pin] = (stamp, drifted(pin))
        return self._known[pin][1]


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size
