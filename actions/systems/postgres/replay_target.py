"""Determines the position up to which WAL is replayed; it must exist in the WAL that is available.

With PostgreSQL's default target a missing segment makes recovery promote silently short. With an explicit
target it stops with an error instead.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

import msgspec

from actions.outcome import ActionFailed, Cure
from actions.systems.postgres.cures import backup_before, restore_cure
from actions.systems.postgres.pgbackrest.archive import Archive, first_missing, previous, read_archive
from actions.systems.postgres.pgbackrest.command import read_repository
from actions.systems.postgres.restore_record import RestoreRecord
from actions.systems.postgres.saved_wal import find_path, read_saved_wal
from actions.systems.postgres.server import Server
from actions.systems.postgres.wal import Fork, Path, Segment, format_lsn, lsn_of, parse_segment
from actions.systems.postgres.wal_tail import Tail, archived_tail, saved_tail
from journal.incident.recovery_point import RecoveryPoint
from journal.plan.model import RECOVERY_POINT


class ReplayTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where replay ends: PostgreSQL's settings for it, the expected position in bytes, and words."""

    settings: dict[str, str]
    lsn: int
    words: str


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A segment that replay needs and does not find whole.

    ``why`` says where it is missing or damaged; ``until`` is the last commit before it; ``newest`` the last one known
    after it.
    """

    segment: str
    why: str
    until: datetime | None
    newest: datetime | None


class Logs:
    """All log there is for one restore: in the archive, and what survived in copies."""

    def __init__(self, server: Server, record: RestoreRecord, segment_bytes: int) -> None:
        repository = read_repository(server)
        self.server = server
        self.record = record
        self.size = segment_bytes
        self.archive: Archive = read_archive(server, repository)
        self.saved_wal = read_saved_wal(server, record.logs, repository, self.archive)
        self.path: Path = find_path(server, repository, self.archive, self.saved_wal, record.timeline)
        self._read: dict[str, Tail] = {}

    @cached_property
    def end_segment(self) -> str:
        """The newest segment of an unbroken line from the backup on, in the archive or in a copy."""
        available = self._sound | self.saved_wal.files.keys()
        missing = first_missing(self.path, self.record.start_segment, available, self.size)
        return previous(self.path, missing, self.size)

    @property
    def missing(self) -> str:
        """The segment after ``end_segment`` if there was log behind it: a gap. Else an empty string."""
        return self._name(self._after) if self._goes_on or self._forks_later else ""

    @property
    def _after(self) -> int:
        return parse_segment(self.end_segment, self.size).number + 1

    @property
    def _goes_on(self) -> bool:
        """Whether there is a segment behind the end of the line."""
        return bool(self._newest) and parse_segment(self._newest, self.size).number >= self._after

    @property
    def _forks_later(self) -> bool:
        """Whether the way forks where no log reaches: what was written until then is known to have been there."""
        last = self.path.forks[-1] if self.path.forks else None
        return last is not None and last != self._fork and (last.lsn - 1) // self.size >= self._after

    def gap(self) -> Gap | None:
        """Return the first gap, or None."""
        segment = self._broken or self.missing
        if not segment:
            return None
        readable = self._goes_on and (self._newest in self._sound or self._newest in self.saved_wal.files)
        newest = self._tail(self._newest).committed_at if readable else None
        return Gap(segment=segment, why=self._why(segment), until=self.end().committed_at, newest=newest)

    def _why(self, segment: str) -> str:
        if segment == self._broken:
            return f"damaged in the copy that survived, {self._run[parse_segment(segment, self.size).number]}"
        why = "damaged in the archive" if segment in self.record.damaged else "missing from the archive"
        unsound = self.saved_wal.unsound.get(segment)
        return f"{why}, and of no use in the copy that survived: {unsound}" if unsound else why

    @cached_property
    def _end(self) -> Tail:
        run = self._run
        if not run:
            return self._archived(self.end_segment)
        before = previous(self.path, self._name(min(run)), self.size)
        archived = self._archived(before) if before in self._sound else Tail(None, 0, None)
        saved = saved_tail(self.server, run, self.size, self._fork_lsn)
        if saved.lsn is None:
            return archived
        return Tail(saved.lsn, saved.reach, saved.committed_at or archived.committed_at)

    @cached_property
    def _run(self) -> dict[int, str]:
        """The files of the segments at the end of the line that only copies have, by their numbers."""
        run, name = dict[int, str](), self.end_segment
        if self._fork:
            number = self._fork.lsn // self.size
            run[number] = self.saved_wal.files[Segment(self._fork.timeline, number).name(self.size)]
        while name not in self._sound and name in self.saved_wal.files and name[8:] >= self.record.start_segment[8:]:
            run[parse_segment(name, self.size).number] = self.saved_wal.files[name]
            name = previous(self.path, name, self.size)
        return dict(sorted(run.items()))

    @cached_property
    def _fork(self) -> Fork | None:
        """The fork behind the end of the line, where a copy has its segment as an older timeline wrote it only.

        What lies before the fork is the newer timeline's as well, and is replayed from there.
        """
        if self._goes_on:
            return None
        number = self._after
        at = (fork for fork in reversed(self.path.forks) if fork.lsn // self.size == number and fork.lsn % self.size)
        names = ((fork, Segment(fork.timeline, number).name(self.size)) for fork in at)
        return next((fork for fork, name in names if name in self.saved_wal.files), None)

    @property
    def _fork_lsn(self) -> int:
        return self._fork.lsn if self._fork else 0

    @cached_property
    def _broken(self) -> str:
        """The segment of a copy that cannot be read to its end though there is log behind it; else an empty string."""
        if not self._run:
            return ""
        first, last = min(self._run), max(self._run)
        end = max((self._end.lsn or 0) // self.size, first - 1)
        for number in range(end + 1, last + 1):
            if saved_tail(self.server, {number: self._run[number]}, self.size, self._fork_lsn).lsn is not None:
                return self._name(end if end >= first and number == end + 1 else end + 1)
        return ""

    def end(self) -> Tail:
        """Return the last record that can be replayed; the tail that survived counts where no gap is before it."""
        return self._end

    def committed_since(self, instant: datetime) -> bool:
        """Whether a transaction that replay can reach committed at or after ``instant``."""
        if (tail := self.end()).committed_at:
            return tail.committed_at >= instant
        segment = self.end_segment
        while segment > self.record.start_segment:
            if committed := self._tail(segment).committed_at:
                return committed >= instant
            segment = previous(self.path, segment, self.size)
        return False

    def _tail(self, segment: str) -> Tail:
        if segment in self._sound:
            return self._archived(segment)
        return saved_tail(
            self.server, {parse_segment(segment, self.size).number: self.saved_wal.files[segment]}, self.size
        )

    def _archived(self, segment: str) -> Tail:
        """Return the end of an archived segment, from where replay takes it. It is fetched once."""
        if segment not in self._read:
            holders = self.archive.held.get(segment, ())
            whole = [key for key, bad in self.record.sources.items() if key in holders and segment not in bad]
            self._read[segment] = archived_tail(self.server, segment, whole or holders)
        return self._read[segment]

    @cached_property
    def _sound(self) -> set[str]:
        return self.archive.segments - set(self.record.damaged)

    @cached_property
    def _newest(self) -> str:
        """The newest segment on the way to the target of which there is any sign."""
        known = self.archive.segments | self.saved_wal.files.keys() | self.saved_wal.complete
        return msgspec.structs.replace(self.archive, segments=known).newest(self.path, self.size)

    def _name(self, number: int) -> str:
        return next(self.path.segments(number, number, self.size)).name(self.size)


def reaches_gap(logs: Logs, point: RecoveryPoint) -> bool:
    """Whether the recovery point lies behind the first gap."""
    if point.kind == "backup":
        return logs.end_segment[8:] < logs.record.stop_segment[8:]
    if point.kind == "time" and point.instant:
        return not logs.committed_since(point.instant)
    return point.kind == "latest" or lsn_of(point) > logs.end().reach


def is_latest(logs: Logs, point: RecoveryPoint) -> bool:
    """Whether everything there is lies before the recovery point: then it is the latest, by whatever name."""
    if point.kind == "time" and point.instant:
        return not logs.committed_since(point.instant)
    return point.kind == "latest" or (point.kind == "lsn" and lsn_of(point) > (logs.end().lsn or 0))


def settings_at(point: RecoveryPoint) -> dict[str, str]:
    """Return PostgreSQL's settings that end replay at a point, whatever log there is; none for the latest."""
    if point.kind == "backup":
        return {"recovery_target": "immediate"}
    if point.kind == "time" and point.instant:
        return {"recovery_target_time": point.instant.isoformat(" "), "recovery_target_inclusive": "off"}
    if point.kind == "lsn":
        return {"recovery_target_lsn": format_lsn(lsn_of(point)), "recovery_target_inclusive": "off"}
    return {}


def find_replay_target(logs: Logs, point: RecoveryPoint, *, to_gap: bool = False) -> ReplayTarget:
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
        return ReplayTarget(settings=settings_at(point), lsn=logs.record.stop_lsn, words=f"the end of backup {label}")
    if point.kind == "time" and point.instant and logs.committed_since(point.instant):
        return ReplayTarget(
            settings=settings_at(point),
            lsn=logs.end().lsn or 0,
            words=f"just before {point.instant:%Y-%m-%d %H:%M:%S.%f} UTC",
        )
    if point.kind == "lsn" and lsn_of(point) <= (logs.end().lsn or 0):
        return ReplayTarget(
            settings=settings_at(point), lsn=lsn_of(point), words=f"just before {format_lsn(lsn_of(point))}"
        )
    if point.kind == "lsn" and lsn_of(point) > logs.end().reach:
        raise ActionFailed(
            f"The log ends at {format_lsn(logs.end().reach)}, before {point}.",
            cures=[Cure(words="Decide on another recovery point.", decision=RECOVERY_POINT)],
        )
    return _everything(logs)


def _everything(logs: Logs) -> ReplayTarget:
    end = logs.end()
    if end.lsn is None:
        older = backup_before(logs.server, logs.record.backup)
        words = "Restore an older backup: its log goes further."
        cures = [restore_cure(logs.server, words, backup=older.label)] if older else []
        raise ActionFailed(
            "The log holds no complete record after the backup.", "Restore an older backup.", cures=cures
        )
    words = f"the last complete record, {format_lsn(end.lsn)}"
    return ReplayTarget(settings={"recovery_target_lsn": format_lsn(end.lsn)}, lsn=end.lsn, words=words)
