"""The newest entry of a member's oplog: what another one must have before it leads, and what is written down of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actions.failover.promotion_record import PromotionRecord, require_ours
from actions.failover.switching_back import record_of
from actions.systems.mongodb.failover.members import Position
from actions.systems.mongodb.failover.standing import KIND
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.verified_connection import connect_verified

if TYPE_CHECKING:
    from pymongo import MongoClient


def newest(server: Server) -> Position:
    """Return a member's newest entry."""
    with connect_verified(server, deadline_s=10) as client:
        return newest_in(client)


def newest_in(client: MongoClient[dict[str, Any]]) -> Position:
    """Return the newest entry of the member that a client is connected to."""
    return Position.of(client.local["oplog.rs"].find_one({}, {"ts": 1, "t": 1}, sort=[("$natural", -1)]) or {})


def keep(primary: Server, server: Server, last: Position) -> None:
    """Write down which entry was the last of the one that led."""
    record = PromotionRecord(standby=server.name, timeline=last.term, received=last.packed)
    record.keep(server.ctx.files, primary.name)


def kept(primary: Server, server: Server) -> PromotionRecord:
    """Return what is written down of it.

    Raises:
        ActionFailed: nothing is.
    """
    return require_ours(record_of(server.ctx.files, primary.name), server.name, KIND.primary)


def last_of(record: PromotionRecord) -> Position:
    """Return the entry that is written down."""
    return Position(record.timeline, record.received >> 32, record.received & 0xFFFFFFFF)


def has(server: Server, entry: Position) -> bool:
    """Return whether an entry is in a member's oplog."""
    from bson.timestamp import Timestamp

    stamp = Timestamp(entry.second, entry.ordinal)
    with connect_verified(server, deadline_s=10) as client:
        return client.local["oplog.rs"].find_one({"ts": stamp, "t": entry.term}) is not None
