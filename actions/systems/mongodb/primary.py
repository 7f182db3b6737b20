"""Sessions with the primary of a server's set, which is who takes writes: the server itself, or another member."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from actions.systems.mongodb.connection import CannotConnect, connect
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.state import ask
from actions.systems.mongodb.ttl_monitor import members_of
from actions.systems.mongodb.verified_connection import connect_verified

if TYPE_CHECKING:
    from pymongo import MongoClient


@contextmanager
def connect_primary(server: Server, *, deadline_s: float = 10) -> Iterator[MongoClient[dict[str, Any]]]:
    """Open a session with the primary of a server's set, by way of the server.

    The server itself is verified to be ours. Another member is, too, where the inventory has it; else it must be of the
    same replica set, by the set's id.

    Args:
        server: the server; it must answer.
        deadline_s: seconds for everything in each of the sessions.

    Raises:
        CannotConnect: the server or the primary cannot be talked to, or there is no primary.
        SecretUnavailable: the password cannot be had.
    """
    with ExitStack() as stack:
        client = stack.enter_context(connect_verified(server, deadline_s=deadline_s))
        said = ask(client, "hello")
        if not said.get("isWritablePrimary"):
            client = stack.enter_context(_other(server, client, str(said.get("primary", "")), deadline_s))
        yield client


@contextmanager
def _other(
    server: Server, client: MongoClient[dict[str, Any]], where: str, deadline_s: float
) -> Iterator[MongoClient[dict[str, Any]]]:
    if not where:
        words = f"MongoDB at {server.where}: it is not the primary of its set, and knows of none"
        raise CannotConnect(words, "other", "Start the members that are down: a set elects one with a majority.")
    address, _, port = where.rpartition(":")
    for each in members_of(server):
        if (each.settings.address, each.settings.port) == (address, int(port)):
            with connect_verified(each, deadline_s=deadline_s) as other:
                yield other
            return
    wanted = _set_id(client)
    with connect(server.settings, deadline_s=deadline_s, address=address, port=int(port)) as other:
        if _set_id(other) != wanted:
            raise CannotConnect(f"MongoDB at {where}: another replica set answers", "another")
        yield other


def _set_id(client: MongoClient[dict[str, Any]]) -> Any:
    return ask(client, "replSetGetConfig")["config"]["settings"]["replicaSetId"]
