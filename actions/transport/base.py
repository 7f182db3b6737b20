"""What every way to run a program offers: the contract between actions, runner and hosts."""

from __future__ import annotations

import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path, PurePath
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


class Handle(ABC):
    """One program under the shim."""

    name: str = ""
    argv: Sequence[str] = ()
    reattached: bool = False
    pause_s: ClassVar[tuple[float, float]] = (0.02, 0.1)
    """Shortest and longest pause between two looks, in seconds."""

    @property
    def trouble(self) -> str:
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

    def wait(
        self,
        *,
        on_output: OnOutput,
        cancelled: Callable[[], bool],
        deadline_s: float | None = None,
        grace_s: float = 10,
    ) -> Completed:
        """Follow the program to its end, and hand its output on in whole lines.

        Args:
            on_output: called with the lines as they come, from this thread.
            cancelled: asked between two looks; once it says True the group gets TERM, and KILL after ``grace_s``.
            deadline_s: seconds from now after which the program is ended in the same way.
            grace_s: seconds between TERM and KILL.

        Raises:
            DeadlineExceeded: it was ended because of ``deadline_s``.
            ProgramLost: it cannot be known how it ended.
            TransportLost: its host cannot be reached any more.
            NothingStarted: it had not started; it was given up and never will.
        """
        from actions.transport.waiting import Wait

        return Wait(self, on_output, cancelled, deadline_s, grace_s).to_the_end()


class Transport(ABC):
    """A way to reach one host. Safe to use from several threads."""

    name: str

    @abstractmethod
    def host_identity(self) -> dict[str, str]:
        """Return ``hostname`` and ``machine_id`` as the host itself reports them; what it has not, is left out."""

    @abstractmethod
    def query(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        user: str = "",
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> Completed:
        """Run a short, read-only program, not under the shim.

        Args:
            argv: the program and its arguments; no shell reads them.
            timeout_s: seconds after which its whole process group is killed.
            user: the account to run it as; empty for our own.
            env: variables to add; they never appear in a command line.
            stdin: what it reads.

        Raises:
            DeadlineExceeded: it took longer than ``timeout_s``.
            NothingStarted: it could not be run; ``Unreachable`` and ``ProgramMissing`` say why.
            TransportLost: the link broke in the middle.
        """

    @abstractmethod
    def place_spool(self, incident_dir: Path, key: str) -> str:
        """Return where the run named ``key`` keeps its spool on this host."""

    @abstractmethod
    def start(
        self,
        spool: str | PurePath,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        user: str = "",
        cwd: str = "/",
    ) -> Handle:
        """Start a program that outlives us, and return once its start is durably written.

        Args:
            spool: a folder for this one run; made where it is missing.
            argv: the program and its arguments; no shell reads them.
            env: variables to add; they appear in no command line and no file.
            user: the account to run it as; empty for our own.
            cwd: the folder it starts in.

        Raises:
            NothingStarted: it did not start and never will; ``Unreachable`` and ``ProgramMissing`` say why.
            AlreadyStarted: the spool is another run's.
            TransportLost: the link broke; it may have started. ``attach`` tells.
        """

    @abstractmethod
    def attach(self, spool: str | PurePath, argv: Sequence[str] = ()) -> Handle:
        """Return the program of an earlier ``start``, by whomever. ``argv`` is only carried to ``Completed``."""

    @abstractmethod
    def read_file(self, path: str | PurePath) -> bytes:
        """Return a file's content.

        Raises:
            FileMissing: it is not there.
            FileTrouble: it cannot be read.
        """

    @abstractmethod
    def write_file(self, path: str | PurePath, data: bytes, mode: int = 0o600) -> None:
        """Write a file whole or not at all, with the permissions ``mode``.

        Raises:
            FileTrouble: it cannot be written; what was there before still is.
        """
