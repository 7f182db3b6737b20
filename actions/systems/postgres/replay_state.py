"""Observes replay from the host, the server log and sessions when the server itself does not report progress."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from actions.outcome import ActionFailed
from actions.systems.postgres.causes import cure_of_lines
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server
from actions.systems.postgres.server_log import new_lines, words_of
from actions.systems.postgres.wal import format_lsn

if TYPE_CHECKING:
    import psycopg

_TITLES = (
    'for p in $(ps -o pid= --ppid "$1"); do t=$(ps -o args= -p "$p"); case $t in *startup*) echo "${t##*startup}"; '
    'ps -o args= --ppid "$p" | head -n 1;; esac; done'
)
"""What the startup process says of itself, and the restore_command that it waits for."""

_FULL_BYTES = 16 * 1024 * 1024
_SEGMENT = re.compile(r"\b(?:[0-9A-F]{24}|[0-9A-F]{8}\.history)\b")
_PAUSED = "SELECT pg_get_wal_replay_pause_state()"
_PAUSED_BEFORE_14 = "SELECT CASE WHEN pg_is_wal_replay_paused() THEN 'paused' ELSE 'not paused' END"
_WAITS = "SELECT wait_event_type || ': ' || wait_event FROM pg_stat_activity WHERE backend_type = 'startup'"


class ReplayObservation(msgspec.Struct, frozen=True):
    """What can be seen without a session; a change in any of it is progress.

    ``title`` is what the startup process says of itself, such as ``recovering 000000010000000000000004``;
    ``log_written`` when a segment last came or went in its pg_wal, where titles are switched off.
    """

    title: str
    log_written: str


def observe_replay(server: Server) -> ReplayObservation:
    """Return what the startup process is at, by its title in the process table, and its pg_wal.

    Raises:
        ActionFailed: the server listens elsewhere than the inventory says, so that no session will ever be had.
    """
    pid = postmaster(server)
    if not pid:
        return ReplayObservation("", "")
    require_our_port(server, pid)
    done = server.query(["sh", "-c", _TITLES, "sh", str(pid)])
    return ReplayObservation(
        " ".join(done.out.split()), server.query(["stat", "-Lc", "%.Y", f"{server.data}/pg_wal"]).out.strip()
    )


def require_our_port(server: Server, pid: int) -> None:
    """See that a server that is up listens on the inventory's port (postmaster.pid's fourth line; its eighth: ready).

    Raises:
        ActionFailed: it listens on another.
    """
    lines = (server.read(f"{server.data}/postmaster.pid") or "").splitlines()
    if len(lines) < 4 or lines[0].strip() != str(pid) or not lines[3].strip().isdigit():
        return
    port = int(lines[3])
    if port != server.settings.port:
        raise ActionFailed(
            f"{server.name} runs (pid {pid}), but on port {port}: the inventory says {server.settings.port}.",
            f"Correct port: in the inventory to {port}, or `port` in the server's configuration; run this step again.",
            left_behind=f"The server runs on port {port}.",
        )


def require_not_paused(server: Server, session: psycopg.Connection[Any], position: int) -> None:
    """See that replay is not paused: paused, it never moves again by itself.

    Raises:
        ActionFailed: it is, for a setting that is too low, or by somebody.
    """
    row = session.execute((_PAUSED if session.info.server_version >= 140000 else _PAUSED_BEFORE_14).encode()).fetchone()
    if not row or row[0] != "paused":
        return
    lower = [line for line in new_lines(server) if "is a lower setting than on the primary" in line]
    line, cure = cure_of_lines(lower)
    raise ActionFailed(
        f"Replay is paused at {format_lsn(position)}: {words_of(line) if line else 'somebody paused it'}.",
        cure or "Ask who paused it; `SELECT pg_wal_replay_resume()` lets it go on. Then run this step again.",
        left_behind="The server is up and its replay is paused; nothing is lost, and it is not promoted.",
    )


def explain(server: Server, title: str, waits: str) -> tuple[str, str]:
    """Return why replay does not move, and the smallest cure, as far as it can be seen."""
    if (free := _free(server)) is not None and free < _FULL_BYTES:
        return (
            f"the disk of {server.data} is full ({free} bytes are free)",
            "Make room there: replay goes on by itself.",
        )
    lines = new_lines(server)
    line, cure = cure_of_lines(lines[-20:])
    if line:
        return f"its log says: {words_of(line)}", cure
    if segment := _SEGMENT.search(title):
        at = "is at" if title.startswith("recovering") else "waits for"
        words = f"it {at} log file {segment[0]}{f' ({waits})' if waits else ''}"
        return words, "Perhaps the repository hangs or has it no more: try pgbackrest archive-get of it by hand."
    last = words_of(lines[-1]) if lines else ""
    words = f"its startup process says {title!r}" if title else "its startup process says nothing"
    return (
        f"{words}{f'; its log ends: {last}' if last else ''}",
        "See its log; run this step again to wait on.",
    )


def waits_for(session: psycopg.Connection[Any]) -> str:
    """Return the wait event of the startup process, or an empty string."""
    row = session.execute(_WAITS.encode()).fetchone()
    return str(row[0]) if row and row[0] else ""


def _free(server: Server) -> int | None:
    done = server.query(["df", "-B1", "--output=avail", server.data])
    return int(done.out.split()[-1]) if done.code == 0 and done.out.split()[-1].isdigit() else None
