"""A member of a replica set gets its data from the set: its old data is kept, it starts empty and copies everything.

So does one that lost its data, and so do the others after their set was restored at one member: theirs is of before.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from actions.context import Progress
from actions.outcome import ActionFailed, Cancelled, Cure, Outcome
from actions.systems.mongodb.launch import require_member_of_its_set, start_process
from actions.systems.mongodb.preserve import copy_for, keep_copy
from actions.systems.mongodb.primary import connect_primary
from actions.systems.mongodb.restore_record import RestoreRecord, our_record, save_record
from actions.systems.mongodb.server import Server, server_of
from actions.systems.mongodb.start_stop import require_nobody_answers

if TYPE_CHECKING:
    from pymongo import MongoClient

_DAY_S = 24 * 3600.0
_POLL_S = 0.5
_PUT = 'mkdir -m 700 -p -- "$1" && sync "${1%/*}"'


def rejoin(server: Server, keep_in: str) -> Outcome:
    """Have a member copy everything from its set (see `actions.systems.mongodb.restore`).

    Raises:
        ActionFailed: the set has no primary, or the member does not come to its end.
    """
    leader = server_of(server.ctx, server.settings.standby_of)
    require_member_of_its_set(server)
    with connect_primary(leader) as client:
        primary = str(client.admin.command("hello")["me"])
    record = _begun(server) or _begin(server, primary, keep_in)
    began = time.monotonic()
    if not server.ctx.effect(f"start {server.name} empty, and have it copy everything from its set ({primary})"):
        return Outcome(ok=True, summary=f"would have {server.name} copy everything from {primary}")
    if not server.process():
        require_nobody_answers(server)
        _make_empty(server)
        save_record(server, replace(record, state="restored"))
        start_process(server, "start")
    _add(leader, server)
    _wait(leader, server)
    save_record(server, replace(record, state="serving"))
    kept = f" The old data is kept in {record.aside}." if record.copy else ""
    return Outcome(
        ok=True,
        summary=f"{server.name} copied everything from {primary} and follows it.{kept}",
        facts={"seconds": round(time.monotonic() - began, 1), "aside": record.aside, "source": primary},
    )


def _begun(server: Server) -> RestoreRecord | None:
    """Return the record of an attempt of this incident that has started the empty member."""
    record = our_record(server)
    return record if record and record.source and record.state == "restored" and server.process() else None


def _begin(server: Server, primary: str, keep_in: str) -> RestoreRecord:
    """Move the old data aside."""
    before = our_record(server)
    unfinished = before if before and before.source and before.state != "serving" else None
    record = RestoreRecord(
        incident=server.ctx.incident.id,
        state="restoring",
        point="latest",
        backup="",
        source=primary,
        copy=unfinished.copy if unfinished else copy_for(server, keep_in),
    )
    if not server.ctx.dry_run:
        save_record(server, record)
    keep_copy(server, record.copy)
    return record


def _make_empty(server: Server) -> None:
    done = server.run("empty", ["sh", "-c", _PUT, "sh", server.data])
    if done.code != 0:
        raise ActionFailed(f"{server.data} cannot be made: {done.err.strip()}", "Make it, then run the step again.")


def _add(leader: Server, server: Server) -> None:
    """Add a member to its set's configuration, unless it is in it."""
    with connect_primary(leader, deadline_s=60) as client:
        config = client.admin.command("replSetGetConfig")["config"]
        if any(each["host"] == server.where for each in config["members"]):
            return
        number = max(each["_id"] for each in config["members"]) + 1
        config["members"].append({"_id": number, "host": server.where})
        config["version"] += 1
        client.admin.command("replSetReconfig", config)


def _wait(leader: Server, server: Server) -> None:
    """Wait until a member has everything; it is its set that is asked: it knows no users until then.

    Raises:
        ActionFailed: it ended, or a day was not enough.
        Cancelled: somebody asked the action to stop; the member goes on.
    """
    began = time.monotonic()
    while True:
        with connect_primary(leader) as client:
            state = _state(client, server)
        if state == "SECONDARY":
            return
        if server.ctx.cancelled:
            raise Cancelled(f"{server.name} goes on copying from its set by itself.")
        passed = time.monotonic() - began
        if not server.process() or passed > _DAY_S:
            why = "ended" if not server.process() else f"is still {state}"
            words = "See its log (mongodb.log), then run the step again: it begins anew."
            raise ActionFailed(
                f"{server.name} {why} while it copied from its set.",
                left_behind="Its data directory is incomplete; the old data is kept.",
                cures=[Cure(words=words, action="mongodb.restore")],
            )
        server.ctx.progress(Progress(text=f"copying from its set, {passed:.0f} s: {state}"))
        time.sleep(_POLL_S)


def _state(client: MongoClient[dict[str, Any]], server: Server) -> str:
    members = client.admin.command("replSetGetStatus")["members"]
    return next((str(each["stateStr"]) for each in members if each["name"] == server.where), "not in the set")
