"""Makes a side instance: restores into its own directory, replays up to the point, and proves where it stands."""

from __future__ import annotations

import re
import socket
import time
from datetime import UTC, datetime

from actions.context import Progress
from actions.machine.directories import inspect_directories, used
from actions.machine.machine import last_words
from actions.machine.room import SpaceNeed, require_room
from actions.machine.side_directory import make_directory
from actions.outcome import ActionFailed, Cure
from actions.systems.postgres.causes import cure_for
from actions.systems.postgres.layout import backup_layout
from actions.systems.postgres.pgbackrest.restore_progress import RestoreProgress
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.replay_state import explain, observe_replay
from actions.systems.postgres.restore_command import READY
from actions.systems.postgres.server import Server
from actions.systems.postgres.server_log import new_lines
from actions.systems.postgres.service import start_service, went_down
from actions.systems.postgres.side.ask import ask, require_answers, script
from actions.systems.postgres.side.choice import Choice, choose
from actions.systems.postgres.side.configuration import configuration, restore_line, write_configuration
from actions.systems.postgres.side.place import (
    RECORD,
    Purpose,
    Side,
    SideRecord,
    exact,
    new_port,
    save_side,
    superuser,
    updated,
)
from actions.systems.postgres.side.removal import remove_side, require_ours
from journal.incident.recovery_point import RecoveryPoint

_DAY_S = 24 * 3600.0
_STALL_S = 900.0
_LAUNCH_S = 5.0
_PAUSE_S = 0.3
_RESERVE: dict[Purpose, float] = {"side": 1.1, "drill": 1.5, "scan": 1.1}
"""Of the backup's size: log that is fetched, and what the replay adds; a drill leaves more room to the real server."""
_STOPPED = re.compile(r"recovery stopping before (?:commit|abort) of transaction \d+, time (\S+ \S+)")
_UNSEAL = '[ ! -d "$1/data/pg_tblspc" ] || chmod 700 "$1/data/pg_tblspc"; '
_SEAL = 'chmod 500 "$1/data/pg_tblspc"'
"""A tablespace that was made after the backup is made again by the replay, *where the real server's is*, and what is
replayed in it is written over the real server's files (seen with 15.18). It is linked to from this directory: where
that cannot be written, the replay ends before anything is."""
_SEALED = re.compile(r'could not create symbolic link "(pg_tblspc/\d+)"|FATAL: +directory "(.+)" does not exist')
_LEFT = "The side instance is incomplete: run the step again, or remove it (postgres.pitr_discard)."


def make_side(server: Server, point: RecoveryPoint, *, database: str = "", purpose: Purpose = "side") -> Side | None:
    """Return a side instance that stands at a point; what is there already is used, gone on with or replaced.

    Args:
        server: the real server: nothing of it is touched.
        point: where it shall stand.
        database: the only database that is wanted; empty: all.
        purpose: what for. Only people's own asks the real server for log that is not archived yet.

    Returns:
        It, or None in a dry run.

    Raises:
        ActionFailed: the point is not covered, or it does not stand there.
    """
    there = require_ours(server, purpose)
    if there and _stands(there, point, database):
        server.ctx.log(f"{there.server.name} stands there already.")
        return there
    chosen = choose(server, point, as_it_is=purpose != "side")
    _say(server, chosen, database)
    side, goes_on = Side(server, _record(server, point, chosen, database, purpose)), False
    if there and _can_go_on(there, side.record):
        server.ctx.log(f"{there.server.name} was begun, and is gone on with.")
        side, goes_on = there, True
    elif there and server.ctx.effect(f"remove the side instance that stands {there.record}"):
        remove_side(server, there, purpose)
    _require_room(side, chosen, there=goes_on)
    if side.record.state == "restoring" and server.ctx.effect(f"restore {chosen.backup.label} into {side.root}"):
        _restore(side, chosen)
    words = f"start it there, on a private socket, archiving nothing, and replay to {chosen.target.words}"
    if not server.ctx.effect(words):
        return None
    side = _recover(side, chosen)
    seconds = (datetime.now(UTC) - side.record.begun_at).total_seconds()
    return updated(side, state="ready", seconds=round(seconds, 1), **_prove(side, point))


def _stands(side: Side, point: RecoveryPoint, database: str) -> bool:
    """Whether a side instance is what is wanted already, and runs."""
    record = side.record
    enough = record.database in ("", database) and (record.database == database or not record.database)
    return record.state == "ready" and record.point == point.text and enough and bool(postmaster(side.server))


def _can_go_on(there: Side, wanted: SideRecord) -> bool:
    """Whether what an earlier run left can be gone on with; what was started and went down is restored anew."""
    record = there.record
    same = (record.point, record.backup, record.database) == (wanted.point, wanted.backup, wanted.database)
    started = there.of.exists(f"{there.root}/data/pg_wal") and not there.of.exists(f"{there.root}/data/backup_label")
    return same and (
        record.state == "restoring"
        or (record.state == "recovering" and (not started or bool(postmaster(there.server))))
    )


def _say(server: Server, chosen: Choice, database: str) -> None:
    for why in chosen.passed_over:
        server.ctx.log(f"Passed over: {why}.")
    only = f", database {database} alone" if database else ""
    at = f"{chosen.backup.stopped_at:%Y-%m-%d %H:%M:%S} UTC"
    server.ctx.log(f"Backup {chosen.backup.label}, ended {at}{only}; its log is replayed to {chosen.target.words}.")


def _record(server: Server, point: RecoveryPoint, chosen: Choice, database: str, purpose: Purpose) -> SideRecord:
    return SideRecord(
        made=f"{datetime.now(UTC):%Y%m%d%H%M%S%f}",
        of=server.data,
        incident=server.ctx.incident.id,
        state="restoring",
        point=point.text,
        target=str(point) if point.instant else chosen.target.words,
        backup=chosen.backup.label,
        database=database,
        port=new_port(server, purpose),
        superuser=superuser(server),
        timeline=chosen.timeline,
        console=socket.gethostname(),
        purpose=purpose,
    )


def _require_room(side: Side, chosen: Choice, *, there: bool) -> None:
    """Say where it will lie, and stop where it does not fit: a full disk there may be the real server's, too."""
    root, real = inspect_directories(side.of, side.root, side.of.data)
    if f"{root.real}/".startswith(f"{real.real}/") or f"{real.real}/".startswith(f"{root.real}/"):
        raise ActionFailed(
            f"{root.path} lies in the data directory {real.path}.",
            "Name another folder (scratch_in: at this system in the inventory).",
        )
    layout = backup_layout(side.of, chosen.backup)
    size = layout.data + sum(space.size or 0 for space in layout.tablespaces)
    side.of.ctx.log(f"The side instance lies in {root}.")
    missing = int(size * _RESERVE[side.record.purpose]) - (used(side.of, side.root) if there else 0)
    require_room(side.of, [SpaceNeed(root, missing, "the side instance")])


def _restore(side: Side, chosen: Choice) -> None:
    of, made = side.of, side.record.made
    make_directory(of, f"make-{made}", side.root, RECORD, ("data", "socket", "lock", "tablespaces"))
    save_side(side)
    of.run(f"ready-{made}", ["sh", "-c", f'{_UNSEAL}set -- "$1/data"\n{READY}', "sh", side.root])
    progress = RestoreProgress(chosen.backup.size, None, of.ctx.progress)
    line = [*side.gently, *restore_line(side, repository=chosen.backup.repository)]
    done = of.run(f"restore-{made}", line, timeout_s=_DAY_S, on_line=progress.line)
    if done.code != 0:
        cure = cure_for(done, f"{done.err}\n{done.out[-4000:]}", "See its output (o).")
        again = Cure(words="Verify the backups: that finds the sets that are sound.", action="backups.verify")
        raise ActionFailed(
            f"pgBackRest could not restore backup {chosen.backup.label} (exit status {done.code}): {last_words(done)}",
            left_behind=_LEFT,
            cures=[again, Cure(words=cure)],
            facts={"backup": chosen.backup.label},
        )


def _recover(side: Side, chosen: Choice) -> Side:
    """Start it, and wait until it has replayed up to the target and takes connections on its socket."""
    side = updated(side, state="recovering")
    if not postmaster(side.server):
        text = configuration(side, chosen.target.settings, chosen.timeline, chosen.sources)
        write_configuration(side, text, chosen.survived)
        _seal(side)
        start_service(side.server, f"start-{side.record.made}")
    _follow(side)
    require_answers(side)
    return side


def _seal(side: Side) -> None:
    """Keep the replay from making tablespaces, which would be the real server's.

    Raises:
        ActionFailed: it cannot be kept from that.
    """
    done = side.of.run(f"seal-{side.record.made}", ["sh", "-c", _SEAL, "sh", side.root])
    writable = side.of.query(["test", "-w", f"{side.root}/data/pg_tblspc"]).code == 0
    if done.code != 0 or writable:
        raise ActionFailed(
            f"{side.root}/data/pg_tblspc cannot be kept from being written: {last_words(done)}.",
            "Run the server's programs as an account of its own (run_as:), which is not root.",
            left_behind=_LEFT,
        )


def _down(side: Side) -> ActionFailed:
    """Return the error for an instance that went down as it replayed."""
    if found := next((match for line in new_lines(side.server) if (match := _SEALED.search(line))), None):
        return ActionFailed(
            f"A tablespace ({found[1] or found[2]}) was made after backup {side.record.backup}: replayed, it would lie "
            "where the real server has it, and be written over that.",
            "Choose a point before that, or one after a backup that was taken since (backups.take).",
            left_behind=_LEFT,
        )
    return went_down(side.server, "Run the step again: it looks through the log anew.", _LEFT)


def _follow(side: Side) -> None:
    server, begun = side.server, time.monotonic()
    seen, moved = observe_replay(server), begun
    while True:
        server.ctx.check_cancelled()
        if script(side, "SELECT 1;", "postgres", timeout_s=10).code == 0:
            return
        now = time.monotonic()
        if now - begun > _LAUNCH_S and not postmaster(server):
            raise _down(side)
        if (found := observe_replay(server)) != seen:
            seen, moved = found, now
            server.ctx.progress(Progress(text=found.title or "starting"))
        elif now - moved > _STALL_S:
            why, cure = explain(server, seen.title, "")
            raise ActionFailed(f"Replay does not move: {why}.", cure, left_behind=_LEFT)
        time.sleep(_PAUSE_S)


def _prove(side: Side, point: RecoveryPoint) -> dict[str, datetime | None]:
    """Return the last commit in it and the first one after it, which prove that it is neither short nor past the point.

    Raises:
        ActionFailed: it stands elsewhere.
    """
    rows = ask(side, "SELECT pg_is_in_recovery() AS replays, pg_last_xact_replay_timestamp()::text AS last", "postgres")
    last, stopped = _instant(rows[0]["last"]), _stopped_before(new_lines(side.server))
    wrong = []
    if rows[0]["replays"]:
        wrong.append("it still replays")
    if point.instant and last and last >= point.instant:
        wrong.append(f"it holds a commit of {exact(last)}, which is past it")
    if point.instant and stopped and stopped < point.instant:
        wrong.append(f"it stopped before a commit of {exact(stopped)}, which is short of it")
    if wrong:
        raise ActionFailed(
            f"The side instance does not stand {point}: {'; '.join(wrong)}.",
            "Clocks may have been set back then: choose a position (lsn) instead of an instant.",
            left_behind=_LEFT,
        )
    return {"last_before": last, "first_after": stopped}


def _stopped_before(lines: list[str]) -> datetime | None:
    """Return the instant of the first commit that was not replayed, by the server's own log."""
    found = [match for line in lines if (match := _STOPPED.search(line))]
    return _instant(found[-1][1]) if found else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
