"""The latest result of everything that is looked at over and over, with when that was: what a scrape reads."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from journal.wording.sanitize import sanitize

What = Literal["health", "backups", "second-place", "incidents", "inventory", "readiness", "tests"]
"""What is looked at."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What the looks at one thing found.

    Attributes:
        at: when what was found was seen; None: nothing was so far.
        found: what that is.
        measured_at: when a look succeeded last; None: none did so far.
        failed: whether the very last one did not succeed.
    """

    at: datetime | None = None
    found: Any = None
    measured_at: datetime | None = None
    failed: bool = False

    def fresh(self, now: datetime, within_s: float) -> bool:
        """Return whether what was found is not older than ``within_s`` seconds; what is older is not measured."""
        return self.at is not None and now - self.at <= timedelta(seconds=within_s)


Looks = Mapping[tuple[What, str], Look]
"""By what was looked at, and the system; an empty name where it is about none."""


def say(words: str) -> None:
    """Print a line for the service's log; one that takes nothing hinders no look."""
    with suppress(OSError, ValueError):
        print(sanitize(words), file=sys.stderr, flush=True)


class Latest:
    """Keeps the latest look at each thing. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looks: dict[tuple[What, str], Look] = {}
        self._said: dict[tuple[What, str], str] = {}

    def put(self, what: What, system: str, found: Any, at: datetime, *, failed: bool = False) -> None:
        """Keep what a look found; ``failed``: that is, that it could not be measured."""
        with self._lock:
            before = self._looks.get((what, system), Look())
            measured_at = before.measured_at if failed else at
            self._looks[what, system] = Look(at=at, found=found, measured_at=measured_at, failed=failed)
            if not failed:
                self._said.pop((what, system), None)

    def failed(self, what: What, system: str, why: str = "") -> None:
        """Keep that a look did not succeed; what the one before found stays until it is too old.

        Args:
            what: what was looked at.
            system: at which system; empty: it is about none.
            why: the reason, which is printed for the service's log where it is another one than before.
        """
        with self._lock:
            before = self._looks.get((what, system), Look())
            self._looks[what, system] = msgspec.structs.replace(before, failed=True)
            said, self._said[what, system] = self._said.get((what, system), ""), why
        if why and why != said:
            say(f"cleo: not measured: {what}{system and f' of {system}'}: {why}")

    def forget_systems(self) -> None:
        """Forget what was seen of systems: the inventory says now that they are others."""
        with self._lock:
            self._looks = {key: look for key, look in self._looks.items() if not key[1]}

    def looks(self) -> Looks:
        """Return every look as it is now."""
        with self._lock:
            return dict(self._looks)
