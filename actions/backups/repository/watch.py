"""What the newest backups in a bucket are, for health probes: they come every few seconds, and a bucket may hang.

A look runs beside the probe, once a minute at most and at most a thirtieth of the time. What was seen holds until it is
seen anew; where nobody can look, that is said with it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec

from actions.backups.repository.in_bucket import show_argv, shown_by
from actions.backups.repository.place import Stored, bucket_listing
from actions.backups.repository.settings import RepositorySettings
from actions.transport import Transport
from journal.errors import CleoError

T = TypeVar("T")

EVERY_S = 60.0
_SHARE = 30
_LOOK_S = 45.0
"""Seconds after which a look is given up; the program itself tells a bucket that hangs before that."""
_ENTRIES = 5
"""Of how many of the newest backups the entry is read: some may be damaged."""


class Known(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What was seen last.

    Attributes:
        value: what it was; None: nothing was seen yet.
        seen_at: when it was seen, in UTC; None: never.
        trouble: why nobody can look now; empty: somebody can.
    """

    value: T | None = None
    seen_at: datetime | None = None
    trouble: str = ""

    def words(self) -> str:
        """Return what keeps us from looking, and since when; empty: nothing does."""
        since = f" (last seen {self.seen_at:%H:%M:%S} UTC)" if self.trouble and self.seen_at else ""
        return f"{self.trouble.rstrip('.')}{since}" if self.trouble else ""


class _Watch(Generic[T]):
    """The looks at one thing."""

    def __init__(self) -> None:
        self.known: Known[T] = Known(trouble="the bucket has not answered yet")
        self._due, self._ended = 0.0, threading.Event()
        self._ended.set()
        self._lock = threading.Lock()

    def ask(self, look: Callable[[], T], left_s: float) -> Known[T]:
        """Return what is known; where nothing is yet, after a look, if that ends within ``left_s`` seconds."""
        with self._lock:
            if self._ended.is_set() and time.monotonic() >= self._due:
                self._ended.clear()
                threading.Thread(target=self._look, args=(look,), name="bucket", daemon=True).start()
        if self.known.seen_at is None:
            self._ended.wait(max(0.0, left_s))
        return self.known

    def _look(self, look: Callable[[], T]) -> None:
        began = time.monotonic()
        try:
            self.known = Known(value=look(), seen_at=datetime.now(UTC))
        except CleoError as error:
            self.known = msgspec.structs.replace(self.known, trouble=" ".join(f"{error.message} {error.hint}".split()))
        except Exception as error:  # noqa: BLE001  # a broken place may answer anything; the next look may go better
            self.known = msgspec.structs.replace(self.known, trouble=f"{type(error).__name__}: {error}")
        finally:
            self._due = began + max(EVERY_S, (time.monotonic() - began) * _SHARE)
            self._ended.set()


_watches: dict[Hashable, _Watch[Any]] = {}


def watched(key: Hashable, look: Callable[[], T], left_s: float) -> Known[T]:
    """Return what a look sees, as it was seen last; the look runs beside, and seldom.

    Args:
        key: what is looked at.
        look: looks; what it raises is the trouble that is told.
        left_s: seconds that are left for it, where nothing was seen yet.
    """
    found: Known[T] = _watches.setdefault(key, _Watch()).ask(look, left_s)
    return found


def known_backups(system: str, settings: RepositorySettings, host: Transport, left_s: float) -> Known[Sequence[Stored]]:
    """Return the newest backups of a system in a bucket, the oldest first, as they were seen last.

    Args:
        system: its name in the inventory.
        settings: where its backups lie.
        host: the way to its host, which reaches the bucket.
        left_s: seconds that are left for it.
    """
    return watched((system, settings.where), lambda: _seen(system, settings, host), left_s)


def _seen(system: str, settings: RepositorySettings, host: Transport) -> Sequence[Stored]:
    python = settings.python or (sys.executable if host.name == "local" else "python3")
    argv = show_argv(python, settings.where, system, _ENTRIES)
    done = host.query(argv, timeout_s=_LOOK_S, user=settings.run_as)
    folder = f"{settings.where.place}/{system}"
    return bucket_listing(shown_by(done, folder, host.name), folder).stored
