"""A dumb terminal: a real pty, and nothing that would understand an escape sequence."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Self

from tests.waiting import readable

DEADLINE_S = 60.0


class DumbTerminal:
    """One program on a pty with TERM=dumb. Use it as a context manager.

    Args:
        argv: the program.
        env: its environment, in addition to ours.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self.program = subprocess.Popen(
            argv,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, **env, "TERM": "dumb"},
            start_new_session=True,
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # makes it the controlling terminal
        )
        os.close(theirs)
        self._raw = bytearray()
        self._read = 0

    @property
    def printed(self) -> str:
        """Everything that was printed so far."""
        return self._raw.decode().replace("\r\n", "\n")

    def until(self, wanted: str, deadline_s: float = DEADLINE_S) -> None:
        """Wait until ``wanted`` was printed after what was waited for before."""
        end = time.monotonic() + deadline_s
        while (at := self.printed.find(wanted, self._read)) < 0:
            left = end - time.monotonic()
            assert left > 0, f"not printed in {deadline_s} s: {wanted}\n{self.printed[self._read :]}"
            self._take(left)
        self._read = at + len(wanted)

    def sometime(self, wanted: str, deadline_s: float = DEADLINE_S) -> None:
        """Wait until ``wanted`` was printed, also before what was waited for last."""
        end = time.monotonic() + deadline_s
        while wanted not in self.printed:
            left = end - time.monotonic()
            assert left > 0, f"not printed in {deadline_s} s: {wanted}\n{self.printed}"
            self._take(left)

    def _take(self, seconds: float) -> None:
        if readable(self._ours, seconds):
            self._raw += os.read(self._ours, 65536)

    def answer(self, wanted: str, text: str) -> None:
        """Wait for a question, and type the answer to it."""
        self.until(wanted)
        os.write(self._ours, f"{text}\n".encode())

    def ctrl_c(self) -> None:
        """Press Ctrl+C, as the terminal turns it into a signal."""
        os.write(self._ours, b"\x03")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._ours)
        if self.program.poll() is None:
            self.program.send_signal(signal.SIGKILL)
        self.program.wait()
