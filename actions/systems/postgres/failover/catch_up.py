"""Waits until a standby has applied all the log that is archived, and has nothing more to fetch."""

from __future__ import annotations

import time

from actions.context import Progress
from actions.outcome import ActionFailed, Cancelled
from actions.systems.postgres.failover.archive_end import ArchiveEnd, archive_end
from actions.systems.postgres.failover.standbys import Reached, reached
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.replay_state import explain, observe_replay, require_not_paused, waits_for
from actions.systems.postgres.server import Server
from actions.systems.postgres.service import went_down
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn

_STALL_S = 300.0
_PAUSE_S = 0.3
_AGAIN_S = 10.0
_LEFT = "It runs as a standby; nothing is lost, and it is not promoted."


def catch_up(server: Server, begin: int) -> None:
    """Wait until a standby has all that is archived. The archive is looked at again as it ends: more may have come.

    Args:
        server: the standby, which is up.
        begin: where it stood, in bytes, for the progress.

    Raises:
        ActionFailed: it went down, is paused, or does not move any more: with the cause.
        Cancelled: somebody asked to stop; the standby goes on replaying.
    """
    position, moved = -1, time.monotonic()
    end, looked = None, 0.0
    while True:
        if server.ctx.cancelled:
            raise Cancelled(f"{server.name} goes on replaying what is archived, and stays a standby.")
        if not postmaster(server):
            raise went_down(server, "Run this step again: it goes on where it stands.", _LEFT)
        with connect_verified(server, deadline_s=30) as session:
            seen, waits = reached(session), waits_for(session)
            require_not_paused(server, session, seen.replayed)
        now = time.monotonic()
        if end is None or end.timeline != seen.timeline or now - looked > _AGAIN_S or seen.received >= end.lsn:
            end, looked = archive_end(server, seen.timeline), now
        if seen.replayed >= seen.received and has_all(server, seen, end):
            server.ctx.progress(Progress(fraction=1, text=f"replayed to {format_lsn(seen.replayed)}"))
            return
        if seen.replayed > position:
            position, moved = seen.replayed, now
            server.ctx.progress(_progress(seen.replayed, begin, end.lsn))
        elif now - moved > _STALL_S:
            why, cure = explain(server, observe_replay(server).title, waits)
            raise ActionFailed(
                f"{server.name} has not moved from {format_lsn(position)} for {_STALL_S / 60:.0f} minutes: {why}.",
                cure,
                left_behind=_LEFT,
            )
        time.sleep(_PAUSE_S)


def has_all(server: Server, seen: Reached, end: ArchiveEnd) -> bool:
    """Return whether a standby has all that is archived.

    The last record of an archived segment may go on in one that never came: then it stands short of the segment's end,
    and waits for the next.
    """
    if seen.received >= end.lsn:
        return True
    return seen.received >= end.lsn - end.size and end.next in observe_replay(server).title


def _progress(position: int, begin: int, end: int) -> Progress:
    words = f"replayed to {format_lsn(position)} of {format_lsn(end)}"
    return Progress(fraction=min(1.0, max(0, position - begin) / max(1, end - begin)), text=words)
