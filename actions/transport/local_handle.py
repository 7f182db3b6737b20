"""One program on this machine."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

from actions.transport.base import Handle, ProgramStatus, Stream
from actions.transport.spool import Spool


class LocalHandle(Handle):
    """A program on this machine."""

    name = "this machine"

    def __init__(self, spool: Path, argv: Sequence[str], *, reattached: bool) -> None:
        self._spool, self.argv, self.reattached = Spool(spool), argv, reattached
        self.log = spool / "shim.log"

    @property
    def pid(self) -> int | None:
        """The program's process id, once it started."""
        process = self._spool.process()
        return process.pid if process else None

    def status(self) -> ProgramStatus:
        """See ``Handle``."""
        return self._spool.status()

    def read(self) -> list[tuple[Stream, bytes]]:
        """See ``Handle``."""
        return self._spool.read()

    def poll(self) -> tuple[ProgramStatus, list[tuple[Stream, bytes]]]:
        """See ``Handle``."""
        return self.status(), self.read()

    def terminate(self, sig: int = signal.SIGTERM) -> bool:
        """See ``Handle``."""
        process = self._spool.process()
        return process.signal(sig) if process else False

    def give_up(self) -> bool:
        """See ``Handle``."""
        return self._spool.give_up()
