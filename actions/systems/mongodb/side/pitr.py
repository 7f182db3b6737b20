"""``mongodb.pitr``: a backup and its oplog up to a point, as a side instance; and what tells of it and removes it."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.asked_instant import asked_instant
from actions.context import ActionContext
from actions.outcome import ActionFailed, Outcome
from actions.recovery_point import parse_point
from actions.side_instance import none_there
from actions.systems.mongodb import SYSTEM
from actions.systems.mongodb.identity import identity
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.side.instance import make_side
from actions.systems.mongodb.side.place import DISCARD, MAKE, Side, load_side, side_root
from actions.systems.mongodb.side.removal import remove_side
from journal.events.types import Identity
from journal.incident.recovery_point import RecoveryPoint

_SWITCH = (
    "To go back to it for good: decide on this point as the incident's recovery point; then mongodb.restore leads "
    "there, with the old data kept."
)


def side_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return what tells the server from every other, and where its side instance lies."""
    return [*identity(ctx), Identity(name="side instance", value=side_root(find_server(ctx)), known="reported")]


@action(
    MAKE,
    script="pitr_restore.sh",
    probe="mongodb.pitr_state",
    resumable=True,
    touches=("side instance",),
    undone_by=DISCARD,
    target=side_identity,
    params={
        "timestamp": "everything that was written before this instant; with its zone",
        "oplog": "instead: everything up to this entry of the oplog, SECONDS:ORDINAL",
    },
)
def pitr(ctx: ActionContext, *, timestamp: str = "", oplog: str = "") -> Outcome:
    """Restore to a point in time, beside the real server.

    The newest sound backup before the point is restored into a directory of its own on the server's host, and the
    oplog behind it replayed up to the point; what of that no backup has yet is copied from the running server. Its
    mongod is in no replica set, listens on a private socket alone, expires nothing, and runs only while a step works in
    it. The real server is not touched.

    Needs: a full backup from before the point, on the server's host; mongod in the version that was backed up; room for
    as much as the backups take and 400 MiB beside the data directory, or in `scratch_in`.

    Leaves: the side instance (`….side`), at rest, until mongodb.pitr_discard.

    Killed half way: it is gone on with, or made anew.
    """
    server = find_server(ctx)
    point = _asked_point(server, timestamp, oplog)
    side = make_side(server, point)
    if side is None:
        return Outcome(ok=True, summary=f"would restore {server.name} beside itself, to {point}")
    ctx.log(_SWITCH)
    return Outcome(
        ok=True,
        summary=f"A side instance stands {side.record}. Verify it: mongodb.pitr_verify.",
        facts=_facts(side),
    )


@action("mongodb.pitr_state", target=side_identity)
def pitr_state(ctx: ActionContext) -> Outcome:
    """Tell whether there is a side instance, and where it stands.

    Needs: its host.
    """
    server = find_server(ctx)
    side = load_side(server)
    if side is None:
        return none_there(server, server.name, side_root(server))
    record = side.record
    state = f"stands {record}" if record.state == "ready" else f"is {record.state}, to {record.target}"
    whose = "" if record.incident == ctx.incident.id else f" (of incident {record.incident})"
    return Outcome(
        ok=record.state == "ready",
        summary=f"The side instance of {server.name}{whose} {state}; its mongod runs only while a step works in it.",
        facts=_facts(side),
    )


@action(DISCARD, probe="mongodb.pitr_state", resumable=True, touches=("side instance",), target=side_identity)
def pitr_discard(ctx: ActionContext) -> Outcome:
    """Remove the side instance.

    Its directory is removed; only what has the record of one. No server of it runs between steps.

    Needs: the right to remove it, as the server's account.

    Leaves: nothing of it. The real server, and documents that were brought back, stay as they are.

    Killed half way: the record goes last, so run again it removes the rest.
    """
    server = find_server(ctx)
    side, root = load_side(server), side_root(server)
    if side is None and not server.exists(root):
        return Outcome(ok=True, summary=f"There is no side instance of {server.name}.")
    whose = f" of incident {side.record.incident}, which stands {side.record}" if side else ""
    if not ctx.effect(f"remove the side instance{whose}: {root}"):
        return Outcome(ok=True, summary=f"would remove {root}")
    remove_side(server, side)
    return Outcome(ok=True, summary=f"The side instance is removed; {root} is gone.", facts={"side": "none"})


def _asked_point(server: Server, timestamp: str, oplog: str) -> RecoveryPoint:
    """Return the point that was asked for.

    Raises:
        ActionFailed: none was given, or the time may mean several instants: each is said in UTC.
    """
    if bool(timestamp) == bool(oplog):
        raise ActionFailed("Say where to: an instant, or a position.", "--timestamp 2026-11-22T14:30:00Z, or --oplog.")
    if oplog:
        return parse_point(server.name, SYSTEM, f"oplog:{oplog.removeprefix('oplog:')}")
    return RecoveryPoint(instant=asked_instant(timestamp, MAKE, "timestamp"))


def _facts(side: Side) -> dict[str, object]:
    record, result = side.record, side.record.result
    return {
        "side": record.state,
        "backup": record.backup,
        "point": record.point,
        "last_before": record.last_before.isoformat() if record.last_before else None,
        "first_after": record.first_after.isoformat() if record.first_after else None,
        "documents": result.documents if result else None,
        "changes": result.applied if result else None,
        "seconds": record.seconds,
        "directory": side.root,
    }
