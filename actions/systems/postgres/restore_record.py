"""The record of a restore, stored outside of the data directory so that later runs know what was done."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from actions.outcome import ActionFailed, Cure
from actions.systems.postgres.server import Server
from journal.events.measured import Measured
from journal.incident.recovery_point import RecoveryPoint, read
from journal.structs import from_json


class PreservedCopy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A copy that survived a restore: the old data directory, or only its log.

    Attributes:
        path: where the directory was moved, or an empty string where only its log was kept.
        wal: where its log is.
        what: ``original``: what the disaster left; ``restored``: what an earlier restore of the same incident had made.
        incident, at: which incident kept it, and when (UTC, ISO 8601).
        cluster: its system identifier, where its control file could be read.
        tablespaces: where its folder in each tablespace was, and where it is kept.
    """

    path: str
    wal: str
    what: Literal["original", "restored"]
    incident: str
    at: str
    cluster: str = ""
    tablespaces: dict[str, str] = {}

    @property
    def place(self) -> str:
        """What is there once all of it is kept: it is made last."""
        return self.path or self.wal or next(reversed(self.tablespaces.values()), "")


class RestoreRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One restore.

    Attributes:
        incident: whose it is.
        state: ``restoring``: the directory is incomplete; ``restored``: complete, not recovered; ``recovering``:
            the log is being replayed; ``recovered``: it is a database again.
        point: the recovery point of this system, as the journal keeps one.
        backup: the set's label.
        repository: the number of the repository it lies in.
        sources: the repositories that log is taken from, in this order, and the segments that each has damaged.
        start_segment, stop_segment: the log segments it begins and ends with.
        stop_lsn: the position at its end, in bytes.
        timeline: the timeline that leads to the recovery point.
        aside: where the old data directory was moved, or an empty string.
        saved_wal: where the old log segments are, or an empty string.
        keeping: the place of the copy that this restore makes, or an empty string.
        kept: every copy that was kept on this host so far, the oldest first: an inventory of the incident, and of those
            before it, not of one attempt. What a first restore kept is needed by the second one, too.
        damaged: names of log segments that no repository has whole.
        passed_over: newer backups that were not taken, and why.
        target, target_lsn: the replay target, in words and as a position in bytes.
        gap: the missing segment before which it was decided to stop.
        log_end: the last commit in the WAL available for replay, whether or not it lies before the target.
        back: what came back with the replay.
        known: what was known of the last commit before anything was changed.
        seconds: how long restore, and then replay, took; 0: not measured, since a killed one was gone on with.
    """

    incident: str
    state: Literal["restoring", "restored", "recovering", "recovered"]
    point: str
    backup: str
    start_segment: str
    stop_segment: str
    stop_lsn: int
    timeline: int
    repository: int = 0
    sources: dict[int, list[str]] = {}
    size: int = 0
    aside: str = ""
    saved_wal: str = ""
    keeping: str = ""
    kept: list[PreservedCopy] = []
    damaged: list[str] = []
    passed_over: list[str] = []
    target: str = ""
    target_lsn: int = 0
    gap: str = ""
    log_end: datetime | None = None
    back: Measured = Measured()
    known: Measured = Measured()
    seconds: float = 0.0

    @property
    def recovery_point(self) -> RecoveryPoint:
        """The recovery point.

        Raises:
            ActionFailed: the record's text is none.
        """
        point = read(self.point)
        if point is None:
            words = "Restore again: that writes a new record."
            cures = [Cure(words=words, action="postgres.restore")]
            raise ActionFailed(f"The restore's record names no recovery point: {self.point!r}.", cures=cures)
        return point

    @property
    def current(self) -> PreservedCopy | None:
        """The copy that this restore makes, if it makes one."""
        place = self.keeping or self.aside or self.saved_wal
        return next((copy for copy in self.kept if place and copy.place == place), None)

    @property
    def logs(self) -> list[str]:
        """Where log survived, the oldest copy first: it is what the disaster left, and wins over what came after."""
        return list(
            dict.fromkeys(
                [*(copy.wal for copy in self.kept if copy.wal), *([self.saved_wal] if self.saved_wal else [])]
            )
        )


def record_folder(server: Server) -> str:
    """Return the folder that the record is in: the inventory's for what is kept, else that of the data directory."""
    return server.settings.keep_in.rstrip("/") or server.data.rpartition("/")[0] or "/"


def name_in(server: Server, folder: str) -> str:
    """Return how what belongs to this data directory is called in a folder: beside it by its name, else by its path."""
    parent, _, name = server.data.rpartition("/")
    return f"{folder.rstrip('/')}/{name if folder == (parent or '/') else server.data.strip('/').replace('/', '-')}"


def record_path(server: Server) -> str:
    """Return where the record is: never in the data directory, which may be lost at any time."""
    return f"{name_in(server, record_folder(server))}.cleo-restore.json"


def load_record(server: Server) -> RestoreRecord | None:
    """Return the newest restore's record, or None where nothing was ever restored.

    Raises:
        ActionFailed: it is there and cannot be understood.
    """
    text = server.read(record_path(server))
    if text is None and server.settings.keep_in:  # the folder was named since
        text = server.read(f"{server.data}.cleo-restore.json")
    if text is None:
        return None
    try:
        return from_json(text, RestoreRecord)
    except msgspec.DecodeError as error:
        raise ActionFailed(
            f"{record_path(server)} cannot be understood: {error}", "Move it away; then restore again."
        ) from None


def save_record(server: Server, record: RestoreRecord) -> None:
    """Write the record durably. Call it only where ``effect`` said True."""
    server.write(record_path(server), msgspec.json.format(msgspec.json.encode(record), indent=2).decode() + "\n")
