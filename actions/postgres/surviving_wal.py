"""The log that survived in the old data directory and never reached the archive."""

from __future__ import annotations

from actions.backups.pgbackrest import command
from actions.postgres.server import Server
from actions.postgres.wal import SEGMENT_NAME

_PUSH_S = 300


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
    failed = []
    for name in waiting_segments(server):
        argv = command(server, "--no-archive-async", "archive-push", f"{server.data}/pg_wal/{name}")
        done = server.run(f"archive-{name}", argv, timeout_s=_PUSH_S)
        if done.code != 0:
            failed.append(name)
    return failed
