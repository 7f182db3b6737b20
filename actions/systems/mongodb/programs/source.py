"""Whether a server can be backed up: a member of a replica set that shows all that was acknowledged."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from actions.systems.mongodb.programs.request import BETWEEN, CannotBackUp, Request

if TYPE_CHECKING:
    from bson.timestamp import Timestamp
    from pymongo import MongoClient

_MAJORITY_S = 30.0
"""How long the majority of the set is waited for to have what the server had when it was asked, in seconds."""
_ELECTION_S = 30.0
"""How long a member may be neither primary nor secondary: an election takes 12 s at most (MongoDB's manual)."""
_POLL_S = 0.1


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A server that can be backed up.

    Attributes:
        client: a client of it.
        name: where it listens, for people.
        version: its version; ``fcv``: its feature compatibility version.
        set_name: its replica set.
        process: the id of its process: a server that was started again has another.
        primary: whether it was its set's primary.
    """

    client: Any
    name: str
    version: str
    fcv: str
    set_name: str
    process: str
    primary: bool

    def majority_position(self) -> Timestamp:
        """Return up to where a majority of the set has its writes: what is read until there cannot be rolled back.

        While the set elects another primary, its members are neither primary nor secondary: that is waited for.

        Raises:
            CannotBackUp: it is no member that can be read any more, or was started again.
        """
        end = time.monotonic() + _ELECTION_S
        while True:
            try:
                return _majority(require_member(self.client, self.name, self.process))
            except CannotBackUp as error:
                if error.why != BETWEEN or time.monotonic() > end:
                    raise
            time.sleep(_POLL_S)

    def await_majority(self, newest: Timestamp) -> None:
        """Wait until a majority of the set has what the server has now: a backup shows no more than that.

        Raises:
            CannotBackUp: it does not come to have it, or the server is no member any more that can be read.
        """
        end = time.monotonic() + _MAJORITY_S
        while (reached := self.majority_position()) < newest:
            if time.monotonic() > end:
                raise CannotBackUp(
                    f"The majority of the set {self.set_name} does not have what {self.name} has: it is "
                    f"{newest.time - reached.time} s behind and does not come nearer. A backup now would lack what was "
                    "acknowledged since.",
                    "Bring the members that are down or behind back, or take those that are lost out of the set "
                    "(rs.reconfig); then run the step again.",
                )
            time.sleep(_POLL_S)


def open_source(client: MongoClient[dict[str, Any]], request: Request) -> Source:
    """Return the server, once it is sure that it shows all that was acknowledged.

    Raises:
        CannotBackUp: it is no member of a set that can be read, or the set's majority is behind.
    """
    hello = require_member(client, request.where, request.process)
    parameters = client.admin.command("getParameter", 1, featureCompatibilityVersion=1)
    found = Source(
        client=client,
        name=request.where,
        version=str(client.admin.command("buildInfo")["version"]),
        fcv=str(parameters["featureCompatibilityVersion"]["version"]),
        set_name=hello["setName"],
        process=process_of(hello),
        primary=bool(hello.get("isWritablePrimary")),
    )
    found.await_majority(hello["lastWrite"]["opTime"]["ts"])
    return found


def require_member(client: MongoClient[dict[str, Any]], name: str, process: str = "") -> dict[str, Any]:
    """Return what a server says of itself (``hello``), once it is sure that it is a member that can be read.

    Args:
        client: a client of it.
        name: where it listens, for people.
        process: the id of the process that it must be; empty: any.

    Raises:
        CannotBackUp: it is none, or another process than was meant.
    """
    hello: dict[str, Any] = client.admin.command("hello")
    if hello.get("msg") == "isdbgrid":
        raise CannotBackUp(
            f"{name} is a mongos: a sharded cluster is not backed up by one dump.",
            "Back up each shard and the configuration servers while the balancer is off.",
        )
    if process and process_of(hello) != process:
        raise CannotBackUp(
            f"Another server process answers at {name} than before: the server was started again.",
            "See why in its log; then take the backup again.",
        )
    if "setName" not in hello:
        raise CannotBackUp(_outside(client, name, hello), _OUTSIDE)
    if not (hello.get("isWritablePrimary") or hello.get("secondary")):
        raise CannotBackUp(
            f"{name} is no member of {hello['setName']} that can be read now: it is {_state(client)}.",
            "Wait until it is PRIMARY or SECONDARY, or back up another member of the set.",
            BETWEEN,
        )
    return hello


_OUTSIDE = "Start it as a member of its replica set (replication.replSetName, in a set of one, too)."


def _outside(client: MongoClient[dict[str, Any]], name: str, hello: dict[str, Any]) -> str:
    """Say why a server that takes no part in a set is not backed up."""
    known = "" if hello.get("isreplicaset") else _configured(client)
    if known:
        return (
            f"{name} belongs to the replica set {known} and runs outside of it: after a crash it then shows less than "
            "was acknowledged, and it has no moment that it can be read at."
        )
    if hello.get("isreplicaset"):
        return f"{name} waits for its replica set to be initiated."
    return f"{name} is in no replica set: it has no oplog, and cannot be read at one moment."


def _configured(client: MongoClient[dict[str, Any]]) -> str:
    found = client.local["system.replset"].find_one()
    return str(found["_id"]) if found else ""


def _state(client: MongoClient[dict[str, Any]]) -> str:
    from pymongo.errors import OperationFailure

    try:
        states = {
            0: "STARTUP",
            1: "becoming or ceasing to be primary",
            3: "RECOVERING",
            5: "STARTUP2",
            7: "ARBITER",
            9: "ROLLBACK",
            10: "REMOVED",
        }
        found = client.admin.command("replSetGetStatus")["myState"]
        return states.get(found, f"in state {found}")
    except OperationFailure as error:
        return str((error.details or {}).get("errmsg", error))


def process_of(hello: dict[str, Any]) -> str:
    """Return the id of the process that said this: a server that is started again has another."""
    return str(hello.get("topologyVersion", {}).get("processId", ""))


def _majority(hello: dict[str, Any]) -> Timestamp:
    position: Timestamp = hello["lastWrite"]["majorityOpTime"]["ts"]
    return position
