"""Looks at what of each system is in the second place, once a minute at most: what would be left of a lost site."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from actions.outcome import said
from actions.redaction import Redactor
from journal.errors import CleoError
from journal.incident.exposure import OFFSITE, SecondPlace
from journal.store.rows import Reading

if TYPE_CHECKING:
    from actions.runner.world import Copies

EVERY_S = 60.0
"""Seconds between two looks at one system's copies."""
_SHARE = 30
"""Looks that take long, or are many, are made so much more seldom: together at most this part of the time."""


class SecondPlaceWatch:
    """Looks at the copies of one system after the other, in a thread of its own; without a second place, never.

    Args:
        copies: looks at those of one system, by its name.
        put: takes a reading by its name.
        known: the readings of before: what was seen then holds until somebody can look again.
    """

    def __init__(
        self,
        copies: Mapping[str, Copies],
        put: Callable[[str, dict[str, Any]], None],
        known: Mapping[str, Reading],
    ) -> None:
        self._put, self._copies = put, copies
        self._redactor = Redactor()
        self._stop = threading.Event()
        self._seen: dict[str, SecondPlace] = {}
        for system, copied in copies.items():
            before = SecondPlace.of(known.get(f"{OFFSITE}{system}"))
            same = before if before and before.site == copied.site else None
            self._seen[system] = same or SecondPlace(site=copied.site)
        self._thread = threading.Thread(target=self._watch, name="second-place", daemon=True)

    def start(self) -> None:
        """Begin to look, where there is anything to look at."""
        if self._copies:
            self._thread.start()

    def stop(self) -> None:
        """Look no more; a look that hangs is left behind."""
        self._stop.set()

    def _watch(self) -> None:
        due = dict.fromkeys(self._copies, 0.0)
        while not self._stop.is_set():
            system = min(due, key=lambda name: due[name])
            if self._stop.wait(max(0.0, due[system] - time.monotonic())):
                return
            began = time.monotonic()
            self._look(system)
            took = time.monotonic() - began
            due[system] = began + max(EVERY_S, took * _SHARE * len(due))

    def _look(self, system: str) -> None:
        before = self._seen[system]
        try:
            found = self._copies[system].look()
        except Exception as error:  # noqa: BLE001  # a broken place may answer anything; that takes no other one down
            words = error.message if isinstance(error, CleoError) else said(error)
            found = msgspec.structs.replace(before, trouble=self._redactor.text(words))
        if found is None or self._stop.is_set():
            return
        self._seen[system] = found
        self._put(f"{OFFSITE}{system}", found.facts())
