"""Faults of the server and its data. Each returns what it did, and figures on it."""

from __future__ import annotations

import os
import shutil
from typing import Any

from cleo_console.lab import processes
from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.postgres import postmaster, server
from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.service import Done
from journal.errors import CleoError

PAGE = 8192
ISO = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

_ZOMBIE = " Process 1 does not reap its zombie: until then no server starts there (docker run --init helps)."


def lose_data_directory(cluster: Cluster) -> Done:
    """Kill the server and delete everything in its data directory; an empty directory stays, like a new disk."""
    if not cluster.data_directory.is_dir() or not any(cluster.data_directory.iterdir()):
        raise CleoError(f"{cluster.data_directory} is lost already.", server.RECOVER)
    before = _last_commit(cluster) if server.is_running(cluster) else {}
    pid = postmaster.postmaster(cluster.data_directory)
    processes.kill_processes(cluster.data_directory)
    at = utc_now()
    reaped = postmaster.is_reaped(pid) if pid else True
    for entry in cluster.data_directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    what = f"Killed the server and deleted everything in {cluster.data_directory}." + ("" if reaped else _ZOMBIE)
    return what, {"at": at, "data_directory": str(cluster.data_directory), **before}


def kill_postmaster(cluster: Cluster) -> Done:
    """Kill the server's first process; the others end by themselves, and a stale postmaster.pid stays."""
    server.require_running(cluster)
    before = _last_commit(cluster)
    pid = postmaster.kill_postmaster(cluster.data_directory)
    what, at = f"Killed the server (pid {pid}, SIGKILL).", utc_now()
    if not postmaster.is_reaped(pid):
        what += _ZOMBIE
    return what, {"at": at, "pid": pid, **before}


def drop_table(cluster: Cluster) -> Done:
    """Drop the table messages as the application; `at` is the server's clock just before."""
    server.require_running(cluster)
    require_messages(cluster)
    rows = cluster.psql("SELECT count(*) FROM messages")
    before, lsn, xid = cluster.app_psql(
        f"BEGIN; SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', '{ISO}'), pg_current_wal_insert_lsn(),"
        " pg_current_xact_id(); DROP TABLE messages; COMMIT;"
    ).split("|")
    query = f"SELECT to_char(pg_xact_commit_timestamp('{int(xid)}'::xid) AT TIME ZONE 'UTC', '{ISO}')"
    details = {"at": before, "committed_at": cluster.psql(query), "lsn_before": lsn, "xid": int(xid), "rows": int(rows)}
    return f"Dropped the table messages with its {int(rows):,} rows. Just before it was {before}.", details


def flip_byte(cluster: Cluster) -> Done:
    """Flip one byte of a row of messages, on disk; the server is stopped meanwhile, so that nothing is cached."""
    server.require_running(cluster)
    require_messages(cluster)
    relation, size = cluster.psql("SELECT pg_relation_filepath('messages'), pg_relation_size('messages')").split("|")
    block = int(size) // PAGE // 2
    offset = block * PAGE + PAGE - 100  # rows fill a page from its end
    path = cluster.data_directory / relation
    server.stop(cluster)
    _flip(path, offset)
    server.start(cluster)
    what = f"Flipped the byte at {offset} of {path} (table messages, block {block}); the server was restarted."
    return what, {"table": "public.messages", "file": str(path), "block": block, "offset": offset}


def require_messages(cluster: Cluster) -> None:
    """Refuse a fault that needs the table messages.

    Raises:
        CleoError: it is not there.
    """
    if cluster.psql("SELECT to_regclass('public.messages') IS NULL") == "t":
        raise CleoError("The table messages is not there any more.", server.RECOVER)


def _last_commit(cluster: Cluster) -> dict[str, Any]:
    """The newest heartbeat and archived segment, so that the loss can be counted afterwards."""
    query = f"""SELECT (SELECT to_char(max(at) AT TIME ZONE 'UTC', '{ISO}') FROM heartbeat),
                       (SELECT last_archived_wal FROM pg_stat_archiver)"""
    heartbeat, segment = cluster.psql(query, timeout=10).split("|")
    return {"last_heartbeat": heartbeat, "last_archived": segment}


def _flip(path: os.PathLike[str], offset: int) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        (byte,) = os.pread(descriptor, 1, offset)
        os.pwrite(descriptor, bytes([(byte + 1) % 256]), offset)  # inverted, a second time would repair it
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
