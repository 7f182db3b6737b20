"""The record of a restore, stored outside of the data directory so that later steps and runs know what was done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from actions.machine.aside import KeptCopy
from actions.outcome import ActionFailed, Cure
from actions.systems.mongodb.programs.restore import Restored
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.settings import MongodbSettings
from journal.events.measured import Measured
from journal.incident.recovery_point import RecoveryPoint, read
from journal.structs import from_json

RESTORE = "mongodb.restore"

_CHANGES = "WiredTiger.turtle"
"""Where the storage engine notes its last checkpoint."""

State = Literal["restoring", "restored", "serving"]


class RestoreRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One restore.

    Attributes:
        incident: whose it is.
        state: ``restoring``: the data directory is incomplete; ``restored``: it is complete, and nobody serves it yet;
            ``serving``: the server was started on it.
        point: the recovery point of this system, as the journal keeps one.
        backup: the full backup's id; ``slices``: the incremental ones' that were replayed over it.
        size: bytes of the backup's files.
        source: the member that everything was copied from, where it was no backup.
        version, fcv: the server that was backed up, and its feature compatibility version.
        copy: where the old data is kept; None: there was none.
        passed_over: newer backups that were not taken, and why.
        gap: the missing oplog before which it was decided to stop.
        result: what the restore came to; None: it did not come to its end.
        stamp: the digest of a file that every start of a server changes, once the data was in its place.
        seconds: how long it took; 0: not known, for it was gone on with after a kill.
        indexes: whether every index is there that is to be: ``wanted``, ``built``, or ``failed``: some are missing.
        verified: whether the data was verified, so that documents may expire again.
        known: what was known of the newest write before anything was changed.
    """

    incident: str
    state: State
    point: str
    backup: str
    slices: Sequence[str] = ()
    size: int = 0
    source: str = ""
    version: str = ""
    fcv: str = ""
    copy: KeptCopy | None = None
    passed_over: Sequence[str] = ()
    gap: str = ""
    result: Restored | None = None
    stamp: str = ""
    seconds: float = 0.0
    indexes: Literal["wanted", "built", "failed"] = "wanted"
    verified: bool = False
    known: Measured = Measured()

    @property
    def recovery_point(self) -> RecoveryPoint:
        """The recovery point.

        Raises:
            ActionFailed: the record's text is none.
        """
        point = read(self.point)
        if point is None:
            cures = [Cure(words="Restore again: that writes a new record.", action=RESTORE)]
            raise ActionFailed(f"The restore's record names no recovery point: {self.point!r}.", cures=cures)
        return point

    @property
    def aside(self) -> str:
        """Where the old data is kept; empty: there was none."""
        return self.copy.path if self.copy else ""


def keeping_place(server: Server, keep_in: str = "") -> str:
    """Return what the names of kept copies, and of all that belongs to a restore, begin with."""
    return kept_beside(server.settings, keep_in)


def kept_beside(settings: MongodbSettings, keep_in: str = "") -> str:
    """Return the same by the inventory alone."""
    data, folder = settings.place(), (keep_in or settings.keep_in).rstrip("/")
    parent, _, name = data.rpartition("/")
    if folder and folder != parent:
        return f"{folder}/{data.strip('/').replace('/', '-')}"
    return f"{parent}/{name}"


def record_path(server: Server) -> str:
    """Return where the record is: never in the data directory, which may be lost at any time."""
    return f"{keeping_place(server)}.cleo-restore.json"


def indexes_path(server: Server) -> str:
    """Return where it is written which indexes there are to be."""
    return f"{keeping_place(server)}.cleo-indexes.json"


def load_record(server: Server) -> RestoreRecord | None:
    """Return the newest restore's record, or None where nothing was ever restored.

    Raises:
        ActionFailed: it is there and cannot be understood.
    """
    path = record_path(server)
    text = server.read(path)
    if text is None:
        return None
    try:
        return from_json(text, RestoreRecord)
    except msgspec.DecodeError as error:
        raise ActionFailed(f"{path} cannot be understood: {error}", "Move it away; then restore again.") from None


def our_record(server: Server) -> RestoreRecord | None:
    """Return the newest restore's record where that is this incident's."""
    record = load_record(server)
    return record if record and record.incident == server.ctx.incident.id else None


def restored_here(server: Server) -> RestoreRecord | None:
    """Return the record of this incident's restore from a backup at this server."""
    record = our_record(server)
    return record if record and not record.source else None


def stamp_of(server: Server) -> str:
    """Return the digest of a file in the data directory that every start of a server changes; empty: there is none."""
    done = server.query(["sha256sum", f"{server.data}/{_CHANGES}"])
    return done.out.split()[0] if done.code == 0 and done.out else ""


def save_record(server: Server, record: RestoreRecord) -> None:
    """Write the record durably. Call it only where ``effect`` said True."""
    server.write(record_path(server), msgspec.json.format(msgspec.json.encode(record), indent=2).decode() + "\n")
