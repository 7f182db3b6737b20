"""WAL segments in the old data directory that never reached the archive."""

from __future__ import annotations

from actions.systems.postgres.pgbackrest.command import PATIENCE, command
from actions.systems.postgres.server import Server
from actions.systems.postgres.wal import SEGMENT_NAME

_PUSH_S = 300
_SLOW_S = 15
"""Seconds after which a failing push means an unreachable repository, so that further segments are not tried."""


def waiting_segments(server: Server) -> list[str]:
    """Return the names of complete segments that the server had not archived yet, oldest first."""
    listing = server.query(["sh", "-c", 'ls "$1"/pg_wal/archive_status 2>/dev/null', "sh", server.data])
    names = (name.removesuffix(".ready") for name in listing.out.split() if name.endswith(".ready"))
    return sorted(name for name in names if SEGMENT_NAME.fullmatch(name))


def archive_waiting(server: Server) -> list[str]:
    """Archive complete segments as the server would have, so that the archive has no gap at this point later.

    The segment that was being written is not complete and stays where it is: replay finds it there.

    Returns:
        The names of segments that could not be archived; replay reads those from the old directory.
    """
    waiting, failed = waiting_segments(server), list[str]()
    for number, name in enumerate(waiting):
        argv = command(server, "--no-archive-async", PATIENCE, "archive-push", f"{server.data}/pg_wal/{name}")
        done = server.run(f"archive-{name}", argv, timeout_s=_PUSH_S)
        if done.code != 0:
            failed.append(name)
        if done.code != 0 and done.duration_s > _SLOW_S:
            return [*failed, *waiting[number + 1 :]]
    return failed
