"""`Transport`: the interface of every way to run programs on a host."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from actions.transport.handle import Handle
from actions.transport.program import Completed


class Transport(ABC):
    """A way to reach one host. Safe to use from several threads.

    Attributes:
        name: what people call it.
        address: the account and the place that it leads to; another one means other spools.
    """

    name: str
    address: str

    def close(self) -> None:  # noqa: B027  # most ways hold nothing open
        """Give up what is held open, once nothing uses it. Used after that, it is opened anew."""

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
