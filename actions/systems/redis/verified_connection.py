"""Sessions with a Redis server that are verified to reach the data directory named in the inventory.

A copy of the data has the same users and passwords. What no other server can have is the process: the server that
answers says its process id (INFO), and that process works in the data directory, on the server's host.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from actions.machine.listener import Ask, Table, look
from actions.systems.redis.connection import CannotConnect, connect
from actions.systems.redis.server import Server, server_kind
from actions.systems.redis.settings import RedisSettings

if TYPE_CHECKING:
    from redis import Redis


@contextmanager
def connect_verified(server: Server, *, deadline_s: float = 10, database: int = 0) -> Iterator[Redis]:
    """Open a session as `connect` does, and verify that it reached the server that is acted on.

    Args:
        server: the server that is meant.
        deadline_s: seconds for everything in the session.
        database: which of its databases.

    Raises:
        CannotConnect: as `connect` says; ``why`` is ``another`` where another server answers, and ``unproven`` where
            nobody can tell which.
        SecretUnavailable: its password cannot be had.
    """
    try:
        with connect(server.settings, deadline_s=deadline_s, database=database) as client:
            require_ours(client, server.settings, server.query, server.query_ourselves)
            yield client
    except CannotConnect as error:
        if error.why == "password" and (stranger := stranger_at(server.settings, server.query, server.query_ourselves)):
            raise stranger from error
        raise


def require_ours(client: Redis, settings: RedisSettings, ask: Ask, ours: Ask | None = None) -> None:
    """Prove that a session is with the server that ``settings`` name. It may still be loading its data.

    Raises:
        CannotConnect: it is not (``another``), or nobody can tell (``unproven``).
    """
    said: Any = client.info("server")
    if said.get("redis_mode") == "sentinel":
        raise CannotConnect(f"Redis at {settings.address}:{settings.port}: a Sentinel answers, not a server", "another")
    pid = int(said.get("process_id", 0))
    table = look(ask, settings.place(), server_kind(settings), ours)
    if table.answers(pid, lambda: client.info("server")):
        return
    words, why = _who(table, pid, settings)
    raise CannotConnect(f"Redis at {settings.address}:{settings.port}: {words}", why)


def stranger_at(settings: RedisSettings, ask: Ask, ours: Ask | None = None) -> CannotConnect | None:
    """Return the error that another server has our port; None where ours has it, or nobody can tell.

    It asks the host who listens, for a server that lets nobody in cannot be asked.
    """
    table = look(ask, settings.place(), server_kind(settings), ours, port=settings.port)
    mine = {worker.pid for worker in (*table.here, *table.gone, *table.hidden)}
    if not table.listeners or mine & set(table.listeners):
        return None
    pid = table.listeners[0]
    place = next((worker.place for worker in table.elsewhere if worker.pid == pid), "")
    works = f"works in {place}" if place else "listens there"
    words = f"another server answers: process {pid} {works}, not the one of {settings.place()}"
    return CannotConnect(f"Redis at {settings.address}:{settings.port}: {words}", "another")


def _who(table: Table, pid: int, settings: RedisSettings) -> tuple[str, Any]:
    found = table.called(pid)
    if found and found in table.hidden:
        words = f"it cannot be told whether it is ours: we may not see where its process {found.pid} works"
        return words, "unproven"
    if found:
        place = found.place or "another directory"
        return f"another server answers: its process {found.pid} works in {place}, not in {settings.place()}", "another"
    return f"another server answers: its process {pid} is not on {settings.host}", "another"
