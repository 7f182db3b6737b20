"""The last commit in the WAL of a data directory whose server is down."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from actions.systems.postgres.process import Control, control
from actions.systems.postgres.server import Server
from actions.systems.postgres.wal import SEGMENT_NAME, Segment, format_lsn, parse_segment
from actions.systems.postgres.wal_tail import archived_tail, committed_at
from journal.errors import CleoError
from journal.events.measured import Measured

_DUMP_S = 120.0
"""Seconds after which reading the end of the WAL is given up, so that the recovery is not delayed."""

_BACK = 4
"""Number of segments before the last checkpoint that are searched when nothing was committed after it."""

_DUMP = (
    'where=$1 dump=$2 && shift 2 && "$dump" --path="$where" --rmgr=Transaction "$@" 2>/dev/null '
    "| awk '/ desc: COMMIT/{last=$0} END{print last}'"
)


def measure_kept(server: Server) -> Measured:
    """Return the last commit in the log of the data directory, which is the last one that was made.

    The log is read from the last checkpoint to its end; where that holds no commit, from some segments before it; where
    those are gone, as after a clean stop, which begins a new one, from the archive.
    Nothing is measured where the directory or its log is gone, or cannot be read in time: that is said.
    """
    found = control(server)
    if not found or not server.exists(f"{server.data}/pg_wal"):
        return Measured()
    try:
        segments = log_segments(server, found)
        at = _since(server, found, segments) or _before(server, found, segments) or _archived(server, found)
    except CleoError as error:
        server.ctx.log(f"The last commit in {server.data} is not measured: {error.message}", "err")
        return Measured()
    if at is None:
        return Measured()
    server.ctx.log(f"The last commit in {server.data} is of {at:%Y-%m-%d %H:%M:%S} UTC.")
    return Measured(newest_commit_at=at, no_commit_after=at)


def untouched_since(server: Server) -> datetime | None:
    """Return when the last checkpoint began, if the log can be read from there and holds no commit.

    All commits there were are in the data then. None where there is one behind it, or the log cannot be read.
    """
    found = control(server)
    if not found:
        return None
    try:
        whole = _readable(server, found)
        return found.checkpoint_at if whole and not _since(server, found, log_segments(server, found)) else None
    except CleoError:
        return None  # measure_kept has said why


def last_of(server: Server, before: Measured) -> Measured:
    """Return the last commit of a server that is down: from its log, else what was seen before it went down.

    What was seen bounds nothing by itself: after now, by the host's clock, nothing was committed.
    """
    kept = measure_kept(server)
    seen = before.newest_commit_at
    if kept.newest_commit_at and not (seen and seen > kept.newest_commit_at):
        return msgspec.structs.replace(kept, heartbeats=before.heartbeats, clock_ahead_s=before.clock_ahead_s)
    return msgspec.structs.replace(before, no_commit_after=_host_now(server))


def _host_now(server: Server) -> datetime:
    done = server.query(["date", "-u", "+%s.%N"])
    try:
        return datetime.fromtimestamp(float(done.out), UTC)
    except ValueError:
        return datetime.now(UTC)


def log_segments(server: Server, found: Control) -> list[Segment]:
    """Return the segments in the log of a data directory, as their names say, also those made ready for later."""
    listing = server.query(["ls", f"{server.data}/pg_wal"])
    names = (name for name in listing.out.split() if SEGMENT_NAME.fullmatch(name))
    return [parse_segment(name, found.segment_bytes) for name in names]


def _since(server: Server, found: Control, segments: list[Segment]) -> datetime | None:
    """Look through the log from the last checkpoint on.

    A server that was promoted may have written a newer timeline than that of its last checkpoint: the newest first.
    """
    begins: dict[int, int] = {}
    for segment in segments:
        if segment.number >= found.redo // found.segment_bytes:
            begins[segment.timeline] = min(segment.number, begins.get(segment.timeline, segment.number))
    for timeline, number in sorted(begins.items(), reverse=True):
        start = max(found.redo, number * found.segment_bytes)
        if at := _last(server, f"--timeline={timeline}", f"--start={format_lsn(start)}"):
            return at
    return None


def _before(server: Server, found: Control, segments: list[Segment]) -> datetime | None:
    """Look through the segments up to the last checkpoint's, the newest first."""
    there = [segment for segment in segments if segment.number <= found.redo // found.segment_bytes]
    newest = sorted(there, key=lambda segment: (segment.number, segment.timeline), reverse=True)[:_BACK]
    return next((at for segment in newest if (at := _last(server, segment.name(found.segment_bytes)))), None)


def _archived(server: Server, found: Control) -> datetime | None:
    """Look through the archived segments before the last checkpoint's, if the log is whole from there on."""
    if not _readable(server, found):
        return None
    number = found.redo // found.segment_bytes
    names = (Segment(found.timeline, before).name(found.segment_bytes) for before in range(number - 1, number - 3, -1))
    return next((at for name in names if (at := archived_tail(server, name).committed_at)), None)


def _readable(server: Server, found: Control) -> bool:
    argv = [server.program("pg_waldump"), f"--path={server.data}/pg_wal", "--limit=1"]
    argv += [f"--timeline={found.timeline}", f"--start={format_lsn(found.redo)}"]
    return server.query(argv, timeout_s=_DUMP_S).code == 0


def _last(server: Server, *which: str) -> datetime | None:
    argv = ["sh", "-c", _DUMP, "sh", f"{server.data}/pg_wal", server.program("pg_waldump"), *which]
    return committed_at(server.query(argv, timeout_s=_DUMP_S, env={"TZ": "UTC"}).out)
