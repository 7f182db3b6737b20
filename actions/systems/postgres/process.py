"""Whether a PostgreSQL server runs, and the contents of its control file, read on its host."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from actions.machine.listener import ServerKind, look
from actions.outcome import ActionFailed
from actions.systems.postgres.server import Server
from actions.systems.postgres.wal import SEGMENT_BYTES, parse_lsn

POSTGRES = ServerKind("(edb-)?(postgres|postmaster)")
"""Every process of a server works inside its data directory, whether that came from ``-D``, PGDATA or a link."""


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """What ``pg_controldata`` tells.

    ``redo`` and ``checkpoint_at`` are where and when the last checkpoint began, ``consistent_at`` is how far a standby
    must have replayed to be whole, ``prepared`` is how many prepared transactions the server allowed.
    """

    system_identifier: str
    state: str
    timeline: int
    redo: int = 0
    consistent_at: int = 0
    checkpoint_at: datetime | None = None
    segment_bytes: int = SEGMENT_BYTES
    prepared: int = 0


def postmaster(server: Server) -> int | None:
    """Return the pid of the server that works in the data directory, also when that was deleted under it.

    Raises:
        ActionFailed: nobody can tell: a process that may be it hides where it works.
    """
    table = look(server.query, server.data, POSTGRES, server.query_ourselves)
    if found := table.server():
        return found.pid
    if table.hidden:
        raise ActionFailed(
            f"It cannot be told whether {server.name} runs: we may not see where process {table.hidden[0].pid} works.",
            "Let cleo run programs on that host as the server's account (run_as:) or as root.",
        )
    return None


def control(server: Server, data: str = "") -> Control | None:
    """Return the control file's content, or None where there is no readable one; ``data``: another directory's."""
    done = server.query([server.program("pg_controldata"), "-D", data or server.data], env={"TZ": "UTC"})
    if done.code != 0:
        return None
    fields = {
        key.strip(): value.strip()
        for key, colon, value in (line.partition(":") for line in done.out.splitlines())
        if colon
    }
    return Control(
        system_identifier=fields.get("Database system identifier", ""),
        state=fields.get("Database cluster state", "unknown"),
        timeline=int(fields.get("Latest checkpoint's TimeLineID", "0")),
        checkpoint_at=_at(fields.get("Time of latest checkpoint", "")),
        redo=_lsn(fields.get("Latest checkpoint's REDO location", "")),
        consistent_at=_lsn(fields.get("Minimum recovery ending location", "")),
        segment_bytes=int(fields.get("Bytes per WAL segment", str(SEGMENT_BYTES))),
        prepared=int(fields.get("max_prepared_xacts setting", "0")),
    )


def _lsn(text: str) -> int:
    return parse_lsn(text) if "/" in text else 0


def _at(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return None


def describe_data(server: Server) -> str:
    """Return the state of the data directory in a few words."""
    if not server.exists(server.data):
        return "missing"
    if not server.exists(f"{server.data}/PG_VERSION"):
        return "there, but not a database"
    found = control(server)
    return found.state if found else "without a readable control file"
