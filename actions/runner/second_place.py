"""Looks at what of each system is in the second place, once a minute at most: what would be left of a lost site."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from actions.backups.engines import backed_up
from actions.backups.offsite.findings import covered_until
from actions.backups.unattended.standing import Standing
from actions.inventory import Inventory
from actions.outcome import said
from actions.redaction import Redactor
from journal.errors import CleoError
from journal.incident.exposure import OFFSITE, SecondPlace
from journal.store.rows import Reading

EVERY_S = 60.0
"""Seconds between two looks at one system's copies."""
_SHARE = 30
"""A look that takes long is made so much more seldom: at most this part of the time."""


class SecondPlaceWatch:
    """Looks at the copies of one system after the other, in a thread of its own; without a second place, never.

    Args:
        inventory: the environment.
        put: takes a reading by its name.
        now: the time of the journal.
        known: the readings of before: what was seen then holds until somebody can look again.
    """

    def __init__(
        self,
        inventory: Inventory,
        put: Callable[[str, dict[str, Any]], None],
        now: Callable[[], datetime],
        known: Mapping[str, Reading],
    ) -> None:
        self._put, self._now = put, now
        self._redactor = Redactor()
        self._stop = threading.Event()
        self._standings: dict[str, Standing] = {}
        self._seen: dict[str, SecondPlace] = {}
        offsite = inventory.offsite
        for system in backed_up(inventory) if offsite else ():
            before = SecondPlace.of(known.get(f"{OFFSITE}{system}"))
            same = before if before and offsite and before.site == offsite.site else None
            self._seen[system] = same or SecondPlace(site=offsite.site if offsite else "")
            self._standings[system] = Standing(inventory, system)
        self._thread = threading.Thread(target=self._watch, name="second-place", daemon=True)

    def start(self) -> None:
        """Begin to look, where there is anything to look at."""
        if self._standings:
            self._thread.start()

    def stop(self) -> None:
        """Look no more; a look that hangs is left behind."""
        self._stop.set()

    def _watch(self) -> None:
        due = dict.fromkeys(self._standings, 0.0)
        while not self._stop.is_set():
            system = min(due, key=lambda name: due[name])
            if self._stop.wait(max(0.0, due[system] - time.monotonic())):
                return
            began = time.monotonic()
            self._look(system)
            took = time.monotonic() - began
            due[system] = began + max(EVERY_S, took * _SHARE)

    def _look(self, system: str) -> None:
        before = self._seen[system]
        try:
            seen = self._standings[system].look()
        except Exception as error:  # noqa: BLE001  # a broken place may answer anything; that takes no other one down
            words = error.message if isinstance(error, CleoError) else said(error)
            found = msgspec.structs.replace(before, trouble=self._redactor.text(words))
        else:
            if seen is None:
                return  # its repository is no folder that is copied
            found = SecondPlace(site=before.site, covered_until=covered_until(seen), looked_at=self._now())
        if self._stop.is_set():
            return
        self._seen[system] = found
        self._put(f"{OFFSITE}{system}", found.facts())
