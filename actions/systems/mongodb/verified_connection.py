"""Sessions with a mongod that are verified to reach the data directory named in the inventory.

A kept copy of the data has the same replica set, users and passwords. What no other server can have is the process:
the mongod that answers says its process id, and that process has the data directory's lock file open on the host.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from actions.machine.listener import Ask, Table, look
from actions.systems.mongodb.connection import CannotConnect, connect
from actions.systems.mongodb.server import MONGOD, Server
from actions.systems.mongodb.settings import MongodbSettings

if TYPE_CHECKING:
    from pymongo import MongoClient


@contextmanager
def connect_verified(server: Server, *, deadline_s: float = 10) -> Iterator[MongoClient[dict[str, Any]]]:
    """Open a session as `connect` does, and verify that it reached the server that is acted on.

    Args:
        server: the server that is meant.
        deadline_s: seconds for everything in the session.

    Raises:
        CannotConnect: as `connect` says; ``why`` is ``another`` where another server answers, and ``unproven`` where
            nobody can tell which.
        SecretUnavailable: its password cannot be had.
    """
    try:
        with connect(server.settings, deadline_s=deadline_s) as client:
            require_ours(client, server.settings, server.query, server.query_ourselves)
            yield client
    except CannotConnect as error:
        if error.why == "password" and (stranger := stranger_at(server.settings, server.query, server.query_ourselves)):
            raise stranger from error
        raise


def require_ours(
    client: MongoClient[dict[str, Any]], settings: MongodbSettings, ask: Ask, ours: Ask | None = None
) -> None:
    """Prove that a session is with the server that ``settings`` name.

    Raises:
        CannotConnect: it is not (``another``), or nobody can tell (``unproven``).
    """
    pid = int(client.admin.command("serverStatus")["pid"])
    table = look(ask, settings.place(), MONGOD, ours)
    if table.answers(pid, lambda: client.admin.command("ping")):
        return
    words, why = _who(table, pid, settings)
    raise CannotConnect(f"MongoDB at {settings.address}:{settings.port}: {words}", why)


def stranger_at(settings: MongodbSettings, ask: Ask, ours: Ask | None = None) -> CannotConnect | None:
    """Return the error that another server has our port; None where ours has it, or nobody can tell.

    It asks the host who listens, for a server that lets nobody in cannot be asked.
    """
    table = look(ask, settings.place(), MONGOD, ours, port=settings.port)
    mine = {worker.pid for worker in (*table.here, *table.gone, *table.hidden)}
    if not table.listeners or mine & set(table.listeners):
        return None
    pid = table.listeners[0]
    place = next((worker.place for worker in table.elsewhere if worker.pid == pid), "")
    works = f" works in {place}" if place else ""
    words = f"another server answers: process {pid}{works or ' listens there'}, not the one of {settings.place()}"
    return CannotConnect(f"MongoDB at {settings.address}:{settings.port}: {words}", "another")


def _who(table: Table, pid: int, settings: MongodbSettings) -> tuple[str, Any]:
    found = table.called(pid)
    if found and found in table.hidden:
        words = f"it cannot be told whether it is ours: we may not see what its process {found.pid} has open"
        return words, "unproven"
    if found:
        place = found.place or "another directory"
        return f"another server answers: its process {found.pid} works in {place}, not in {settings.place()}", "another"
    return f"another server answers: its process {pid} is not on {settings.host}", "another"
