"""The newest entry of a member's oplog: what another one must have before it leads, and what is written down of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from actions.failover.promotion_record import PromotionRecord, require_ours
from actions.failover.switching_back import record_of
from actions.systems.mongodb.failover.standing import KIND
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.verified_connection import connect_verified


class Entry(NamedTuple):
    """An entry of an oplog: its time stamp, and the term of who wrote it."""

    stamp: Any
    term: int

    def __str__(self) -> str:
        return f"{self.stamp.time}:{self.stamp.inc} of term {self.term}"


def newest(server: Server) -> Entry:
    """Return a member's newest entry."""
    with connect_verified(server, deadline_s=10) as client:
        entry = client.local["oplog.rs"].find_one({}, {"ts": 1, "t": 1}, sort=[("$natural", -1)]) or {}
    return Entry(entry["ts"], int(entry.get("t", -1)))


def keep(primary: Server, server: Server, last: Entry) -> None:
    """Write down which entry was the last of the one that led."""
    packed = (int(last.stamp.time) << 32) + int(last.stamp.inc)
    record = PromotionRecord(standby=server.name, timeline=last.term, received=packed)
    record.keep(server.ctx.files, primary.name)


def kept(primary: Server, server: Server) -> PromotionRecord:
    """Return what is written down of it.

    Raises:
        ActionFailed: nothing is.
    """
    return require_ours(record_of(server.ctx.files, primary.name), server.name, KIND.primary)


def last_of(record: PromotionRecord) -> Entry:
    """Return the entry that is written down."""
    from bson.timestamp import Timestamp

    return Entry(Timestamp(record.received >> 32, record.received & 0xFFFFFFFF), record.timeline)


def has(server: Server, entry: Entry) -> bool:
    """Return whether an entry is in a member's oplog."""
    with connect_verified(server, deadline_s=10) as client:
        return client.local["oplog.rs"].find_one({"ts": entry.stamp, "t": entry.term}) is not None
