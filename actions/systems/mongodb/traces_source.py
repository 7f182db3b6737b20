"""Looks through a MongoDB server for an intruder's traces: the running one, and its backups beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.credentials.own_login import vouched_for
from actions.intrusion.traces import Holding, Thing
from actions.outcome import ActionFailed
from actions.systems.mongodb import traces
from actions.systems.mongodb.by_hand import in_shell
from actions.systems.mongodb.scan_side import Found
from actions.systems.mongodb.server import find_server
from actions.systems.mongodb.settings import MongodbSettings
from actions.systems.mongodb.side.instance import make_side
from actions.systems.mongodb.side.place import Side, load_side, side_root
from actions.systems.mongodb.side.programs import ask_in_side, server_of_side
from actions.systems.mongodb.side.removal import remove_side
from actions.systems.mongodb.verified_connection import connect_verified
from journal.incident.recovery_point import RecoveryPoint

_MODULE = "actions.systems.mongodb.scan_side"
_ASK_S = 120.0
_SEARCH_MS = 60_000
_AFTER = timedelta(milliseconds=1)


class MongodbTraces:
    """One server (`actions.intrusion.traces.TraceSource`)."""

    looked_for = traces.LOOKED_FOR
    not_looked_for = traces.NOT_LOOKED_FOR

    def now(self, ctx: ActionContext) -> Holding:
        """Return what the running server holds."""
        with connect_verified(find_server(ctx), deadline_s=_ASK_S) as client:
            return Holding(things=traces.things(client))

    def at(self, ctx: ActionContext, point: datetime, backup: str = "") -> Holding:
        """Make an instance of its own at the point, look, and remove it."""
        server = find_server(ctx)
        if (left := load_side(server, "scan")) and left.record.incident != ctx.incident.id:
            remove_side(server, left, "scan")  # our own, which a killed run began, is gone on with
        try:
            side = make_side(server, RecoveryPoint(instant=point), "scan")
            if side is None:
                raise ActionFailed("A dry run restores nothing.")
            found = ask_in_side(side, _MODULE, server_of_side(side), Found)
            return _holding(side, found, point)
        finally:
            if (there := load_side(server, "scan")) and not ctx.cancelled:
                remove_side(server, there, "scan")

    def made_at(self, ctx: ActionContext, things: Mapping[str, Thing], since: datetime) -> Mapping[str, datetime]:
        """Return when the oplog has them made or changed first, since then."""
        with connect_verified(find_server(ctx), deadline_s=_ASK_S) as client:
            return {name: at for name, thing in things.items() if (at := _made(client, thing.mark, since))}

    def vouched(self, ctx: ActionContext) -> Sequence[str]:
        """Return the inventory's users, in whichever database; what is the inventory's own user is known, too."""
        settings = find_server(ctx).settings
        databases = {settings.auth_database, "admin", *(user.database for user in settings.app_users)}
        names = vouched_for(settings, settings.user, *(user.user for user in settings.app_users))
        return [f"user {name}@{database}" for name in names for database in sorted(databases)]

    def place(self, ctx: ActionContext) -> str:
        """Return the directory of the instance that is looked through."""
        return side_root(find_server(ctx), "scan")

    def by_hand(self, known: ByHand) -> Sequence[CommandLine]:
        """Return what shows the running server's users; a dump has them in ``admin/system.users.bson``."""
        script = 'db.getSiblingDB("admin").system.users.find({}, {credentials: 0})'
        what = "Compare with bsondump of admin/system.users.bson in an older backup."
        return [in_shell(known.settings(MongodbSettings), script, what)]

    def left(self, ctx: ActionContext) -> str:
        """Return whether one is there."""
        side = load_side(find_server(ctx), "scan")
        return f"{side.root} ({side.record.state}), of {side.record.incident}" if side else ""


def _holding(side: Side, found: Found, point: datetime) -> Holding:
    """Return what it holds, and between which instants a restore leads to the same: between two changes."""
    record = side.record
    since = record.last_before.astimezone(UTC) + _AFTER if record.last_before else point
    until = record.first_after.astimezone(UTC) if record.first_after else point
    return Holding(things=found.things, backup=record.backup, since=min(point, since), until=max(point, until))


def _made(client: Any, mark: str, since: datetime) -> datetime | None:
    """Return when the oplog first has a document written, or a collection made."""
    from bson import Timestamp

    namespace, _, id_ = mark.partition(" ")
    if not namespace:
        return None
    ours: dict[str, Any] = {"$or": [{"o._id": id_}, {"o2._id": id_}], "ns": namespace}
    database, _, collection = namespace.partition(".")
    made = {"op": "c", "ns": f"{database}.$cmd", "o.create": collection}
    wanted = {"ts": {"$gte": Timestamp(int(since.timestamp()), 0)}, **(ours if id_ else made)}
    entry = client.local["oplog.rs"].find_one(wanted, sort=[("$natural", 1)], max_time_ms=_SEARCH_MS)
    return entry["wall"].astimezone(UTC) if entry and entry.get("wall") else None


def source() -> MongodbTraces:
    """Return how a server is looked through."""
    return MongodbTraces()
