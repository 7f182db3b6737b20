"""Connections to a server that are verified to reach the data directory named in the inventory.

A copy of the data that was kept has the same system identifier, the same roles and passwords. What no other server can
have is the process: the session's own backend works in the data directory that the inventory names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from actions.machine.listener import Ask, Table, look
from actions.systems.postgres.connection import CannotConnect, connect
from actions.systems.postgres.process import POSTGRES
from actions.systems.postgres.settings import PostgresSettings

if TYPE_CHECKING:
    import psycopg

    from actions.systems.postgres.server import Server


@contextmanager
def connect_verified(
    server: Server, *, deadline_s: float = 10, database: str = ""
) -> Iterator[psycopg.Connection[Any]]:
    """Open a session as `connect` does, and verify that it reached the server that is acted on.

    Args:
        server: the server that is meant.
        deadline_s: seconds after which the whole session is cut.
        database: another database than the inventory's.

    Raises:
        CannotConnect: as `connect` says; ``why`` is ``another`` where another server answers, and ``unproven`` where
            nobody can tell which.
        SecretUnavailable: its password cannot be had.
    """
    with connect(server.settings, deadline_s=deadline_s, database=database) as session:
        require_ours(session, server.settings, server.query, server.query_ourselves)
        yield session


def require_ours(
    session: psycopg.Connection[Any], settings: PostgresSettings, ask: Ask, ours: Ask | None = None
) -> None:
    """Prove that a session is of the server that ``settings`` name.

    Raises:
        CannotConnect: it is not (``another``), or nobody can tell (``unproven``).
    """
    row = session.execute("SELECT pg_backend_pid()").fetchone()
    backend = int(row[0]) if row else 0
    data = settings.data_directory.rstrip("/")
    table = look(ask, data, POSTGRES, ours)
    if table.answers(backend, lambda: session.execute("SELECT 1")):
        return
    where = f"{settings.address}:{settings.port}"
    words, why = _who(table, backend, data, settings.host)
    raise CannotConnect(f"PostgreSQL at {where}: {words}", why)


def _who(table: Table, backend: int, data: str, host: str) -> tuple[str, Any]:
    found = table.called(backend)
    if found and found in table.hidden:
        words = f"it cannot be told whether it is ours: we may not see where its process {found.pid} works"
        return words, "unproven"
    if found:
        return f"another server answers: its process {found.pid} works in {found.place}, not in {data}", "another"
    return f"another server answers: its process {backend} is not on {host}", "another"
