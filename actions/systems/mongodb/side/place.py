"""Where a side instance lies, and the record in it that says whose it is and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from actions.outcome import ActionFailed
from actions.side_instance import make_first, read_record, write_record
from actions.systems.mongodb.programs.restore import Restored
from actions.systems.mongodb.restore_record import kept_beside
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.settings import MongodbSettings
from journal.incident.recovery_point import RecoveryPoint

MAKE, DISCARD = "mongodb.pitr", "mongodb.pitr_discard"
RECORD = "side.json"
"""Only a directory that has it is ever removed."""
Purpose = Literal["side", "scan"]
"""What it is for: people look and copy, or an intruder is looked for. Each has its own place."""
FOLDERS = ("lock", "saved")
LOCK = "lock/side.lock"
"""Held by whichever program works in it."""


class SideRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One side instance.

    Attributes:
        made: when it was begun, as digits: what tells it from one before it.
        of: the data directory of the server that it is beside.
        incident: whose it is.
        state: ``restoring``, or ``ready``: it stands where it was wanted.
        point: the wanted point, as a recovery point is written.
        target: the same in words.
        backup: the full backup's id; ``slices``: the incremental ones' that were replayed over it.
        saved: whether the oplog up to its making was copied from the real server.
        result: what the restore came to.
        seconds: how long it took to make it.
        purpose: what it is for.
    """

    made: str
    of: str
    incident: str
    state: Literal["restoring", "ready"]
    point: str
    target: str
    backup: str
    slices: Sequence[str] = ()
    saved: bool = False
    result: Restored | None = None
    seconds: float = 0
    purpose: Purpose = "side"

    @property
    def begun_at(self) -> datetime:
        """When it was begun, by the clock of the machine that its incident is on."""
        return datetime.strptime(self.made, "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)

    @property
    def last_before(self) -> datetime | None:
        """When the last change in it was made that was replayed; None: none was."""
        return self.result.newest_at if self.result else None

    @property
    def first_after(self) -> datetime | None:
        """When the first oplog entry was written that is not in it; None where there is none."""
        return self.result.first_open_at if self.result else None

    def __str__(self) -> str:
        """Say where it stands."""
        if not self.result:
            return self.target
        before = f"last change {exact(self.last_before)}" if self.last_before else "no change since the backup"
        after = f", first entry not in it {exact(self.first_after)}" if self.first_after else ""
        return f"{self.target} ({before}{after})"


def exact(at: datetime) -> str:
    """Return an instant in UTC, to the millisecond, as MongoDB keeps them."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC"


class Side:
    """A side instance: its paths, and the real server that it is beside.

    Args:
        server: the real server.
        record: what is known of it.
    """

    def __init__(self, server: Server, record: SideRecord) -> None:
        self.of = server
        self.record = record
        self.root = side_root(server, record.purpose)
        self.name = f"the {record.purpose} instance of {server.name}"
        self.title = f"The {record.purpose} instance of {server.name}"

    @property
    def data(self) -> str:
        """Its data directory."""
        return f"{self.root}/data"

    @property
    def log(self) -> str:
        """The file that its mongod writes its log to."""
        return f"{self.root}/mongod.log"

    @property
    def indexes(self) -> str:
        """The file that says which indexes there were."""
        return f"{self.root}/indexes.json"


def side_root(server: Server, purpose: Purpose = "side") -> str:
    """Return the directory of a server's side instance."""
    return side_place(server.settings, purpose)


def side_place(settings: MongodbSettings, purpose: Purpose = "side") -> str:
    """Return the same by the inventory alone."""
    return f"{kept_beside(settings, settings.scratch_in)}.{purpose}"


def load_side(server: Server, purpose: Purpose = "side") -> Side | None:
    """Return the side instance that is there, whatever state it is in; None where there is none.

    Raises:
        ActionFailed: its record cannot be understood.
    """
    record = read_record(server, f"{side_root(server, purpose)}/{RECORD}", SideRecord)
    return Side(server, record) if record else None


def save_side(side: Side) -> None:
    """Write its record. Call it only where ``effect`` said True."""
    write_record(side.of, f"{side.root}/{RECORD}", side.record)


def require_ours(server: Server, purpose: Purpose = "side") -> Side | None:
    """Return the side instance that is there, which is this incident's; None where there is none.

    Raises:
        ActionFailed: it is another incident's.
    """
    side = load_side(server, purpose)
    if side and side.record.incident != server.ctx.incident.id:
        raise ActionFailed(
            f"There is {side.name} already, of incident {side.record.incident}: it stands {side.record}.",
            f"Ask whether it is still needed; if not, remove it: {DISCARD}. Then run this step again.",
        )
    return side


def require_ready(server: Server, *, at: datetime | None = None) -> Side:
    """Return the side instance, which stands where it was wanted.

    Args:
        server: the real server.
        at: the instant it must stand at; None: wherever it stands.

    Raises:
        ActionFailed: there is none, it is not ready, or it stands elsewhere: with what makes it.
    """
    point = RecoveryPoint(instant=at).text if at else ""
    side, make = load_side(server), make_first(MAKE, point)
    if side is None:
        raise ActionFailed(f"There is no side instance of {server.name} to compare with and copy from.", cures=[make])
    if side.record.state != "ready":
        raise ActionFailed(f"{side.title} is not ready: it is {side.record.state}.", cures=[make])
    if point and point != side.record.point:
        words = f"{side.title} stands {side.record}, and not where it is asked for."
        raise ActionFailed(words, cures=[make])
    return side
