"""Configures WAL replay, and follows it until the server accepts connections."""

from __future__ import annotations

import time
from collections.abc import Mapping

from actions.context import Progress
from actions.outcome import ActionFailed, Cancelled
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.cures import known_cure
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.replay_state import (
    ReplayObservation,
    explain,
    observe_replay,
    require_not_paused,
    require_our_port,
    waits_for,
)
from actions.systems.postgres.server import Server
from actions.systems.postgres.service import went_down
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn, parse_lsn
from journal.wording.durations import rough_duration

_STALL_S = 900.0
_LAUNCH_S = 5.0
_PAUSE_S = 0.3
_LOOK_S = 5.0
_SILENT_S = 30.0
_OURS = ("recovery_target", "restore_command")
_AGAIN = "Run this step again: it looks through the log anew, and names what is missing. Or restore again."
_NOT_PROMOTED = (
    "The server was not promoted. Nothing is lost: the log can be replayed again, or the backup restored again."
)


def recovery_lines(settings: Mapping[str, str], timeline: str) -> list[str]:
    """Return the lines of PostgreSQL's configuration that say how far it replays, and that it is promoted there."""
    wanted = {**settings, "recovery_target_timeline": timeline, "recovery_target_action": "promote"}
    return [f"{name} = '{value}'" for name, value in wanted.items()]


def configure(server: Server, settings: dict[str, str], timeline: int) -> None:
    """Tell the server how far to replay, and to become a primary exactly there. It must be down."""
    path = f"{server.data}/postgresql.auto.conf"
    kept = [line for line in (server.read(path) or "").splitlines() if not line.startswith("recovery_target")]
    lines = recovery_lines(settings, str(timeline))
    server.write(path, "\n".join([*kept, *lines]) + "\n")
    server.write(f"{server.data}/recovery.signal", "")
    server.remove(f"{server.data}/standby.signal")


def unconfigure(server: Server) -> None:
    """Take the recovery settings back: they name this one recovery's places and end."""
    with connect_verified(server, deadline_s=30) as session:
        rows = session.execute(
            "SELECT name FROM pg_file_settings WHERE sourcefile LIKE '%/postgresql.auto.conf'"
        ).fetchall()
        for name in sorted({row[0] for row in rows if row[0].startswith(_OURS)}):
            session.execute(f"ALTER SYSTEM RESET {name}".encode())
        session.execute("SELECT pg_reload_conf()")


def follow(server: Server, *, start_lsn: int, target_lsn: int) -> None:
    """Wait until replay has reached its target and the server is a primary; progress goes by position.

    Where no session can be had yet, what the startup process is at counts as progress: a segment now and then is one.

    Raises:
        ActionFailed: the server went down, listens elsewhere, is paused, or does not move any more: with the cause.
        Cancelled: somebody asked to stop; the server goes on replaying.
    """
    begun = time.monotonic()
    watch = _Watch(server, begun)
    while True:
        if server.ctx.cancelled:
            raise Cancelled("The server goes on replaying its log and is promoted at the target; writers are kept out.")
        position, waits = _position(server)
        if position is None:
            server.ctx.progress(Progress(fraction=1, text="recovered"))
            return
        now = time.monotonic()
        if now - begun > _LAUNCH_S and not postmaster(server):
            raise went_down(server, _AGAIN, _NOT_PROMOTED)
        if watch.moved(position, now):
            server.ctx.progress(_progress(position, start_lsn, target_lsn, now - begun))
        elif now - watch.at > _STALL_S:
            raise _stalled(server, watch, waits)
        time.sleep(_PAUSE_S)


class _Watch:
    """Whether replay moves: by its position, and by what is seen from outside where that stands still."""

    def __init__(self, server: Server, now: float) -> None:
        self.position = -1
        self.seen = ReplayObservation("", "")
        self.at = self._looked = now
        self._server = server

    def moved(self, position: int, now: float) -> bool:
        """Take one look, and say whether the position moved on."""
        if position > self.position:
            self.position, self.at = position, now
            return True
        if now - self._looked >= _LOOK_S:
            self._looked = now
            if (seen := observe_replay(self._server)) != self.seen:
                self.seen, self.at = seen, now
            elif now - self.at > _SILENT_S:
                words = (
                    f"no progress for {rough_duration(now - self.at)}: {self.seen.title or 'the server is starting'}"
                )
                self._server.ctx.progress(Progress(text=words))
        return False


def _stalled(server: Server, watch: _Watch, waits: str) -> ActionFailed:
    why, cure = explain(server, watch.seen.title, waits)
    return ActionFailed(
        f"Replay has not moved from {format_lsn(max(watch.position, 0))} for {_STALL_S / 60:.0f} minutes: {why}.",
        cure,
        left_behind="The server is still replaying.",
        cures=known_cure(server, cure),
    )


def _position(server: Server) -> tuple[int | None, str]:
    """Return how far replay came (0 while that cannot be asked, None once the server is a primary), and its wait."""
    try:
        with connect_verified(server, deadline_s=5) as session:
            row = session.execute("SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn()::text").fetchone()
            if not row or not row[0]:
                return None, ""
            position = parse_lsn(row[1]) if row[1] else 0
            require_not_paused(server, session, position)
            return position, waits_for(session)
    except CannotConnect as error:
        if error.why == "another" and (pid := postmaster(server)):
            require_our_port(server, pid)
        if error.why in ("password", "tls", "another", "unproven"):
            raise
        return 0, ""


def _progress(position: int, start_lsn: int, target_lsn: int, elapsed: float) -> Progress:
    total, done = target_lsn - start_lsn, position - start_lsn
    if total <= 0 or done <= 0:
        return Progress(text="replaying up to consistency")
    rate = done / max(elapsed, 0.1)
    return Progress(
        fraction=min(done / total, 1.0),
        text=f"replayed to {format_lsn(position)} of {format_lsn(target_lsn)}",
        rate=rate,
        eta_s=max(0.0, (total - done) / rate),
    )
