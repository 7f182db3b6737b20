"""A program under the shim: its state, output and exit status, as a follower reads them."""

from __future__ import annotations

import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import ClassVar, Literal

import msgspec

Stream = Literal["out", "err"]
OnOutput = Callable[[str, str], None]
"""Called with the stream (``out`` or ``err``) and the lines that came: one or more, with ``\\n`` between them."""


class Completed(msgspec.Struct, frozen=True, kw_only=True):
    """How a program ended.

    Attributes:
        argv: the program and its arguments; empty after an attach that was not told them.
        code: its exit status; minus the signal's number where a signal ended it.
        out: what it printed to standard output; of a flood, the last ``OUTPUT_KEPT`` bytes.
        err: the same for standard error.
        duration_s: seconds from its start to its end, measured where it ran.
        reattached: whether this result was read by somebody else than who started it, or over a new link.
    """

    argv: list[str]
    code: int
    out: str
    err: str
    duration_s: float
    reattached: bool = False

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        return ending(self.code)


def ending(code: int | None) -> str:
    """Return in words how a program ended; a signal is the cause, never an exit status."""
    return f"was ended by signal {-code}" if code and code < 0 else f"ended with exit status {code}"


class State(StrEnum):
    """Where a program stands."""

    NOT_STARTED = "not started"
    GIVEN_UP = "given up"
    RUNNING = "running"
    FINISHED = "finished"
    UNKNOWN = "unknown"


class ProgramStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where a program stands, as its spool tells it.

    Attributes:
        state: ``UNKNOWN`` means that the shim is gone and left no exit status.
        code: the exit status, once finished.
        pid: the program's process id, once started.
        duration_s: seconds it took, once finished.
        alive: whether that very process is still there (not another one under a recycled id).
        group_alive: whether any process of its session is; None where nobody looked.
        stopped: whether it is stopped (by SIGSTOP, or by a debugger): it lives and does nothing.
    """

    state: State
    code: int | None = None
    pid: int | None = None
    duration_s: float = 0.0
    alive: bool = False
    group_alive: bool | None = None
    stopped: bool = False


class Program(ABC):
    """One program under the shim."""

    name: str = ""
    argv: Sequence[str] = ()
    reattached: bool = False
    pause_s: ClassVar[tuple[float, float]] = (0.02, 0.1)
    """Shortest and longest pause between two looks, in seconds."""

    @property
    def connection_fault(self) -> str:
        """What is wrong with the way to the program right now, while ``wait`` tries to mend it; empty if nothing."""
        return ""

    @property
    @abstractmethod
    def pid(self) -> int | None:
        """The program's process id, once it is known."""

    @abstractmethod
    def status(self) -> ProgramStatus:
        """Return where the program stands."""

    @abstractmethod
    def read(self) -> list[tuple[Stream, bytes]]:
        """Return output that is new since the last call; the first call begins at the start."""

    @abstractmethod
    def poll(self) -> tuple[ProgramStatus, list[tuple[Stream, bytes]]]:
        """Return the status, and new output read after it: with a finished status, an empty read is the end."""

    def pause(self, seconds: float) -> bool:
        """Wait for ``seconds``, or less where the program's end can be noticed at once.

        Returns:
            Whether it was noticed that the program has ended; its exit status may still be about to be written.
        """
        time.sleep(seconds)
        return False

    @abstractmethod
    def terminate(self, sig: int = signal.SIGTERM) -> bool:
        """Send ``sig`` to the program's whole process group, after proving that it still is that program's.

        Returns:
            Whether there was anything to send it to.
        """

    @abstractmethod
    def give_up(self) -> bool:
        """Claim the start, so that the program never runs.

        Returns:
            Whether it never will; False where it was started before.
        """
