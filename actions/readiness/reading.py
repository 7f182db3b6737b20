"""What looks on an ordinary day are given: a context and ways to hosts that can only read, until the deadline."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path, PurePath
from threading import Lock
from typing import Any, NoReturn

import msgspec

from actions.backups.unattended.context import UnattendedContext
from actions.inventory import Inventory
from actions.outcome import ActionFailed
from actions.transport import Completed, DeadlineExceeded, Handle, HostSpec, LocalHost, Transport, Ways
from journal.errors import CleoError

_LEAST_S = 0.05
_CONNECT = 0.3
"""Of the time for all looks: what connecting to one host may take."""


def refuse(what: str) -> NoReturn:
    """Refuse what would change something: a look that does so is a fault of the program.

    Raises:
        ActionFailed: always.
    """
    raise ActionFailed(f"A look on an ordinary day may not {what}.", "This is a fault of the program: report it.")


def forgetful(error: BaseException) -> BaseException:
    """Return an error to be raised again without the frames of whoever met it before: those hold all that they saw."""
    return error.with_traceback(None)


class _Way:
    """One host, however many looks ask it: it is connected to once, and asked no more once it was not reached."""

    def __init__(self, host: str, inner: Transport) -> None:
        self.host, self.inner = host, inner
        self._lock, self._identity = Lock(), dict[str, str]()
        self._unreached: CleoError | None = None

    def reached(self) -> dict[str, str]:
        """Return how the host names itself; whoever asks first connects, the others wait for that.

        Raises:
            CleoError: it cannot be reached, or was not a moment ago.
        """
        with self._lock:
            if self._unreached:
                raise forgetful(self._unreached)
            try:
                self._identity = self._identity or self.inner.host_identity()
            except CleoError as error:
                self._unreached = error
                raise
            return self._identity


class ReadingTransport(Transport):
    """The way to a host, for short programs that read. The same one for the same system is run once.

    Args:
        way: the host.
        end: the moment (`time.monotonic`) after which nothing more is asked.
        answers: what was asked already, for the same system.
    """

    def __init__(self, way: _Way, end: float, answers: Answers) -> None:
        self.name, self.address = way.inner.name, way.inner.address
        self._way, self._end, self._answers = way, end, answers

    def close(self) -> None:
        """See `Transport`."""
        self._way.inner.close()

    def host_identity(self) -> dict[str, str]:
        """See `Transport`."""
        return self._way.reached()

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
        self._way.reached()

        def ask() -> Completed:
            left_s = self._end - time.monotonic()
            if left_s < _LEAST_S:
                raise DeadlineExceeded(f"{argv[0]} was not begun on {self.name}: the time for looks is over.")
            return self._way.inner.query(argv, timeout_s=min(timeout_s, left_s), user=user, env=env, stdin=stdin)

        return self._answers.get((self._way.host, *argv, user, str(env), str(stdin)), ask)

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
        self._way.reached()
        return self._way.inner.read_file(path)

    def write_file(self, path: str | PurePath, data: bytes, mode: int = 0o600) -> None:
        """Refuse."""
        refuse("write a file")


class Answers:
    """What programs said, each asked once: all looks of a sweep are of one moment."""

    def __init__(self) -> None:
        self._lock, self._known = Lock(), dict[tuple[str, ...], Future[Completed]]()

    def get(self, key: tuple[str, ...], ask: Callable[[], Completed]) -> Completed:
        """Return what is known by a key; whoever comes first asks, the others wait for that."""
        with self._lock:
            known = self._known.get(key)
            future = known or self._known.setdefault(key, Future())
        if known is None:
            try:
                future.set_result(ask())
            except BaseException as error:  # noqa: BLE001  # told to whoever waits for it
                future.set_exception(error)
        if met := future.exception():
            raise forgetful(met)
        return future.result()


class ReadingWays:
    """One way to each host, shared by all looks of a sweep.

    Args:
        inventory: the environment.
        within_s: seconds for all of it, from now.
    """

    def __init__(self, inventory: Inventory, within_s: float) -> None:
        self.end = time.monotonic() + within_s
        self._inventory, self._within_s, self._ways = inventory, within_s, Ways()
        self._lock, self._open = Lock(), dict[str, _Way]()
        self._answers: dict[str, Answers] = {}
        self._expected = Counter[str]()

    @property
    def left_s(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self.end - time.monotonic())

    def open(self, host: str, system: str = "") -> Transport:
        """Return the way to one of the inventory's hosts, for looks at one system.

        Raises:
            UnknownTarget: there is no such host.
        """
        with self._lock:
            if host not in self._open:
                self._open[host] = _Way(host, self._ways.open(self._patient(self._inventory.host(host))))
            answers = self._answers.setdefault(system, Answers())
            return ReadingTransport(self._open[host], self.end, answers)

    def expect(self, systems: Iterable[str]) -> None:
        """Take down how many looks at each system there will be: with the last one, what was said for it is let go.

        Args:
            systems: the name of the system that each look is at, once a look.
        """
        self._expected = Counter(systems)

    def ended(self, system: str) -> bool:
        """Take down that a look at a system ended; return whether it was the last one, and anything was let go."""
        with self._lock:
            self._expected[system] -= 1
            return self._expected[system] == 0 and self._answers.pop(system, None) is not None

    def close(self) -> None:
        """Give up all connections."""
        for way in self._open.values():
            way.inner.close()

    def _patient(self, spec: HostSpec) -> HostSpec:
        """Return a host for which nobody waits longer than there is time."""
        if isinstance(spec, LocalHost):
            return spec
        connect_s = min(spec.connect_timeout_s, max(1.0, self._within_s * _CONNECT))
        return msgspec.structs.replace(spec, connect_timeout_s=connect_s, relink_s=0.0)


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
        return self._ways.open(host, self.system)

    def run(self, key: str, host: str, argv: Sequence[str], **more: Any) -> Completed:
        """Refuse."""
        refuse(f"run {argv[0]}, which has effects")
