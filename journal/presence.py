"""Who has an incident open now: a small file for each console in the incident's folder, with a sign of life.

It is shown and proves nothing, so that it is not in the journal. Who gave no sign for a minute is not named any more.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from journal.store.folders import keep_private, shared
from journal.structs import from_json

_FOLDER = "here"
_LOOK_S, _BEAT_S = 5.0, 15.0
"""Seconds between two looks who else is here, and between two signs of life."""
_GONE_AFTER_S = 60.0
_FAREWELL_S = 0.2
_LEFT_BEHIND_S = 3600.0
"""After which the file of a console that died is removed."""


class Present(msgspec.Struct, frozen=True):
    """One console that has the incident open.

    Attributes:
        actor: who sits there, as ``user@host``.
        place: where: ``console`` or ``line mode``.
        since: since when.
        seen: when a key was last pressed there; until then as `since`.
    """

    actor: str
    place: str
    since: datetime
    seen: datetime | None = None


class Presence:
    """Shows that somebody is here, from `arrive` to `leave`, and looks who else is.

    Args:
        folder: the incident's folder.
        me: who sits here, where and since when.
        seen: returns when they last pressed a key, None where they did not yet; called in a thread.
        changed: called with everybody who is here, this one too, when that has changed; in the same thread.
    """

    def __init__(
        self,
        folder: Path,
        me: Present,
        seen: Callable[[], datetime | None],
        changed: Callable[[Sequence[Present]], object],
    ) -> None:
        self._folder = folder / _FOLDER
        self._file = self._folder / f"{uuid.uuid4().hex}.json"
        self._me = me
        self._seen = seen
        self._changed = changed
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._stay, name="presence", daemon=True)
        self._written: Present | None = None
        self._beat_at = float("-inf")
        self._known: Sequence[Present] = ()

    def arrive(self) -> None:
        """Begin."""
        self._thread.start()

    def leave(self) -> None:
        """End. Waits a moment for the file to be removed; one that stays is old within a minute."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(_FAREWELL_S)

    def _stay(self) -> None:
        self._remove_left_behind()
        while not self._ended.is_set():
            self._beat()
            here = who_is_here(self._folder.parent)
            if here != self._known:
                self._known = here
                self._changed(here)
            self._ended.wait(_LOOK_S)
        with suppress(OSError):
            self._file.unlink(missing_ok=True)

    def _beat(self) -> None:
        """Give a sign of life. Where the disk takes none, others do not see us; nothing else comes of it."""
        now = time.monotonic()
        if now - self._beat_at < _BEAT_S:
            return
        self._beat_at = now
        me = msgspec.structs.replace(self._me, seen=self._seen() or self._me.since)
        with suppress(OSError):
            if me == self._written and self._file.exists():
                os.utime(self._file)
            else:
                self._write(me)

    def _write(self, me: Present) -> None:
        if not self._folder.parent.is_dir():  # somebody removed the incident
            return
        keep_private(self._folder)
        draft = self._file.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(me))
        draft.chmod(0o640 if shared(self._folder) else 0o600)
        draft.replace(self._file)
        self._written = me

    def _remove_left_behind(self) -> None:
        with suppress(OSError):
            for path in self._folder.iterdir():
                if time.time() - path.stat().st_mtime > _LEFT_BEHIND_S:
                    path.unlink(missing_ok=True)


def who_is_here(folder: Path) -> list[Present]:
    """Return who has given a sign of life in an incident's folder within the last minute, who came first first."""
    return sorted(_fresh(folder / _FOLDER), key=lambda one: (one.since, one.actor, one.place))


def _fresh(folder: Path) -> Iterator[Present]:
    with suppress(OSError):
        for path in folder.glob("*.json"):
            with suppress(OSError, msgspec.DecodeError):
                if abs(time.time() - path.stat().st_mtime) < _GONE_AFTER_S:
                    yield from_json(path.read_bytes(), Present)
