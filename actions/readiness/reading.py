"""What looks on an ordinary day are given: a context and ways to hosts that can only read, until the deadline."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from threading import Lock
from typing import Any, NoReturn

import msgspec

from actions.backups.unattended.context import UnattendedContext
from actions.inventory import Inventory
from actions.outcome import ActionFailed
from actions.transport import Completed, DeadlineExceeded, Handle, HostSpec, LocalHost, Transport, Ways

_LEAST_S = 0.05


def refuse(what: str) -> NoReturn:
    """Refuse what would change something: a look that does so is a fault of the program.

    Raises:
        ActionFailed: always.
    """
    raise ActionFailed(f"A look on an ordinary day may not {what}.", "This is a fault of the program: report it.")


class ReadingTransport(Transport):
    """The way to a host, for short programs that read.

    Args:
        inner: the way itself.
        end: the moment (`time.monotonic`) after which nothing more is asked.
    """

    def __init__(self, inner: Transport, end: float) -> None:
        self.name, self.address, self._inner, self._end = inner.name, inner.address, inner, end

    def close(self) -> None:
        """See `Transport`."""
        self._inner.close()

    def host_identity(self) -> dict[str, str]:
        """See `Transport`."""
        return self._inner.host_identity()

    def query(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        user: str = "",
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> Completed:
        """See `Transport`; nothing goes on after the deadline."""
        left_s = self._end - time.monotonic()
        if left_s < _LEAST_S:
            raise DeadlineExceeded(f"{argv[0]} was not begun on {self.name}: the time for looks is over.")
        return self._inner.query(argv, timeout_s=min(timeout_s, left_s), user=user, env=env, stdin=stdin)

    def place_spool(self, incident_dir: Path, key: str) -> str:
        """Refuse."""
        refuse("start a program that outlives it")

    def start(
        self,
        spool: str | PurePath,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        user: str = "",
        cwd: str = "/",
    ) -> Handle:
        """Refuse."""
        refuse("start a program that outlives it")

    def attach(self, spool: str | PurePath, argv: Sequence[str] = ()) -> Handle:
        """Refuse."""
        refuse("take over a program")

    def read_file(self, path: str | PurePath) -> bytes:
        """See `Transport`."""
        return self._inner.read_file(path)

    def write_file(self, path: str | PurePath, data: bytes, mode: int = 0o600) -> None:
        """Refuse."""
        refuse("write a file")


class ReadingWays:
    """One way to each host, shared by all looks of a sweep.

    Args:
        inventory: the environment.
        within_s: seconds for all of it, from now.
    """

    def __init__(self, inventory: Inventory, within_s: float) -> None:
        self.end = time.monotonic() + within_s
        self._inventory, self._within_s, self._ways = inventory, within_s, Ways()
        self._lock, self._open = Lock(), dict[str, Transport]()

    @property
    def left_s(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self.end - time.monotonic())

    def open(self, host: str) -> Transport:
        """Return the way to one of the inventory's hosts.

        Raises:
            UnknownTarget: there is no such host.
        """
        with self._lock:
            if host not in self._open:
                spec = self._patient(self._inventory.host(host))
                self._open[host] = ReadingTransport(self._ways.open(spec), self.end)
            return self._open[host]

    def close(self) -> None:
        """Give up all connections."""
        for way in self._open.values():
            way.close()

    def _patient(self, spec: HostSpec) -> HostSpec:
        """Return a host for which nobody waits longer than there is time."""
        if isinstance(spec, LocalHost):
            return spec
        return msgspec.structs.replace(
            spec, connect_timeout_s=min(spec.connect_timeout_s, max(1.0, self._within_s * 0.8)), relink_s=0.0
        )


class ReadingContext(UnattendedContext):
    """The context of a look: a dry run without an incident, in which no program with effects can be run."""

    def __init__(self, inventory: Inventory, system: str, ways: ReadingWays) -> None:
        super().__init__(inventory, system, Path("/nonexistent/cleo-ready"), by="cleo-ready")
        self._ways = ways

    @property
    def files(self) -> Path:
        """A folder that is not there: nothing was kept yet, and nothing is."""
        return self._folder

    def transport(self, host: str) -> Transport:
        """Return the way to one of the inventory's hosts, for reading."""
        return self._ways.open(host)

    def run(self, key: str, host: str, argv: Sequence[str], **more: Any) -> Completed:
        """Refuse."""
        refuse(f"run {argv[0]}, which has effects")
