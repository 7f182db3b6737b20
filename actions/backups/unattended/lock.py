"""One unattended backup of a system at a time: an flock, which the kernel frees when its holder dies.

The file says who holds it, since when, and which programs it started: those outlive a holder that is killed.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from actions.transport import ProgramLost, TransportLost
from journal.errors import CleoError
from journal.events.types import Finding
from journal.structs import from_json
from journal.wording.durations import rough_duration

NAME = "lock"
LONG = timedelta(hours=6)
"""How long a run may take before it is said."""
_LOOKS, _LOOK_S = 10, 0.02


class StartedProgram(msgspec.Struct, frozen=True, kw_only=True):
    """A program that was started under the shim: its host in the inventory, its spool there, and what it is."""

    host: str
    spool: str
    program: str


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a lock, or held it last.

    Attributes:
        pid: its process id; the kernel, not this number, says whether it lives.
        since: when it got the lock, in UTC.
        what: what it does.
        programs: what it started, and has not seen the end of.
    """

    pid: int
    since: datetime
    what: str
    programs: list[StartedProgram] = []

    def words(self, now: datetime) -> str:
        """Return who it is, for people."""
        age = rough_duration(max(0.0, (now - self.since).total_seconds()))
        return f"{self.what}, process {self.pid}, since {self.since:%Y-%m-%d %H:%M:%S} UTC ({age})"


class LockHeld(CleoError):
    """Another process holds the lock."""


class RunLock:
    """A lock that we hold.

    Attributes:
        left: who died holding it; None: who held it last gave it back.
    """

    def __init__(self, descriptor: int, left: Holder | None, holder: Holder) -> None:
        self._descriptor, self.left, self._holder, self._taken = descriptor, left, holder, False

    def take(self) -> None:
        """Write down that it is ours. Until then the file says who had it before."""
        _write(self._descriptor, msgspec.json.encode(self._holder))
        self._taken = True

    def give_back(self) -> None:
        """Write down that it is nobody's, where it was ours."""
        if self._taken:
            _write(self._descriptor, b"")

    def note(self, program: StartedProgram) -> None:
        """Write down a program before it is started, so that it can be found should we die."""
        self._holder.programs.append(program)
        self.take()


@contextmanager
def locked(folder: Path, what: str) -> Iterator[RunLock]:
    """Hold the lock in a folder, which is made where it is missing.

    Raises:
        LockHeld: another process has it.
        OSError: the folder or the file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        before = _read(descriptor)
        if not _taken(descriptor):
            who = before.words(datetime.now(UTC)) if before else "by whom is not known yet"
            raise LockHeld(f"Another one is at work: {who}.", "Wait for it, or end it.")
        lock = RunLock(descriptor, _read(descriptor), Holder(pid=os.getpid(), since=datetime.now(UTC), what=what))
        try:
            yield lock
        except (ProgramLost, TransportLost):
            raise  # something that it started may still run: who comes next looks for it
        except BaseException:
            lock.give_back()
            raise
        lock.give_back()
    finally:
        os.close(descriptor)


def holder_of(folder: Path) -> tuple[Holder, bool] | None:
    """Return who holds the lock in a folder, or died holding it, and whether it is alive; None: nobody.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        found = _read(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return (found, True) if found else None
        return (found, False) if found else None
    finally:
        os.close(descriptor)


def lock_findings(folder: Path, now: datetime) -> list[Finding]:
    """Return what the lock in a folder tells a person: one that is held for long, and one whose holder died.

    Args:
        folder: the folder.
        now: the time.
    """
    found = holder_of(folder)
    if found is None:
        return []
    holder, alive = found
    if not alive:
        cure = "Nothing to do: it holds nothing. The next run looks whether a program of it still runs."
        return [Finding(severity="note", about="", text=f"the last run died: {holder.words(now)}", cure=cure)]
    if now - holder.since < LONG:
        return []
    cure = "Look what it waits for (last.log beside the lock); end it if it waits for nothing."
    return [
        Finding(severity="warning", about="", text=f"a run holds the lock for long: {holder.words(now)}", cure=cure)
    ]


def _taken(descriptor: int) -> bool:
    """Take the lock; who only looks at it (`holder_of`) has it for a moment, and is no holder."""
    for _ in range(_LOOKS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOOK_S)
        else:
            return True
    return False


def _read(descriptor: int) -> Holder | None:
    try:
        return from_json(os.pread(descriptor, 1 << 20, 0), Holder)
    except msgspec.DecodeError:
        return None


def _write(descriptor: int, data: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, data, 0)
    os.fsync(descriptor)
