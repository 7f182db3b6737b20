"""What the Sentinels of the inventory say of a server: whom they take for its master, and who may follow that."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from actions.systems.redis.connection import CannotConnect, Login, connect
from actions.systems.redis.server import Server
from actions.systems.redis.settings import Sentinel

Where = tuple[str, int]
_ASK_S = 5.0


class Watch(NamedTuple):
    """What one Sentinel watches under a name.

    Attributes:
        sentinel: that one.
        name: what it calls the master.
        master: the address that it tells clients.
        epoch: which failover that is of; of two Sentinels the higher is right.
        flags: what it says of that master (``s_down``, ``failover_in_progress``…).
        replicas: the addresses of those that follow, by its word, without those it would never promote.
    """

    sentinel: Sentinel
    name: str
    master: Where
    epoch: int
    flags: Sequence[str]
    replicas: Sequence[Where]

    @property
    def where(self) -> str:
        """Where the Sentinel is reached."""
        return f"{self.sentinel.address}:{self.sentinel.port}"


@contextmanager
def asked(server: Server, sentinel: Sentinel, deadline_s: float = _ASK_S) -> Iterator[Any]:
    """Open a connection to a Sentinel.

    Raises:
        CannotConnect: it cannot be asked, or refused a command.
    """
    login = Login(sentinel.user, sentinel.password.read() if sentinel.password else None)
    settings, address, port = server.settings, sentinel.address, sentinel.port
    with connect(settings, deadline_s=deadline_s, login=login, address=address, port=port) as client:
        yield client


def watch_of(server: Server, sentinel: Sentinel) -> Watch | None:
    """Return under which name a Sentinel watches a server, as a master or as one of its replicas; None: it does not.

    Raises:
        CannotConnect: it cannot be asked.
    """
    ours = places(server)
    with asked(server, sentinel) as client:
        masters = client.execute_command("SENTINEL", "MASTERS")
        for each in masters.values() if isinstance(masters, dict) else map(_pairs, masters):
            told = [_pairs(one) for one in client.execute_command("SENTINEL", "REPLICAS", each["name"])]
            master = (str(each["ip"]), int(each["port"]))
            if not ours & {master, *(_where(one) for one in told)}:
                continue
            able = [_where(one) for one in told if str(one.get("slave-priority")) != "0"]
            return Watch(
                sentinel, str(each["name"]), master, int(each["config-epoch"]), str(each["flags"]).split(","), able
            )
    return None


def held_otherwise(server: Server) -> Watch | None:
    """Return what a Sentinel of the inventory watches that takes another one for the master; None: none is seen to."""
    for sentinel in server.settings.sentinels:
        try:
            watch = watch_of(server, sentinel)
        except CannotConnect as error:
            server.ctx.log(f"{sentinel.address}:{sentinel.port} cannot be asked whom it holds: {error.message}", "err")
            continue
        if watch and watch.master not in places(server):
            return watch
    return None


def places(server: Server) -> set[Where]:
    """Return the addresses under which a server may be known: the inventory's, and what that resolves to."""
    own = server.settings
    found = {(own.address, own.port)}
    try:
        found |= {(str(info[4][0]), own.port) for info in socket.getaddrinfo(own.address, own.port)}
    except OSError as error:
        server.ctx.log(f"{own.address} does not resolve: {error}", "err")
    return found


def _where(told: dict[str, Any]) -> Where:
    return str(told["ip"]), int(told["port"])


def _pairs(said: Any) -> dict[str, Any]:
    return said if isinstance(said, dict) else dict(zip(said[::2], said[1::2], strict=False))
