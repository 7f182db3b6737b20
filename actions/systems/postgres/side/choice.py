"""Which backup and which log lead a side instance to the wanted point; a point outside of both is told the range."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import msgspec

from actions.outcome import ActionFailed, Cure
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.known_log import known_log
from actions.systems.postgres.pgbackrest.archive import read_archive
from actions.systems.postgres.pgbackrest.command import Backup, Repository, read_repository
from actions.systems.postgres.pgbackrest.repository_check import damaged_everywhere, known_checks
from actions.systems.postgres.pgbackrest.selection import select_backup
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.replay_target import Logs, ReplayTarget, find_replay_target, reaches_gap
from actions.systems.postgres.restore_record import RestoreRecord, load_record
from actions.systems.postgres.server import Server
from actions.systems.postgres.side.place import exact
from actions.systems.postgres.timelines import target_timeline
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn, segment_size
from journal.incident.recovery_point import RecoveryPoint

_ARCHIVED_S = 120.0
_PAUSE_S = 0.3
_AFTER = timedelta(microseconds=1)
"""Commits are timed to the microsecond: nothing lies between one and this long after it."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What a side instance is made of.

    Attributes:
        backup: the set that is restored.
        target: where replay ends.
        timeline: the one that is replayed.
        sources: the repositories that log is taken from, and the segments that each has damaged.
        survived: where segments and histories are that only survived beside a server that is down.
        passed_over: newer sets that were not taken, and why.
    """

    backup: Backup
    target: ReplayTarget
    timeline: int
    sources: dict[int, list[str]]
    survived: dict[str, str]
    passed_over: list[str]


def choose(server: Server, point: RecoveryPoint, *, as_it_is: bool = False) -> Choice:
    """Choose backup and log for a point. A server that runs is asked to have its log archived up to now, if need be.

    Args:
        server: the real server.
        point: where to.
        as_it_is: go by what is archived already, as if the real server were lost now.

    Raises:
        ActionFailed: the point is not covered; what is covered is said.
    """
    if point.instant and point.instant > datetime.now(UTC):
        raise ActionFailed(f"{exact(point.instant)} is still to come.", "Choose an instant that has been.")
    found = _Found(server, point)
    if as_it_is or found.covers() or not postmaster(server):
        return found.choice()
    fresh = _archive_now(server, point)
    return (found if server.ctx.dry_run or not fresh else _Found(server, point)).choice(up_to_now=fresh)


class _Found:
    """What there is for a point: a backup, and the log behind it."""

    def __init__(self, server: Server, point: RecoveryPoint) -> None:
        self._server, self._point = server, point
        self._repository = read_repository(server)
        archive = read_archive(server, self._repository)
        known = known_log(server, self._repository, archive)
        self._timeline = target_timeline(server, point, self._repository, known)
        checks = known_checks(server.ctx.incident)
        damaged = {(key, label) for key, one in checks.items() for label in one.damaged}
        path = known.path(server, self._repository, self._timeline)
        try:
            self._selected = select_backup(self._repository, point, path, damaged=damaged)
        except ActionFailed as error:
            raise _outside(error, self._repository, point) from None
        backup = self._selected.backup
        order = sorted({backup.repository, *self._repository.archives}, key=lambda key: key != backup.repository)
        self._sources = {key: checks[key].segments if key in checks else [] for key in order}
        self._logs = Logs(
            server,
            _as_record(server, point, backup, self._timeline, self._sources, archive.held),
            segment_size(backup.start_lsn, backup.start_segment),
        )

    def covers(self) -> bool:
        """Whether the log that is there goes beyond the point."""
        if self._point.instant:
            return self._logs.committed_since(self._point.instant)
        return self._point.kind == "backup" or not reaches_gap(self._logs, self._point)

    def choice(self, *, up_to_now: bool = False) -> Choice:
        """Return it.

        Args:
            up_to_now: the log reaches to the present: nothing was committed behind its end until the point.

        Raises:
            ActionFailed: log is missing before the point, or what was committed until then is not known.
        """
        logs, point = self._logs, self._point
        end = logs.end().committed_at
        just_after = point.instant and end and point.instant <= end + _AFTER  # all there is, by another name
        if (gap := logs.gap()) and reaches_gap(logs, point) and not just_after:
            raise _short(f"Log segment {gap.segment} is {gap.why}.", gap.until)
        if point.instant and not self.covers() and not up_to_now and not just_after:
            raise _short(f"The log that is there ends before {exact(point.instant)}.", end)
        return Choice(
            backup=self._selected.backup,
            target=find_replay_target(logs, point),
            timeline=self._timeline,
            sources=self._sources,
            survived=self._survived(),
            passed_over=self._selected.passed_over,
        )

    def _survived(self) -> dict[str, str]:
        saved = self._logs.saved_wal
        histories = {f"{timeline:08X}.history": history.path for timeline, history in saved.histories.items()}
        return {**saved.files, **histories}


def _as_record(
    server: Server,
    point: RecoveryPoint,
    backup: Backup,
    timeline: int,
    sources: dict[int, list[str]],
    held: dict[str, list[int]],
) -> RestoreRecord:
    """Return what `Logs` wants to know: it reads the archive, and the log that survived on the host."""
    record, here = load_record(server), f"{server.data}/pg_wal"
    alone = here if not postmaster(server) and server.exists(here) else ""
    return RestoreRecord(
        incident=server.ctx.incident.id,
        state="restored",
        point=point.text,
        backup=backup.label,
        repository=backup.repository,
        start_segment=backup.start_segment,
        stop_segment=backup.stop_segment,
        stop_lsn=backup.stop_lsn,
        timeline=timeline,
        sources=sources,
        damaged=damaged_everywhere(sources, held),
        kept=record.kept if record else [],
        saved_wal=alone,
    )


def _archive_now(server: Server, point: RecoveryPoint) -> bool:
    """Have the running server archive what it wrote until now, or say that it would; False where it cannot.

    Raises:
        ActionFailed: the archive does not take it.
    """
    if not server.ctx.effect("let PostgreSQL switch to a new log segment, so that what was committed is archived"):
        return True
    try:
        with connect_verified(server, deadline_s=30) as session:
            row = session.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
    except CannotConnect as error:
        server.ctx.log(f"What was committed last is not archived, and cannot be had: {error.message}", "err")
        return False
    wanted, end = str(row[0]) if row else "", time.monotonic() + _ARCHIVED_S
    while time.monotonic() < end:
        server.ctx.check_cancelled()
        archive = read_archive(server, read_repository(server))
        if wanted in archive.segments or any(name[:8] == wanted[:8] and name > wanted for name in archive.segments):
            return True
        time.sleep(_PAUSE_S)
    raise ActionFailed(
        f"Log segment {wanted}, which {point} may need, was not archived within {_ARCHIVED_S:.0f} s.",
        "See why archiving stands still (pg_stat_archiver, the server's log); then run the step again.",
    )


def _outside(error: ActionFailed, repository: Repository, point: RecoveryPoint) -> ActionFailed:
    """Say from when on a point can be had, where no backup leads to this one."""
    usable = [backup for backup in repository.backups if not backup.error]
    if not usable:
        return error
    first = min(usable, key=lambda backup: backup.stopped_at)
    if point.kind == "lsn":
        since = f"from {format_lsn(first.stop_lsn)} on"
        cures = [Cure(words=f"Choose a position {since}.")]
    else:
        at = first.stopped_at + timedelta(seconds=1)  # the end of a backup is told in whole seconds, rounded down
        since = f"from {exact(at)} on"
        cures = [Cure(words=f"Choose an instant {since}.")]
    return ActionFailed(f"{error.message} What can be had: {since} (backup {first.label}).", cures=cures)


def _short(why: str, until: datetime | None) -> ActionFailed:
    """Say until when a point can be had."""
    if until is None:
        return ActionFailed(f"{why} Nothing was committed before that, as far as the log tells.")
    last = until + _AFTER
    params = {"timestamp": last.isoformat().replace("+00:00", "Z"), "lsn": ""}
    cure = Cure(words=f"Choose {exact(last)} or earlier.", action="postgres.pitr", params=params)
    return ActionFailed(f"{why} What can be had: until {exact(until)}, the last commit before it.", cures=[cure])
