"""Starts a restored server: nothing expires in it, the application is kept out, and it is its set's primary."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from actions.gate import decide
from actions.outcome import ActionFailed, Cure, Finding, GateClosed
from actions.systems.mongodb.connection import CannotConnect, Login, connect
from actions.systems.mongodb.kept_out import promise
from actions.systems.mongodb.launch import require_member_of_its_set, start_process
from actions.systems.mongodb.login_block import block_users
from actions.systems.mongodb.restore_record import RestoreRecord, save_record
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.start_stop import require_nobody_answers
from actions.systems.mongodb.ttl_monitor import keep_ttl_off
from actions.systems.mongodb.verified_connection import connect_verified

if TYPE_CHECKING:
    from pymongo import MongoClient

OTHER_MEMBERS = "other-members"
"""The gate that another member of the set closes, which runs or cannot be reached."""
_RUNS = "runs"
_PRIMARY_S = 120.0
_POLL_S = 0.1
_NOT_INITIATED = "NotYetInitialized"


def bring_up(server: Server, record: RestoreRecord) -> RestoreRecord:
    """Start a restored server, and return its restore's record as it is then.

    Raises:
        ActionFailed: what was restored is not whole, or the server does not come up.
        GateClosed: another member of its set runs: it has the old data.
    """
    if record.state == "restoring":
        raise ActionFailed(
            f"The restore of {server.name} from backup {record.backup} did not come to its end.",
            left_behind="What lies in the data directory is not whole, or is the old data.",
            cures=[Cure(words="Run the restore again.", action="mongodb.restore")],
        )
    _require_no_other_member(server)
    require_member_of_its_set(server)
    if not server.process():
        require_nobody_answers(server)
    if not server.ctx.effect(f"keep the TTL monitor off, start {server.name} and make it its set's primary"):
        return record
    keep_ttl_off(server)
    if not server.process():
        start_process(server, "start")
    if server.settings.replica_set:
        _initiate(server)
    if server.settings.app_users:
        promise(server)
        block_users(server)
    served = replace(record, state="serving")
    save_record(server, served)
    return served


def members_left_out(server: Server, client: MongoClient[dict[str, Any]]) -> list[Finding]:
    """Return the members that the inventory names and the set does not have: after a restore, all others."""
    if not server.settings.members:
        return []
    there = {each["host"] for each in client.admin.command("replSetGetConfig")["config"]["members"]}
    text = "is not in the set: it has the data of before, and there is no other copy of what was restored"
    cure = "Stop it, then restore it, too (mongodb.restore --on NAME): it copies everything from here."
    left = [member for member in server.settings.members if member not in there]
    return [Finding(severity="warning", about=member, text=text, cure=cure, system=server.name) for member in left]


def require_running(server: Server) -> None:
    """Refuse a server that is down.

    Raises:
        ActionFailed: it is.
    """
    if not server.process():
        raise ActionFailed(
            f"{server.name} is down.",
            left_behind="Nothing was changed.",
            cures=[Cure(words="Start it first.", action="mongodb.start")],
        )


def require_served(server: Server, client: MongoClient[dict[str, Any]]) -> None:
    """Refuse a server that takes no writes.

    Raises:
        ActionFailed: it is no primary.
    """
    hello = client.admin.command("hello")
    if not hello.get("isWritablePrimary"):
        words = (
            f"{server.name} is no primary: {hello.get('info') or 'it follows ' + str(hello.get('primary', 'nobody'))}."
        )
        raise ActionFailed(words, f"Do it at the primary ({hello.get('primary') or 'none is known'}).")


def _require_no_other_member(server: Server) -> None:
    """The other members have the old data: among themselves they would elect a primary with it.

    Raises:
        GateClosed: one of them answers, or cannot be reached and nobody decided to go on.
    """
    for member in server.settings.members:
        if not (said := _is_there(server, member)):
            continue
        runs = said == _RUNS
        closed = GateClosed(
            OTHER_MEMBERS,
            f"{member}, another member of {server.name}'s set, {said}: it has the data of before.",
            f"Stop it. Once {server.name} is verified, restore that one, too: it copies everything from here.",
            yields="never" if runs else "reason and target",
        )
        if runs:
            raise closed
        decide(server.ctx, closed, f"Goes on though {member} {said}")


def _is_there(server: Server, member: str) -> str:
    """Return in words that another member runs, or that nobody can tell; empty: nothing listens there."""
    address, _, port = member.rpartition(":")
    try:
        with connect(server.settings, deadline_s=3, login=Login(), address=address, port=int(port)):
            return _RUNS
    except CannotConnect as error:
        return "" if error.why == "refused" else f"cannot be reached, and may run ({error.message})"


def _initiate(server: Server) -> None:
    """Make the server a set of one, unless it is in one already, and wait until it takes writes."""
    from pymongo.errors import OperationFailure

    settings = server.settings
    end = time.monotonic() + _PRIMARY_S
    with connect_verified(server, deadline_s=_PRIMARY_S) as client:
        try:
            client.admin.command("replSetGetStatus")
        except OperationFailure as error:
            if (error.details or {}).get("codeName") != _NOT_INITIATED:
                raise
            seat = {"_id": 0, "host": server.where}
            client.admin.command("replSetInitiate", {"_id": settings.replica_set, "members": [seat]})
        while not client.admin.command("hello").get("isWritablePrimary"):
            server.ctx.check_cancelled()
            if time.monotonic() > end:
                raise ActionFailed(f"{server.name} does not become its set's primary.", "See its log (mongodb.log).")
            time.sleep(_POLL_S)
