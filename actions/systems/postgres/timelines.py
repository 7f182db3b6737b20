"""Which timeline was current at a given time, from the commits in the WAL and not from a storage's clock.

A repository that was copied has the times of the copy. The log has the times of its commits: a timeline was begun after
the last commit on the one that it left, and before the first one of its own.
"""

from __future__ import annotations

from datetime import datetime

from actions.outcome import ActionFailed, Cure
from actions.recovery_point import label_of
from actions.systems.postgres.known_log import KnownLog
from actions.systems.postgres.pgbackrest.archive import Archive
from actions.systems.postgres.pgbackrest.command import Repository
from actions.systems.postgres.server import Server
from actions.systems.postgres.wal import format_lsn, parse_segment
from actions.systems.postgres.wal_tail import Tail, archived_tail, saved_tail
from journal.incident.recovery_point import RecoveryPoint
from journal.plan.model import RECOVERY_POINT

_LOOKED_THROUGH = 8
"""Segments without a commit that are read before an end counts as not known: a bulk load fills some."""


def target_timeline(server: Server, point: RecoveryPoint, repository: Repository, known: KnownLog) -> int:
    """Return the timeline on which the recovery point lies.

    An instant lies on the timeline that was written then, even if an earlier recovery left it since.

    Raises:
        ActionFailed: it lies between the last commit of one timeline and the first of the next; or a log is unreadable.
    """
    if point.kind == "time" and point.instant:
        return _timeline_when(server, point.instant, known)
    if point.kind == "backup" and (named := repository.backup(label_of(point))):
        return named.timeline
    newest = max(known.newest_timeline, *(backup.timeline for backup in repository.backups), 1)
    if newest in known.timelines and point.kind == "latest":
        _say_what_was_left(server, known, repository, newest)
    return newest


def _say_what_was_left(server: Server, known: KnownLog, repository: Repository, newest: int) -> None:
    """Say what lies on the timeline that an earlier recovery left: the latest is the newest timeline's.

    It only tells: where the log cannot be read now (pgBackRest wants a control file for that, and a lost data directory
    has none), the recovery goes on without.
    """
    forks = known.path(server, repository, newest).forks
    try:
        last = _edge(server, known, forks[-1].timeline, first=False) if forks else None
    except ActionFailed as error:
        server.ctx.log(f"What was left on timeline {forks[-1].timeline} is not known: {error.message}", "err")
        return
    if last:
        server.ctx.log(
            f"The latest is that of timeline {newest}, which left timeline {forks[-1].timeline} at "
            f"{format_lsn(forks[-1].lsn)}. What was committed there behind that, until {last:%Y-%m-%d %H:%M:%S} UTC at "
            "the latest, is not on it: to go back there, decide on a time or a position of then."
        )


def _timeline_when(server: Server, instant: datetime, known: KnownLog) -> int:
    """Go back from the newest timeline to the one that had begun at ``instant``."""
    for timeline in sorted(known.timelines, reverse=True):
        first = _edge(server, known, timeline, first=True)
        if first and instant >= first:
            return timeline
        parent, last = _before(server, known, timeline)
        if last and instant <= last:
            continue
        if first is None:
            return timeline  # no commit of it is known: after all that are, it is where the server stood
        raise _unknown(instant, timeline, parent, first, last)
    return 1


def _before(server: Server, known: KnownLog, timeline: int) -> tuple[int, datetime | None]:
    """Return the last known commit on any timeline before this one, and which that is."""
    older = sorted((each for each in {1, *known.timelines} if each < timeline), reverse=True)
    for each in older:
        if last := _edge(server, known, each, first=False):
            return each, last
    return older[0], None


def edge(server: Server, archive: Archive, timeline: int, *, first: bool) -> datetime | None:
    """Return a timeline's first or last archived commit; None where its outer segments hold none."""
    return _edge(server, KnownLog(archive=archive), timeline, first=first)


def _edge(server: Server, known: KnownLog, timeline: int, *, first: bool) -> datetime | None:
    """Return a timeline's first or last known commit: archived, or in a copy."""
    for name in sorted(known.segments(timeline), reverse=not first)[:_LOOKED_THROUGH]:
        tail = _tail(server, known, name)
        if at := tail.first_committed_at if first else tail.committed_at:
            return at
    return None


def _tail(server: Server, known: KnownLog, name: str) -> Tail:
    if holders := known.archive.held.get(name):
        return archived_tail(server, name, holders)
    size = known.saved_wal.size
    return saved_tail(server, {parse_segment(name, size).number: known.saved_wal.files[name]}, size)


def _unknown(
    instant: datetime, timeline: int, parent: int, first: datetime | None, last: datetime | None
) -> ActionFailed:
    def words(at: datetime | None) -> str:
        return f"{at:%Y-%m-%d %H:%M:%S.%f} UTC" if at else "a time that is not known"

    return ActionFailed(
        f"{instant:%Y-%m-%d %H:%M:%S} UTC lies between the last commit on timeline {parent} ({words(last)}) and the "
        f"first on timeline {timeline} ({words(first)}): nobody can tell which one is meant.",
        cures=[
            Cure(
                words=f"Decide on a point up to the last commit on timeline {parent}, or from the first on timeline "
                f"{timeline} on; or name the position (lsn:…).",
                decision=RECOVERY_POINT,
            )
        ],
    )
