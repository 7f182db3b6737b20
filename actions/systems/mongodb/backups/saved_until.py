"""Up to when a server's writes are in its backups, by its newest backup: asked in a moment, by the health probe."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec

from actions.backups.repository.entry import ENTRY, Entry, NoEntry, decode_entry
from actions.backups.repository.place import newest_of
from actions.backups.repository.watch import known_backups
from actions.machine.listener import Ask
from actions.systems.mongodb.oplog_position import parse_position
from actions.systems.mongodb.settings import MongodbSettings
from actions.transport import Transport

if TYPE_CHECKING:
    from pymongo import MongoClient

_NEWEST = 'cd -- "$1" || exit 1; for f in [0-9]*/; do :; done; cat -- "$f$2"'
"""Prints the entry of the backup with the newest id: ids are in the order of time."""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What a server's backups lead to.

    Attributes:
        position: the last entry of the oplog that is in them.
        until: when that was written.
    """

    position: str
    until: datetime


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of a server's backups.

    Attributes:
        saved: what the newest leads to; None: there is none, or it cannot be told.
        why: why it cannot be told, or not anew; empty: it can.
    """

    saved: Saved | None = None
    why: str = ""


def newest_saved(system: str, settings: MongodbSettings, ask: Ask, host: Transport, left_s: float) -> Seen:
    """Return what the newest backup leads to.

    Args:
        system: the system's name in the inventory.
        settings: the server.
        ask: runs a short program on the server's host.
        host: the way to that host.
        left_s: seconds that are left for it.
    """
    backups = settings.backups
    if not backups.repository:
        return Seen(why="the inventory names no repository of its backups")
    nothing = f"there is no backup in {backups.repository} that can be told to be one"
    if backups.in_bucket:
        known = known_backups(system, backups, host, left_s)
        newest = newest_of(known.value or ())
        return Seen(saved=_saved(newest.entry) if newest else None, why=known.words() or ("" if newest else nothing))
    if backups.host not in ("", settings.host):
        return Seen(why=f"its backups lie on {backups.host}")
    folder = str(PurePosixPath(backups.repository) / system)
    done = ask(["sh", "-c", _NEWEST, "sh", folder, ENTRY])
    found = _entry(done.out, folder) if done.code == 0 else None
    return Seen(saved=_saved(found) if found else None, why="" if found else nothing)


def _entry(text: str, folder: str) -> Entry | None:
    try:
        return decode_entry(text, folder)
    except NoEntry:
        return None


def _saved(entry: Entry) -> Saved | None:
    if not entry.covers or not entry.consistent_at:
        return None
    return Saved(position=entry.covers.to, until=entry.consistent_at.astimezone(UTC))


def goes_on(client: MongoClient[dict[str, Any]], saved: Saved) -> bool:
    """Whether the server's oplog has the entry that the backups end with.

    Where it has not, it was overwritten, and the log is no more whole without a full backup; or the server has another
    history since it was restored, of which the backups hold nothing.
    """
    at = parse_position(saved.position)
    found = client.local["oplog.rs"].find_one({"ts": {"$gte": at}}, {"ts": 1}, sort=[("$natural", 1)])
    return bool(found and found["ts"] == at)
