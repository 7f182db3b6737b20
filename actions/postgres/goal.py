"""How far the log is replayed: always to a position that is known to be there, never "as far as it goes".

With PostgreSQL's default target a missing segment makes recovery promote silently short. With an explicit
target it stops with an error instead.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

import msgspec

from actions.backups.archive import Archive, first_missing, previous, read_archive, read_path
from actions.backups.pgbackrest import read_repository
from actions.outcome import ActionFailed
from actions.postgres.recovery_point import RecoveryPoint
from actions.postgres.restore_record import RestoreRecord
from actions.postgres.server import Server
from actions.postgres.wal import SEGMENT_NAME, Path, format_lsn, parse_segment
from actions.postgres.wal_tail import Tail, archived_tail, saved_tail


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """Where replay ends: PostgreSQL's settings for it, the expected position in bytes, and words."""

    settings: dict[str, str]
    lsn: int
    words: str


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A segment that replay needs and does not find.

    ``until`` is the last commit before it; ``newest`` the last one known after it.
    """

    segment: str
    damaged: bool
    until: datetime | None
    newest: datetime | None


class Logs:
    """All log there is for one restore: in the archive, and what survived in the old data directory."""

    def __init__(self, server: Server, record: RestoreRecord, segment_bytes: int) -> None:
        repository = read_repository(server)
        self.server = server
        self.record = record
        self.size = segment_bytes
        self.archive: Archive = read_archive(server, repository)
        self.path: Path = read_path(server, repository, record.timeline)
        self._read: dict[str, Tail] = {}
        self._saved = {name for place in record.logs for name in _saved_names(server, place)}

    @cached_property
    def archived_end(self) -> str:
        """The newest segment of an unbroken line from the backup on, in the archive or healed by a saved one."""
        missing = first_missing(self.path, self.record.start_segment, self._sound | self._healing, self.size)
        return previous(self.path, missing, self.size)

    @property
    def missing(self) -> str:
        """The segment after ``archived_end`` if the archive goes on behind it: a gap. Else an empty string."""
        after = parse_segment(self.archived_end, self.size).number + 1
        newest = parse_segment(self._newest, self.size).number if self._newest else 0
        return next(self.path.segments(after, after, self.size)).name(self.size) if newest >= after else ""

    def gap(self) -> Gap | None:
        """Return the first gap, or None."""
        if not (segment := self.missing):
            return None
        return Gap(
            segment=segment,
            damaged=segment in self.record.damaged,
            until=self.end().committed_at,
            newest=self._archived(self._newest).committed_at,
        )

    @cached_property
    def _end(self) -> Tail:
        archived = self._tail(self.archived_end)
        if self.missing or not self.record.logs:
            return archived
        number = parse_segment(self.archived_end, self.size).number + 1
        survived = self._survived(self.path.timeline_at(number, self.size), number)
        if survived.lsn is None:
            return archived
        return Tail(survived.lsn, survived.reach, survived.committed_at or archived.committed_at)

    def end(self) -> Tail:
        """Return the last record that can be replayed; the tail that survived counts where no gap is before it."""
        return self._end

    def committed_since(self, instant: datetime) -> bool:
        """Whether a transaction that replay can reach committed at or after ``instant``."""
        if (tail := self.end()).committed_at:
            return tail.committed_at >= instant
        segment = self.archived_end
        while segment > self.record.start_segment:
            if committed := self._tail(segment).committed_at:
                return committed >= instant
            segment = previous(self.path, segment, self.size)
        return False

    def _tail(self, segment: str) -> Tail:
        if segment in self._sound:
            return self._archived(segment)
        found = parse_segment(segment, self.size)
        return self._survived(found.timeline, found.number)

    def _archived(self, segment: str) -> Tail:
        """Return the end of an archived segment, from where replay takes it. It is fetched once."""
        if segment not in self._read:
            holders = self.archive.held.get(segment, ())
            whole = [key for key, bad in self.record.sources.items() if key in holders and segment not in bad]
            self._read[segment] = archived_tail(self.server, segment, whole or holders)
        return self._read[segment]

    def _survived(self, timeline: int, number: int) -> Tail:
        """Return the end of the log that survived, read on from segment ``number``, in the copy that has most of it.

        Replay takes a segment from the first copy that has it: a copy counts up to where an earlier one takes over.
        """
        tails = [saved_tail(self.server, place, timeline, number * self.size, self.size) for place in self.record.logs]
        return max(tails, key=lambda tail: tail.lsn or 0, default=Tail(None, 0, None))

    @cached_property
    def _sound(self) -> set[str]:
        return self.archive.segments - set(self.record.damaged)

    @property
    def _healing(self) -> set[str]:
        """Saved segments in front of the archive's end; those behind it may be recycled files with old content."""
        return {name for name in self._saved if self._newest and name[8:] <= self._newest[8:]}

    @cached_property
    def _newest(self) -> str:
        """The archive's newest segment on the way to the goal."""
        return self.archive.newest(self.path, self.size)


def _saved_names(server: Server, directory: str) -> set[str]:
    if not directory:
        return set()
    listing = server.query(["sh", "-c", 'ls "$1" 2>/dev/null', "sh", directory])
    return {name for name in listing.out.split() if SEGMENT_NAME.fullmatch(name)}


def reaches_gap(logs: Logs, point: RecoveryPoint) -> bool:
    """Whether the recovery point lies behind the first gap."""
    if point.kind == "backup":
        return logs.archived_end[8:] < logs.record.stop_segment[8:]
    if point.kind == "time" and point.instant:
        return not logs.committed_since(point.instant)
    return point.kind == "latest" or point.lsn > logs.end().reach


def is_latest(logs: Logs, point: RecoveryPoint) -> bool:
    """Whether everything there is lies before the recovery point: then it is the latest, by whatever name."""
    if point.kind == "time" and point.instant:
        return not logs.committed_since(point.instant)
    return point.kind == "latest" or (point.kind == "lsn" and point.lsn > (logs.end().lsn or 0))


def find_goal(logs: Logs, point: RecoveryPoint, *, to_gap: bool = False) -> Goal:
    """Return where replay ends for this recovery point, in the log that can be replayed.

    Args:
        logs: the log there is.
        point: where to recover to.
        to_gap: stop at the end of the log that can be replayed, as was decided; it is short of the point.

    Raises:
        ActionFailed: the recovery point is not in the log.
    """
    if to_gap:
        return _everything(logs)
    if point.kind == "backup":
        label = logs.record.backup
        return Goal(
            settings={"recovery_target": "immediate"}, lsn=logs.record.stop_lsn, words=f"the end of backup {label}"
        )
    if point.kind == "time" and point.instant and logs.committed_since(point.instant):
        settings = {"recovery_target_time": point.instant.isoformat(" "), "recovery_target_inclusive": "off"}
        return Goal(
            settings=settings, lsn=logs.end().lsn or 0, words=f"just before {point.instant:%Y-%m-%d %H:%M:%S.%f} UTC"
        )
    if point.kind == "lsn" and point.lsn <= (logs.end().lsn or 0):
        settings = {"recovery_target_lsn": format_lsn(point.lsn), "recovery_target_inclusive": "off"}
        return Goal(settings=settings, lsn=point.lsn, words=f"just before {format_lsn(point.lsn)}")
    if point.kind == "lsn" and point.lsn > logs.end().reach:
        raise ActionFailed(
            f"The log ends at {format_lsn(logs.end().reach)}, before {point}.", "Decide on another recovery point."
        )
    return _everything(logs)


def _everything(logs: Logs) -> Goal:
    end = logs.end()
    if end.lsn is None:
        raise ActionFailed("The log holds no complete record after the backup.", "Restore an older backup.")
    words = f"the last complete record, {format_lsn(end.lsn)}"
    return Goal(settings={"recovery_target_lsn": format_lsn(end.lsn)}, lsn=end.lsn, words=words)
