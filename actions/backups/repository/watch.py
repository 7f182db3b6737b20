"""What the newest backups in a bucket are, for health probes: they come every few seconds, and a bucket may hang.

A look runs beside the probe, once a minute at most and at most a thirtieth of the time. What was seen holds until it is
seen anew; where nobody can look, that is said with it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from actions.backups.repository.in_bucket import show_argv, shown_by
from actions.backups.repository.place import Stored, bucket_listing
from actions.backups.repository.settings import RepositorySettings
from actions.backups.storage.storage import Where
from actions.transport import Transport
from journal.errors import CleoError

EVERY_S = 60.0
_SHARE = 30
_LOOK_S = 45.0
"""Seconds after which a look is given up; the program itself tells a bucket that hangs before that."""
_ENTRIES = 5
"""Of how many of the newest backups the entry is read: some may be damaged."""


class KnownBackups(msgspec.Struct, frozen=True, kw_only=True):
    """The newest backups that were seen.

    Attributes:
        stored: the backups, the oldest first.
        seen_at: when they were seen, in UTC; None: nobody has seen any yet.
        trouble: why nobody can look now; empty: somebody can.
    """

    stored: Sequence[Stored] = ()
    seen_at: datetime | None = None
    trouble: str = ""

    def words(self) -> str:
        """Return what keeps us from looking, and since when; empty: nothing does."""
        since = f" (last seen {self.seen_at:%H:%M:%S} UTC)" if self.trouble and self.seen_at else ""
        return f"{self.trouble.rstrip('.')}{since}" if self.trouble else ""


class _Watch:
    """The looks at the backups of one system."""

    def __init__(self) -> None:
        self.known = KnownBackups(trouble="its backups are being looked for")
        self._due, self._ended = 0.0, threading.Event()
        self._ended.set()
        self._lock = threading.Lock()

    def ask(self, system: str, settings: RepositorySettings, host: Transport, left_s: float) -> KnownBackups:
        """Return what is known; where nothing is yet, after a look, if that ends within ``left_s`` seconds."""
        with self._lock:
            if self._ended.is_set() and time.monotonic() >= self._due:
                self._ended.clear()
                threading.Thread(target=self._look, args=(system, settings, host), name="bucket", daemon=True).start()
        if self.known.seen_at is None:
            self._ended.wait(max(0.0, left_s))
        return self.known

    def _look(self, system: str, settings: RepositorySettings, host: Transport) -> None:
        began = time.monotonic()
        try:
            self.known = _seen(system, settings, host)
        except CleoError as error:
            self.known = msgspec.structs.replace(self.known, trouble=" ".join(f"{error.message} {error.hint}".split()))
        except Exception as error:  # noqa: BLE001  # a broken place may answer anything; the next look may go better
            self.known = msgspec.structs.replace(self.known, trouble=f"{type(error).__name__}: {error}")
        finally:
            self._due = began + max(EVERY_S, (time.monotonic() - began) * _SHARE)
            self._ended.set()


_watches: dict[tuple[str, Where], _Watch] = {}


def known_backups(system: str, settings: RepositorySettings, host: Transport, left_s: float) -> KnownBackups:
    """Return the newest backups of a system in a bucket, as they were seen last.

    Args:
        system: its name in the inventory.
        settings: where its backups lie.
        host: the way to its host, which reaches the bucket.
        left_s: seconds that are left for it.
    """
    return _watches.setdefault((system, settings.where), _Watch()).ask(system, settings, host, left_s)


def _seen(system: str, settings: RepositorySettings, host: Transport) -> KnownBackups:
    python = settings.python or (sys.executable if host.name == "local" else "python3")
    argv = show_argv(python, settings.where, system, _ENTRIES)
    done = host.query(argv, timeout_s=_LOOK_S, user=settings.run_as)
    folder = f"{settings.where.place}/{system}"
    listing = bucket_listing(shown_by(done, folder, host.name), folder)
    return KnownBackups(stored=listing.stored, seen_at=datetime.now(UTC))
