"""A replica set as those of its members tell it that can be asked: who may vote, who may lead, how far each came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from actions.systems.mongodb.server import Server
from actions.systems.mongodb.state import PRIMARY, SECONDARY, ask
from actions.systems.mongodb.ttl_monitor import members_of
from actions.systems.mongodb.verified_connection import connect_verified
from journal.errors import CleoError

if TYPE_CHECKING:
    from pymongo import MongoClient


class Position(NamedTuple):
    """A place in an oplog: the term of the primary that wrote the entry, its second, and which of that second it is."""

    term: int
    second: int
    ordinal: int

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Position:
        """Return where an oplog's entry is, or a member's ``optime``; of nothing a place before all others."""
        stamp = entry.get("ts")
        return cls(int(entry.get("t", -1)), stamp.time if stamp else 0, stamp.inc if stamp else 0)

    def __str__(self) -> str:
        """Return it as MongoDB writes it."""
        return f"{self.second}:{self.ordinal} of term {self.term}"

    @property
    def packed(self) -> int:
        """Second and ordinal as one number."""
        return (self.second << 32) + self.ordinal


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """One member of a set.

    Attributes:
        name: ``host:port``, as the set has it.
        votes: how many it has (0 or 1).
        never: why it is never primary; empty: it may be.
        fixed: whether no other configuration of its place lets it be.
        system: its name in the inventory; empty: it has none, or another address there.
        answers: whether it was asked itself.
        healthy: whether it answers, or another member that does has heard of it.
        state: ``PRIMARY``, ``SECONDARY``…
        position: the newest entry that it has.
        at: when that was written.
    """

    name: str
    votes: int
    never: str
    fixed: bool
    system: str
    answers: bool
    healthy: bool
    state: str
    position: Position
    at: datetime | None


class Set(NamedTuple):
    """A replica set. ``config`` is the newest that a member has, ``asked`` who answered, by inventory name."""

    name: str
    config: dict[str, Any]
    seats: Sequence[Seat]
    asked: dict[str, Server]
    term: int

    @property
    def voters(self) -> list[Seat]:
        """Those who vote."""
        return [seat for seat in self.seats if seat.votes]

    @property
    def majority(self) -> int:
        """How many votes elect a primary, and acknowledge a write."""
        return len(self.voters) // 2 + 1

    @property
    def alive(self) -> list[Seat]:
        """Those voters that answer, or that another member hears."""
        return [seat for seat in self.voters if seat.healthy]

    @property
    def lost(self) -> list[Seat]:
        """The others."""
        return [seat for seat in self.voters if not seat.healthy]

    @property
    def has_majority(self) -> bool:
        """Whether enough of them are there."""
        return len(self.alive) >= self.majority

    def leader(self) -> Seat | None:
        """Return who says of itself that it is primary, where a majority is there; None: nobody."""
        return next((s for s in self.seats if s.answers and s.state == PRIMARY and self.has_majority), None)

    def electable(self) -> list[Seat]:
        """Return who of those that were asked can lead, the one that has most first."""
        return [seat for seat in self.willing() if not seat.never]

    def willing(self) -> list[Seat]:
        """Return the same, and those with them that could lead once the set's configuration lets them."""
        found = [seat for seat in self.seats if seat.answers and not seat.fixed and seat.state in (PRIMARY, SECONDARY)]
        return sorted(found, key=lambda seat: seat.position, reverse=True)


def others(server: Server) -> list[Server]:
    """Return the other members of a server's set that the inventory has."""
    return [one for one in members_of(server) if one.name != server.name]


def look_at_set(server: Server, *, deadline_s: float = 5) -> Set | None:
    """Return the set as the other members tell it; None where none of them can be asked, or they are in none.

    Args:
        server: the member that is not asked: its old primary.
        deadline_s: seconds for each of the others.
    """
    said = list[tuple[Server, dict[str, Any], dict[str, Any]]]()
    for other in others(server):
        try:
            with connect_verified(other, deadline_s=deadline_s) as client:
                said.append((other, *_said(client)))
        except CleoError as error:
            server.ctx.log(f"Not seen from {other.name}: {error.message}")
    said = [one for one in said if one[1]]
    if not said:
        return None
    config = max((one[1] for one in said), key=lambda each: (each.get("term", 0), each["version"]))
    names = {one.where: one.name for one in members_of(server)}
    seats = [_seat(each, said, names.get(str(each["host"]), "")) for each in config["members"]]
    term = max(int(one[2].get("term", 0)) for one in said)
    return Set(str(config["_id"]), config, seats, {one[0].name: one[0] for one in said}, term)


def _said(client: MongoClient[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    from pymongo.errors import OperationFailure

    try:
        return ask(client, "replSetGetConfig")["config"], ask(client, "replSetGetStatus")
    except OperationFailure:  # it is in no set, or was taken out of it
        return {}, {}


def _seat(member: dict[str, Any], said: list[tuple[Server, dict[str, Any], dict[str, Any]]], known: str) -> Seat:
    own = next(((one, m) for one, _, status in said if (m := _of(status, member["host"])) and m.get("self")), None)
    heard = [m for _, _, status in said if (m := _of(status, member["host"])) and not m.get("self")]
    best = own[1] if own else max(heard, key=lambda each: bool(each.get("health")), default={})
    return Seat(
        name=str(member["host"]),
        votes=int(member.get("votes", 1)),
        never=_never(member),
        fixed=bool(member.get("arbiterOnly")) or not member.get("buildIndexes", True),
        system=own[0].name if own else known,
        answers=own is not None,
        healthy=own is not None or any(each.get("health") for each in heard),
        state=str(best.get("stateStr", "")),
        position=Position.of(best.get("optime") or {}),
        at=best["optimeDate"].astimezone(UTC) if best.get("optimeDate") else None,
    )


def _of(status: dict[str, Any], name: str) -> dict[str, Any]:
    return next((each for each in status.get("members", []) if each["name"] == name), {})


def _never(member: dict[str, Any]) -> str:
    """Return why a member can never be primary."""
    if member.get("arbiterOnly"):
        return "an arbiter, which has no data"
    if not member.get("buildIndexes", True):
        return "without indexes for good (buildIndexes false)"
    if delay := member.get("secondaryDelaySecs", member.get("slaveDelay", 0)):
        return f"delayed by {int(delay)} s on purpose"
    if member.get("hidden"):
        return "hidden"
    return "" if member.get("priority", 1) else "of priority 0"
