"""What a type of system fills in, so that it is told of its servers as of all others whether they can write."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from actions.cannot_connect import CannotConnect
from actions.context import ActionContext
from actions.failover.guard import Guard, Guarded
from actions.failover.settings import Fence
from actions.failover.standing import UNSEEN, Answer, FencedServer, Standing, by_device, from_elsewhere
from actions.machine.listener import Worker
from actions.settings import SystemSettings
from journal.errors import CleoError

JUST_NOW_S = 5.0
ASK_S = 5.0
_SOON_S = 0.3


class FailoverSettings(Protocol):
    """What is read of a server's entry in the inventory."""

    @property
    def address(self) -> str:
        """Where it listens."""
        ...

    @property
    def port(self) -> int:
        """Its port there."""
        ...

    @property
    def plays(self) -> str:
        """The plan's system that it is."""
        ...

    @property
    def standby_of(self) -> str:
        """The system that it follows."""
        ...

    @property
    def fence(self) -> Fence:
        """How it is fenced from outside."""
        ...

    def taking_over(self, other: Any) -> Any:
        """Return it as it serves in another one's place."""
        ...


class FailoverServer(Guarded, Protocol):
    """A server of a type that is fenced and stood in for."""

    def __init__(self, ctx: ActionContext, name: str, settings: Any) -> None: ...

    @property
    def ctx(self) -> ActionContext:
        """In which it is acted on."""
        ...

    @property
    def host(self) -> str:
        """The inventory's name of its host."""
        ...

    @property
    def data(self) -> str:
        """Its data directory."""
        ...

    @property
    def settings(self) -> FailoverSettings:
        """Its entry in the inventory."""
        ...


class WorkingServer(FailoverServer, Protocol):
    """A server that is one process, known by what it works in."""

    def process(self) -> Worker | None:
        """Return that process; None: it is down."""
        ...


S = TypeVar("S", bound=FailoverServer)
P = TypeVar("P", bound=WorkingServer)


class Elsewhere(NamedTuple):
    """What those around a server tell of it.

    Attributes:
        elected: in words, that they have another one and take nothing of this one any more; empty: they say no such
            thing.
        heard: looks how they heard of it a moment ago, in words; empty: none did.
    """

    elected: str
    heard: Callable[[], str]


class Kind(ABC, Generic[S]):
    """A type of system, as a failover sees its servers. Nothing here changes anything.

    Attributes:
        prefix: of its actions' names.
        settings: the class of its entries in the inventory.
        primary, standby: what it calls who takes writes, and who follows.
        idle: what is said of who answers, and takes no writes.
        again: what a server that is down and not fenced does once it is started.
        guard: what has its starts refused.
    """

    prefix: ClassVar[str]
    settings: ClassVar[type[SystemSettings]]
    primary: ClassVar[str] = "primary"
    standby: ClassVar[str] = "standby"
    idle: ClassVar[str] = "a standby, which takes no writes"
    again: ClassVar[str] = "has it write again"
    guard: Guard[S]

    @abstractmethod
    def server(self, ctx: ActionContext, name: str) -> S:
        """Return a server of the inventory."""

    @abstractmethod
    def pid(self, server: S) -> int | None:
        """Return its process on its host; None: it is down."""

    @abstractmethod
    def takes_writes(self, server: S) -> bool:
        """Ask whoever answers at its address whether that takes writes.

        Raises:
            CannotConnect: nobody can be asked.
        """

    @abstractmethod
    def leads(self, server: S) -> bool:
        """Ask the server itself, whose identity is proven, whether it is a primary.

        Raises:
            CleoError: it cannot be asked.
        """

    @abstractmethod
    def refused(self, server: S) -> str:
        """Try whether it would start, without starting it: return how it refuses for the guard, else nothing."""

    def serving(self, server: S, primary: S) -> S:
        """Return a server as it serves in a primary's place: whose data these are is said once, at the primary."""
        return type(server)(server.ctx, server.name, server.settings.taking_over(primary.settings))

    def nothing_left(self, server: S) -> str:
        """Return why nothing is there that could be started; empty: something is."""
        return ""

    def hears(self, follower: S, server: S, within_s: float) -> str:
        """Return when a follower heard of the server ("in the last 5 s"); empty: not within those seconds.

        Raises:
            CannotConnect: it cannot be asked.
        """
        return ""

    def elsewhere(self, server: S) -> Elsewhere:
        """Return what those around it tell."""
        return Elsewhere("", lambda: self.receiving(server))

    @property
    def fence(self) -> str:
        """The action that fences it."""
        return f"{self.prefix}.fence"

    def found(self, ctx: ActionContext) -> S:
        """Return the server that the run is aimed at."""
        return self.server(ctx, ctx.system)

    def fenced(self, server: S) -> FencedServer:
        """Return the server as it is fenced."""
        return FencedServer(server.ctx, server.name, server.host, server.settings.fence, self.fence)

    def standing(self, server: S) -> Standing:
        """Look whether a server is fenced. Who answers at its address does so soon; else others are asked meanwhile.

        Raises:
            ActionFailed: what is written down of it cannot be read.
        """
        with ThreadPoolExecutor(2, thread_name_prefix="standing") as pool:
            asked = pool.submit(self.answers, server)
            wait([asked], _SOON_S)
            if asked.done() and (seen := asked.result()):
                return Standing(False, seen.words, alive=seen.writes)
            beyond = pool.submit(self._beyond_its_address, server)
            if seen := asked.result():
                return Standing(False, seen.words, alive=seen.writes)
            return beyond.result()

    def _beyond_its_address(self, server: S) -> Standing:
        """Look whether a server is fenced by what others tell than who answers at its address."""
        around, record = self.elsewhere(server), self.fenced(server).record
        if record and "network" in record.devices:  # its host may answer by another way, and its server run on, cut off
            cut = by_device(self.fenced(server), "network")
            if cut.fenced and not around.heard():
                return cut
        if around.elected:
            return Standing(True, around.elected)
        try:
            return self._on_its_host(server)
        except UNSEEN as error:
            return from_elsewhere(self.fenced(server), error.message, around.heard())

    def answers(self, server: S) -> Answer | None:
        """Return what at the server's address may be writing; None where nothing there is seen to."""
        where = f"{server.settings.address}:{server.settings.port}"
        try:
            writes = self.takes_writes(server)
        except CannotConnect as error:
            if error.why not in ("refused", "timeout") and _listens(server.settings):
                return Answer(f"something answers at {where}, and cannot be asked: {error.message}")
            server.ctx.log(f"Seen from here: {error.message}")
            return None
        if writes:
            return Answer(f"it answers at {where}, and takes writes", writes=True)
        server.ctx.log(f"Seen from here: who answers at {where} is {self.idle}.")
        return None

    def followers(self, server: S) -> list[S]:
        """Return the inventory's standbys of a server."""
        known = server.ctx.inventory.systems.items()
        named = [
            n for n, one in known if isinstance(one, self.settings) and one.standby_of == server.name and not one.cold
        ]
        return [self.server(server.ctx, name) for name in named]

    def receiving(self, server: S, within_s: float = JUST_NOW_S) -> str:
        """Return in words that a follower heard of its primary in the last seconds; empty where none said so."""
        for follower in self.followers(server):
            try:
                when = self.hears(follower, server, within_s)
            except CannotConnect as error:
                server.ctx.log(f"Not seen from {follower.name}: {error.message}")
                continue
            if when:
                return f"its {self.standby} {follower.name} heard of it {when}"
            server.ctx.log(f"Seen from {follower.name}: nothing comes from it.")
        return ""

    def promoted(self, server: S) -> bool | None:
        """Return whether a server is a primary now; None where nobody can tell."""
        try:
            return self.leads(server)
        except (CleoError, *UNSEEN) as error:
            server.ctx.log(f"{server.name} cannot be asked whether it is a {self.primary}: {error.message}", "err")
            return None

    def _on_its_host(self, server: S) -> Standing:
        if pid := self.pid(server):
            return Standing(False, f"it runs on {server.host} (pid {pid})", alive=True)
        if self.guard.stands(server) and (said := self.refused(server)):
            return Standing(True, f"it is down on {server.host}, and refuses to start: {said}")
        if nothing := self.nothing_left(server):
            return Standing(True, f"on {server.host} nothing is left to start: {nothing}")
        return Standing(False, f"it is down on {server.host}, and whoever starts it, or a reboot, {self.again}")


class ProcessKind(Kind[P]):
    """A type whose server is one process."""

    def pid(self, server: P) -> int | None:
        """Return its process."""
        found = server.process()
        return found.pid if found else None


def _listens(settings: FailoverSettings) -> bool:
    try:
        with socket.create_connection((settings.address, settings.port), timeout=ASK_S):
            return True
    except OSError:
        return False
