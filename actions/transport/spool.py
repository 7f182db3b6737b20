"""Reads the spool directory that a local shim writes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import msgspec

from actions.transport.processes import Process
from actions.transport.program import ProgramStatus, State, Stream
from actions.transport.shim import place_in_memory
from journal.store.filelock import locked_elsewhere
from journal.structs import to_struct

_CHUNK = 4 * 1024 * 1024
_STREAMS: tuple[Stream, ...] = ("out", "err")


class Finished(msgspec.Struct):
    """The shim's last record."""

    code: int
    took_s: float


class Spool:
    """The folder of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[Stream, int] = {"out": 0, "err": 0}
        self._names: dict[Stream, str] = {stream: os.fspath(path / stream) for stream in _STREAMS}

    def process(self) -> Process | None:
        """Return the program's process; None before it started, and where it was given up."""
        started = self._record("started")
        return to_struct(started, Process) if started and "pid" in started else None

    def status(self) -> ProgramStatus:
        """Return where the program stands."""
        ended = self._finished()
        started = self._record("started")
        if started is None:
            return ProgramStatus(state=State.NOT_STARTED)
        if "pid" not in started:
            return ProgramStatus(state=State.GIVEN_UP)
        process = to_struct(started, Process)
        locked = not ended and self._shim_lives()
        ended = ended or self._finished()  # it may have been written just before the lock was let go
        if ended:
            return ProgramStatus(state=State.FINISHED, code=ended.code, pid=process.pid, duration_s=ended.took_s)
        state = State.RUNNING if locked else State.UNKNOWN
        return ProgramStatus(state=state, pid=process.pid, alive=process.alive(), stopped=process.stopped())

    def read(self) -> list[tuple[Stream, bytes]]:
        """Return what was printed since the last call, at most 4 MiB a stream."""
        return [(stream, data) for stream in _STREAMS if (data := self._new(stream))]

    def give_up(self) -> bool:
        """Claim the start. Returns whether the program never runs."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.path / f"given-up.{os.getpid()}.{id(self)}"
        with draft.open("w") as file:
            json.dump({"given_up_by": os.getpid()}, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            (self.path / "started").hardlink_to(draft)
        except FileExistsError:
            return self.status().state is State.GIVEN_UP
        finally:
            draft.unlink()
        self._sync()
        return True

    def _new(self, stream: Stream) -> bytes:
        name, begin = self._names[stream], self._read[stream]
        try:
            fresh = os.stat(name).st_size - begin  # noqa: PTH116  # 50 times a second: a Path costs ten times as much
        except FileNotFoundError:
            return b""
        if fresh <= 0:
            return b""
        file = os.open(name, os.O_RDONLY)
        try:
            data = os.pread(file, min(fresh, _CHUNK), begin)
        finally:
            os.close(file)
        self._read[stream] += len(data)
        return data

    def _record(self, name: str) -> dict[str, Any] | None:
        try:
            facts: dict[str, Any] = json.loads((self.path / name).read_text())
        except FileNotFoundError:
            return None
        return facts

    def _finished(self) -> Finished | None:
        facts = self._record("finished") or self._in_memory()
        return to_struct(facts, Finished) if facts else None

    def _in_memory(self) -> dict[str, Any] | None:
        """Return the end that a shim noted in memory, because the disk of the spool takes nothing; None: there is none.

        Only what our own account or root wrote there is believed: everybody may write into that folder.
        """
        place = place_in_memory(os.fspath(self.path))
        if not os.access(place, os.F_OK):
            return None
        try:
            file = os.open(place, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return None
        with os.fdopen(file, encoding="utf-8") as text:
            if os.fstat(text.fileno()).st_uid not in (0, os.geteuid()):
                return None
            try:
                facts: dict[str, Any] = json.loads(text.read())
            except ValueError:  # it is just being written
                return None
        return facts

    def _shim_lives(self) -> bool:
        """Whether its lock is held."""
        with (self.path / "alive").open("rb") as file:
            return locked_elsewhere(file.fileno())

    def _sync(self) -> None:
        folder = os.open(self.path, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
