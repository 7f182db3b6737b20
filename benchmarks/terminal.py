"""A program on a pseudo-terminal: the bytes that it writes, and when."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import selectors
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

WIDTH, HEIGHT = 120, 40
DEADLINE_S = 30.0
_ESCAPES = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[P_^][^\x1b]*\x1b\\|[@-Z\\-_]|[ -/]+.)"
)


class NotSeen(Exception):
    """What was waited for did not come."""


class Terminal:
    """Runs ``argv`` on a 120×40 terminal. Use it as a context manager: leaving ends the program.

    Args:
        argv: the program.
        env: its environment, in addition to ours.

    Attributes:
        pid: the program's process.
        started: when it was started, on the monotonic clock.
        received: bytes received so far.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        whole = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **env}
        for name in ("COLUMNS", "LINES"):  # they would be believed before the terminal is asked
            whole.pop(name, None)
        self.received = 0
        self._seen = b""
        self.started = time.monotonic()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
            os.execvpe(argv[0], list(argv), whole)

    def until(self, wanted: Callable[[str], object], deadline_s: float = DEADLINE_S) -> float:
        """Return how many seconds after the start (or the last `press`) the text since then made ``wanted`` true.

        Raises:
            NotSeen: it did not in time, or the program ended.
        """
        end = time.monotonic() + deadline_s
        while (left := end - time.monotonic()) > 0:
            if not self._read(left):
                break
            if wanted(self.text):
                return time.monotonic() - self.started
        raise NotSeen(f"not seen: {self.text[-120:]!r}")

    @property
    def text(self) -> str:
        """What came since the start or the last `press`, without escape sequences."""
        return _ESCAPES.sub(b"", self._seen).decode("utf-8", "replace")

    def press(self, keys: bytes) -> None:
        """Press keys, and begin to listen anew."""
        self._seen, self.started = b"", time.monotonic()
        os.write(self._fd, keys)

    def listen(self, seconds: float) -> int:
        """Take in what comes for so long; return how many bytes that were."""
        before, end = self.received, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._read(left):
            self._seen = b""
        return self.received - before

    def _read(self, timeout_s: float) -> bool:
        """Wait for some bytes, at most so long; return whether the program still has its terminal."""
        if not readable(self._fd, timeout_s):
            return True
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:  # the kernel's word for "the other side is gone"
            return False
        self.received += len(data)
        self._seen += data
        return bool(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        self._drain(2.0)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._fd)

    def _drain(self, seconds: float) -> None:
        """Let it write its last words, or it could not end."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._read(min(left, 0.05)):
            self._seen = b""


def readable(descriptor: int, timeout_s: float) -> bool:
    """Wait until a descriptor can be read, at most so long; return whether it can. It may be any number."""
    with selectors.PollSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(timeout_s))
