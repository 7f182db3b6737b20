"""Handle of a program on another host."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from typing import ClassVar

from actions.transport.errors import NothingStarted, TransportLost
from actions.transport.handle import Handle
from actions.transport.link import STILL_THERE, Answer, Link, ask
from actions.transport.program import ProgramStatus, State, Stream

_CHUNK = 1024 * 1024
_RETRY_S = 0.5


class RemoteHandle(Handle):
    """A program on another host. When the link breaks it tries to reconnect for the link's ``relink_s`` seconds."""

    pause_s: ClassVar[tuple[float, float]] = (0.1, 1.0)

    def __init__(self, link: Link, spool: str, argv: Sequence[str], *, reattached: bool = False) -> None:
        self._link, self._spool = link, spool
        self.name, self.argv, self.reattached = link.name, argv, reattached
        self._read: dict[Stream, int] = {"out": 0, "err": 0}
        self._pid: int | None = None
        self._connections = link.connections

    @property
    def connection_fault(self) -> str:
        """See ``Handle``."""
        return self._link.connection_fault

    @property
    def pid(self) -> int | None:
        """The program's process id, once it started."""
        if self._pid is None:
            self.status()
        return self._pid

    def status(self) -> ProgramStatus:
        """See ``Handle``."""
        return self._look(0)[0]

    def read(self) -> list[tuple[Stream, bytes]]:
        """See ``Handle``."""
        return self.poll()[1]

    def poll(self) -> tuple[ProgramStatus, list[tuple[Stream, bytes]]]:
        """See ``Handle``."""
        status, chunks = self._look(_CHUNK)
        for stream, data in chunks:
            self._read[stream] += len(data)
        return status, chunks

    def terminate(self, sig: int = signal.SIGTERM) -> bool:
        """See ``Handle``."""
        return self._ask("signal", self._spool, str(int(sig))).out == b"yes\n"

    def give_up(self) -> bool:
        """See ``Handle``."""
        return self._ask("give_up", self._spool).out == b"yes\n"

    def _look(self, limit: int) -> tuple[ProgramStatus, list[tuple[Stream, bytes]]]:
        offsets = (str(self._read["out"]), str(self._read["err"]))
        now, started, finished, sizes, printed = self._ask("look", self._spool, *offsets, str(limit)).out.split(
            b"\n", 4
        )
        status = program_status(_facts(now), _facts(started), _facts(finished))
        self._pid = status.pid or self._pid
        length = int(_facts(sizes)["out"])
        chunks: list[tuple[Stream, bytes]] = [("out", printed[:length]), ("err", printed[length:])]
        return status, [(stream, data) for stream, data in chunks if data]

    def _ask(self, name: str, *args: str) -> Answer:
        """Run one of our scripts, over a new link where the old one breaks."""
        since: float | None = None
        while True:
            try:
                answer = ask(self._link, name, args)
            except (TransportLost, NothingStarted) as error:  # no script was started; the program may well run
                now = time.monotonic()
                since = since or now
                if now - since >= self._link.relink_s:
                    hint = "" if error.hint == STILL_THERE else error.hint
                    raise TransportLost(error.message, f"{STILL_THERE} {hint}".strip()) from error
                time.sleep(_RETRY_S)
            else:
                self._note_new_link()
                return answer

    def _note_new_link(self) -> None:
        if self._connections == 0:
            self._connections = self._link.connections
        self.reattached |= self._connections != self._link.connections


def program_status(now: dict[str, str], started: dict[str, str], finished: dict[str, str]) -> ProgramStatus:
    """Return where a program stands.

    Args:
        now: the host's boot, the start times of whoever has the program's and the shim's process ids now, and the
            state of the former (proc(5)).
        started: the shim's first record, empty where there is none.
        finished: its last.
    """
    if not started:
        return ProgramStatus(state=State.NOT_STARTED)
    if "pid" not in started:
        return ProgramStatus(state=State.GIVEN_UP)
    pid = int(started["pid"])
    if finished:
        took = float(finished["up"]) - float(started["up"])
        return ProgramStatus(state=State.FINISHED, code=int(finished["code"]), pid=pid, duration_s=took)
    same_boot = now["boot"] == started["boot"]
    shim_lives = same_boot and now["shim_start"] == started["shim_start"]
    alive = same_boot and now["start"] == started["start"]
    stopped = alive and now.get("state") in ("T", "t")
    return ProgramStatus(state=State.RUNNING if shim_lives else State.UNKNOWN, pid=pid, alive=alive, stopped=stopped)


def _facts(line: bytes) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in line.decode().split())
