"""Whether a PostgreSQL server is alive, and what its control file says: asked of the host, not of the server."""

from __future__ import annotations

import posixpath

import msgspec

from actions.postgres.server import Server
from actions.postgres.wal import SEGMENT_BYTES

_PROGRAMS = {"postgres", "postmaster"}


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """What ``pg_controldata`` tells."""

    system_identifier: str
    state: str
    timeline: int
    segment_bytes: int = SEGMENT_BYTES
    checksums: bool = False


def postmaster(server: Server) -> int | None:
    """Return the pid of the server that has the data directory open, also when the directory is gone.

    A postmaster outlives its data directory for up to a minute: the process table knows it, no file does.
    """
    table = _postgres_processes(server)
    for pid, args in table.items():
        if _opens(args, server.data):
            return pid
    noted = _noted_pid(server)
    return noted if noted in table else None


def control(server: Server, directory: str = "") -> Control | None:
    """Return the control file's content, or None where there is no readable one."""
    done = server.query([server.program("pg_controldata"), "-D", directory or server.data])
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
        segment_bytes=int(fields.get("Bytes per WAL segment", str(SEGMENT_BYTES))),
        checksums=fields.get("Data page checksum version", "0") != "0",
    )


def describe_data(server: Server) -> str:
    """Return the state of the data directory in a few words."""
    if not server.exists(server.data):
        return "missing"
    if not server.exists(f"{server.data}/PG_VERSION"):
        return "there, but not a database"
    found = control(server)
    return found.state if found else "without a readable control file"


def _postgres_processes(server: Server) -> dict[int, str]:
    done = server.query(["ps", "-eo", "pid=,args="])
    table = {}
    for line in done.out.splitlines():
        pid, _, args = line.strip().partition(" ")
        if args and posixpath.basename(args.split()[0]) in _PROGRAMS:
            table[int(pid)] = args
    return table


def _opens(args: str, data: str) -> bool:
    _, flag, rest = args.partition(" -D ")
    return bool(flag) and (rest.rstrip("/") == data or rest.startswith((f"{data} ", f"{data}/ ")))


def _noted_pid(server: Server) -> int:
    first = (server.read(f"{server.data}/postmaster.pid") or "").partition("\n")[0].strip()
    return int(first) if first.isdigit() else 0
