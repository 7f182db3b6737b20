"""What a mongod says of itself: its place in the replica set, connections, oplog, and its newest acknowledged write."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from pymongo import MongoClient

PRIMARY, SECONDARY, ARBITER = "PRIMARY", "SECONDARY", "ARBITER"
_OWN = "^(config|admin|local)\\."
"""Namespaces that the server writes to by itself: sessions, keys, users."""


class MemberState(msgspec.Struct, frozen=True, kw_only=True):
    """One member of a replica set as another sees it.

    Attributes:
        name: ``host:port``.
        state: ``PRIMARY``, ``SECONDARY``, ``RECOVERING``…
        healthy: whether it answers.
        at: the time of the newest entry that it applied.
        itself: whether it is the one that was asked.
        words: what it last said of a trouble.
    """

    name: str
    state: str
    healthy: bool
    at: datetime | None
    itself: bool
    words: str = ""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A mongod at one moment; None or empty: it does not say.

    Attributes:
        version: the server's version.
        compatibility: its feature compatibility version.
        set_name: its replica set; empty: it is in none.
        members: the members of the set.
        state: its own state in the set.
        now: its clock.
        connections: open ones.
        most_connections: how many there can be.
        oplog_from: the time of the oldest entry in its oplog.
        oplog_until: the time of the newest.
        ttl_monitor: whether documents whose time is over are deleted.
    """

    version: str
    compatibility: str
    set_name: str
    members: list[MemberState]
    state: str
    now: datetime
    connections: int
    most_connections: int
    oplog_from: datetime | None
    oplog_until: datetime | None
    ttl_monitor: bool | None

    @property
    def writable(self) -> bool:
        """Whether it is the set's primary."""
        return self.state == PRIMARY

    @property
    def window_s(self) -> float | None:
        """Seconds that its oplog reaches back."""
        if not self.oplog_from or not self.oplog_until:
            return None
        return (self.oplog_until - self.oplog_from).total_seconds()

    def lag_s(self) -> float | None:
        """Return how many seconds it is behind the primary; for a primary, how many its nearest secondary is."""
        first = next((each for each in self.members if each.state == PRIMARY), None)
        if not first or not first.at:
            return None
        others = [each for each in self.members if each.state == SECONDARY and each.healthy]
        behind = others if self.writable else [each for each in others if each.itself]
        lags = [(first.at - each.at).total_seconds() for each in behind if each.at]
        return max(0.0, min(lags)) if lags else None


def ask(client: MongoClient[dict[str, Any]], command: str) -> dict[str, Any]:
    """Return a command's answer, its instants with their zone: by default the client library leaves that out.

    Raises:
        PyMongoError: the server refuses it, or cannot be asked.
    """
    return client.admin.command(command, codec_options=client.codec_options)


def read_state(client: MongoClient[dict[str, Any]]) -> State:
    """Return what a server says of itself.

    Raises:
        PyMongoError: it cannot be asked.
    """
    status = ask(client, "serverStatus")
    parameters = client.admin.command("getParameter", 1, featureCompatibilityVersion=1, ttlMonitorEnabled=1)
    members = _members(client)
    own = next((each for each in members if each.itself), None)
    used = status["connections"]
    first, last = _oplog_ends(client)
    return State(
        version=status["version"],
        compatibility=parameters.get("featureCompatibilityVersion", {}).get("version", ""),
        set_name=status.get("repl", {}).get("setName", ""),
        members=members,
        state=own.state if own else "",
        now=status["localTime"].astimezone(UTC),
        connections=used["current"],
        most_connections=used["current"] + used["available"],
        oplog_from=first,
        oplog_until=last,
        ttl_monitor=parameters.get("ttlMonitorEnabled"),
    )


def _members(client: MongoClient[dict[str, Any]]) -> list[MemberState]:
    """Return the set's members; none where it is in no set, or in one that was not initiated."""
    from pymongo.errors import OperationFailure

    try:
        found = ask(client, "replSetGetStatus")
    except OperationFailure as error:
        if error.code in (76, 94, 93):  # NoReplicationEnabled, NotYetInitialized, InvalidReplicaSetConfig
            return []
        raise
    return [
        MemberState(
            name=each["name"],
            state=each["stateStr"],
            healthy=bool(each.get("health")),
            at=each["optimeDate"].astimezone(UTC) if each.get("optimeDate") else None,
            itself=bool(each.get("self")),
            words=str(each.get("lastHeartbeatMessage") or each.get("infoMessage") or ""),
        )
        for each in found["members"]
    ]


def _oplog_ends(client: MongoClient[dict[str, Any]]) -> tuple[datetime | None, datetime | None]:
    oplog = client.local["oplog.rs"]
    ends = [oplog.find_one({}, {"ts": 1}, sort=[("$natural", way)]) for way in (1, -1)]
    first, last = (each["ts"].as_datetime().astimezone(UTC) if each else None for each in ends)
    return first, last


def newest_write(
    client: MongoClient[dict[str, Any]], heartbeat: str = "", *, before: datetime | None = None
) -> datetime | None:
    """Return when the newest write of a client was made: the newest heartbeat, else the newest such oplog entry.

    The oplog's last entries may be the server's own (a no-op every ten seconds, sessions): these are no client's.

    Args:
        client: an open session.
        heartbeat: the collection, ``database.collection``, whose field ``at`` is the time of each write.
        before: only what was written before this instant.
    """
    if heartbeat:
        database, _, collection = heartbeat.partition(".")
        wanted = {"at": {"$lt": before}} if before else {}
        beat = client[database][collection].find_one(wanted, {"at": 1}, sort=[("at", -1)])
        at = beat.get("at") if beat else None
        return at.astimezone(UTC) if isinstance(at, datetime) else None
    theirs: dict[str, Any] = {"op": {"$ne": "n"}, "ns": {"$not": {"$regex": _OWN}}}
    if before:
        theirs["wall"] = {"$lt": before}
    entry = client.local["oplog.rs"].find_one(theirs, {"wall": 1}, sort=[("$natural", -1)], max_time_ms=2000)
    return entry["wall"].astimezone(UTC) if entry else None
