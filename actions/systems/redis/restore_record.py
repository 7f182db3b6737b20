"""The record of a restore, beside the data directory, so that later runs and a new runner know what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from actions.machine.aside import KeptCopy
from actions.machine.machine import Machine
from actions.outcome import ActionFailed
from actions.systems.redis.config_file import Wanted
from actions.systems.redis.product import REDIS
from actions.systems.redis.rdb import Keys
from actions.systems.redis.server import Server
from journal.events.measured import Measured
from journal.structs import from_json

State = Literal["restoring", "starting", "recovered"]


class Source(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One state that a restore can lead to.

    Attributes:
        kind: ``rdb``: an RDB file; ``aof``: an append-only directory.
        path: where it lies. What lies in the data directory is restored from the copy that is kept of it.
        at: the instant that it shows; None: it does not say. ``until``: nothing in it is later than this: an RDB file
            has whole seconds.
        label: the backup that it belongs to; empty: it is what the disaster left.
        sha256: the digests of its files by their names below the backup's folder.
        keys: how many keys it holds, those whose time has passed among them; None: not known.
        expired: how many of them had passed when it was read.
        databases: the same of each database, as far as it is known.
        memory: bytes that its data took; 0: not known.
        size: its bytes on disk.
        newest_write: the newest heartbeat in it, where that is known.
        cut: bytes at the end of an append-only directory that are no whole command: a start cuts them off.
        product, version: of the server that wrote it; ``server``: what else the backup says of that.
    """

    kind: Literal["rdb", "aof"]
    path: str
    at: datetime | None = None
    until: datetime | None = None
    label: str = ""
    sha256: Mapping[str, str] = {}
    keys: int | None = None
    expired: int = 0
    databases: Mapping[str, Keys] = {}
    memory: int = 0
    size: int = 0
    newest_write: datetime | None = None
    cut: int = 0
    product: str = REDIS
    version: str = ""
    server: Mapping[str, Any] = {}

    def __str__(self) -> str:
        """Return which it is, in words."""
        what = "RDB file" if self.kind == "rdb" else "append-only file"
        return f"the {what} of backup {self.label}" if self.label else f"the {what} that the disaster left"


class RestoreRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One restore.

    Attributes:
        incident: whose it is.
        state: ``restoring``: the data directory is incomplete; ``starting``: its data is whole, the server loads it and
            takes it over; ``recovered``: it is up, and what it loaded was compared.
        point: the recovery point, as the journal keeps one.
        source: what it is restored from.
        aside: the folder that the old data was moved to; empty: there was none.
        keeping: the copy that is made of what a restore before it had brought back; None: none is.
        wanted: what the server's configuration wants, without our block.
        passed_over: newer sources that were not taken, and why.
        most_keys: keys of the fullest file that was found, whatever was restored.
        loaded: how many keys the server loaded; ``databases``: the same of each database, once it is recovered.
        began_at: when it began (UTC, ISO 8601).
        known: what was known of the last write before anything was changed.
    """

    incident: str
    state: State
    point: str
    source: Source
    began_at: str
    aside: str = ""
    keeping: KeptCopy | None = None
    wanted: Wanted = Wanted()
    passed_over: Sequence[str] = ()
    most_keys: int = 0
    loaded: int | None = None
    databases: Mapping[str, Keys] = {}
    known: Measured = Measured()


def keeper(server: Server) -> Machine:
    """Return the server's host with our own account: the server's can seldom write beside its data directory."""
    return Machine(server.ctx, server.host)


def place_of(server: Server) -> str:
    """Return what the names of all begin with that is kept of this data directory: beside it, or in ``keep_in``."""
    folder, (parent, _, name) = server.settings.keep_in.rstrip("/"), server.data.rpartition("/")
    return f"{folder}/{server.data.strip('/').replace('/', '-')}" if folder else f"{parent}/{name}"


def record_path(server: Server) -> str:
    """Return where the record is: never in the data directory, which may be lost at any time."""
    return f"{place_of(server)}.cleo-restore.json"


def load_record(server: Server) -> RestoreRecord | None:
    """Return the newest restore's record, or None where nothing was ever restored.

    Raises:
        ActionFailed: it is there and cannot be understood.
    """
    text = keeper(server).read(record_path(server))
    if text is None:
        return None
    try:
        return from_json(text, RestoreRecord)
    except msgspec.DecodeError as error:
        raise ActionFailed(
            f"{record_path(server)} cannot be understood: {error}", "Move it away; then restore again."
        ) from None


def our_record(server: Server) -> RestoreRecord | None:
    """Return the record of this incident's restore; None: it made none."""
    record = load_record(server)
    return record if record and record.incident == server.ctx.incident.id else None


def save_record(server: Server, record: RestoreRecord) -> None:
    """Write the record durably. Call it only where ``effect`` said True."""
    text = msgspec.json.format(msgspec.json.encode(record), indent=2).decode()
    keeper(server).write(record_path(server), f"{text}\n")
