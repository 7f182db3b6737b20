"""Handle of a program on this machine."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from actions.transport.handle import Handle
from actions.transport.program import ProgramStatus, State, Stream
from actions.transport.spool import Spool

_LOOK_EVERY_S = 0.5


class LocalHandle(Handle):
    """A program on this machine."""

    name = "this machine"

    def __init__(self, spool: Path, argv: Sequence[str], *, reattached: bool) -> None:
        self._spool, self.argv, self.reattached = Spool(spool), argv, reattached
        self._pid: int | None = None
        self.log = spool / "shim.log"
        self._running: ProgramStatus | None = None
        self._looked_at = 0.0

    @property
    def pid(self) -> int | None:
        """The program's process id, once it started."""
        if self._pid is None:
            process = self._spool.process()
            self._pid = process.pid if process else None
        return self._pid

    def status(self) -> ProgramStatus:
        """See ``Handle``."""
        return self._spool.status()

    def read(self) -> list[tuple[Stream, bytes]]:
        """See ``Handle``."""
        return self._spool.read()

    def poll(self) -> tuple[ProgramStatus, list[tuple[Stream, bytes]]]:
        """See ``Handle``. While output flows, the shim is checked twice a second: that costs ten times a read."""
        printed, now = self.read(), time.monotonic()
        if printed and self._running and now - self._looked_at < _LOOK_EVERY_S:
            return self._running, printed
        status, self._looked_at = self.status(), now
        self._running = status if status.state is State.RUNNING else None
        return status, printed + self.read()

    def pause(self, seconds: float) -> bool:
        """See ``Handle``. Where the id is another process's by now, this is an ordinary pause, and nothing worse."""
        try:
            process = os.pidfd_open(self.pid or 0)
        except ProcessLookupError:
            return True
        except (OSError, AttributeError):  # it never started, or kernel or Python know of no pidfd (trio issue 2855)
            time.sleep(seconds)
            return False
        try:
            ends = select.poll()
            ends.register(process, select.POLLIN)
            return bool(ends.poll(seconds * 1000))
        finally:
            os.close(process)

    def terminate(self, sig: int = signal.SIGTERM) -> bool:
        """See ``Handle``."""
        process = self._spool.process()
        return process.signal(sig) if process else False

    def give_up(self) -> bool:
        """See ``Handle``."""
        return self._spool.give_up()
