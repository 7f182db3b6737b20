"""Looks through a Redis server for an intruder's traces: the running one, and its backups beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from actions.backups.repository.checking import check_backup
from actions.backups.repository.place import Place
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.credentials.own_login import vouched_for
from actions.intrusion.traces import Holding, Thing
from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.redis import traces
from actions.systems.redis.backups.order import ACL_FILE, CONFIG_FILE
from actions.systems.redis.backups.place import place_of_backups
from actions.systems.redis.by_hand import cli
from actions.systems.redis.config import databases, running
from actions.systems.redis.restore_record import Source, keeper, place_of
from actions.systems.redis.scratch import require_scratch_room, scratch_order
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.settings import RedisSettings
from actions.systems.redis.sources import source_of_backup
from actions.systems.redis.verified_connection import connect_verified
from journal.structs import from_json

_MODULE = "actions.systems.redis.backups.scan"
_HOURS_S, _LIVE_S, _ASK_S = 12 * 3600.0, 120.0, 300.0
_BEFORE = timedelta(microseconds=1)
_MADE = 'stat -Lc %.6Y -- "$1" 2>/dev/null'


class RedisTraces:
    """One server (`actions.intrusion.traces.TraceSource`)."""

    looked_for = traces.LOOKED_FOR
    not_looked_for = traces.NOT_LOOKED_FOR

    def now(self, ctx: ActionContext) -> Holding:
        """Return what the running server holds; a setting that its file has otherwise is a thing of its own."""
        server, unseen = find_server(ctx), list[str]()
        with connect_verified(server, deadline_s=_ASK_S) as session:
            client: Any = session
            found, left = traces.keys(client, [int(name[2:]) for name in databases(client.info())], _LIVE_S)
            unseen += [left] if left else []
            text = (server.read(server.settings.config_file) or "") if server.settings.config_file else ""
            found |= traces.settings(text) | traces.functions(client) | traces.at_runtime(client, text)
            found |= traces.users([str(line) for line in client.execute_command("ACL", "LIST")])
        return Holding(things=found, unseen=unseen)

    def at(self, ctx: ActionContext, point: datetime, backup: str = "") -> Holding:
        """Have a program load the backup that a restore would take, and look; it removes what it made."""
        server, folder = find_server(ctx), self.place(ctx)
        place = place_of_backups(ctx, server.name).here
        sources = _sources(place)
        fit = [one for one in sources if one.at and (one.until or one.at) <= point]
        if not fit:
            raise ActionFailed("no backup shows that instant or one before")
        source = fit[-1]
        require_scratch_room(server, source, folder)
        if not ctx.effect(f"read every file of {source}, load it in {folder}, look through it, and remove it"):
            raise ActionFailed("A dry run restores nothing.")
        if damaged := check_backup(place, source.label, timeout_s=_HOURS_S):
            raise ActionFailed(f"backup {source.label} is damaged: {damaged[0].name}: {damaged[0].why}")
        inside = _inside(server, place, source, folder)
        settings, unseen = _settings(server, place, source.label)
        until = _until(server, source, sources, point)
        return Holding(
            things={**inside.things, **settings},
            unseen=[*inside.unseen, *unseen],
            backup=source.label,
            since=source.until or source.at,
            until=until,
        )

    def made_at(self, ctx: ActionContext, things: Mapping[str, Thing], since: datetime) -> Mapping[str, datetime]:
        """Return nothing: neither users nor keys tell when they were made, and there is no log of commands."""
        return {}

    def vouched(self, ctx: ActionContext) -> Sequence[str]:
        """Return the inventory's users, and the one that every server has."""
        settings = find_server(ctx).settings
        names = vouched_for(settings, settings.user, "default", *(user.name for user in settings.app_users))
        return [f"user {name}" for name in names]

    def place(self, ctx: ActionContext) -> str:
        """Return the folder of the server that is looked through."""
        return f"{place_of(find_server(ctx))}.scan"

    def by_hand(self, known: ByHand) -> Sequence[CommandLine]:
        """Return what shows the running server's users; a backup has them, and the settings, as files."""
        settings = known.settings(RedisSettings)
        return [cli(settings, "ACL", "LIST", what="Compare with users.acl of an older backup; redis.conf, too.")]

    def left(self, ctx: ActionContext) -> str:
        """Return whether one is there."""
        place = self.place(ctx)
        return place if keeper(find_server(ctx)).exists(place) else ""


def _sources(place: Place) -> list[Source]:
    """Return the backups that nothing is seen to be wrong with, the oldest first."""
    stored = [one.entry for one in place.listing().stored if not one.wrong]
    return [source_of_backup(entry, f"{place.folder}/{entry.id}") for entry in stored]


def _inside(server: Server, place: Place, source: Source, folder: str) -> Holding:
    order = msgspec.json.encode(scratch_order(server, place, source, folder)).decode()
    argv = ["nice", *place.program(_MODULE), order]
    done = server.run(f"scan-{source.label}", argv, timeout_s=_HOURS_S, user="")
    try:
        return from_json(done.out.strip().splitlines()[-1], Holding)
    except (msgspec.DecodeError, IndexError):
        raise ActionFailed(f"{source} could not be loaded: {last_words(done)}") from None


def _settings(server: Server, place: Place, label: str) -> tuple[dict[str, Thing], list[str]]:
    """Return users and settings as a backup has them."""
    if place.in_bucket:
        return {}, ["users and settings: they lie in a bucket, and are not read out of it"]
    found, unseen = dict[str, Thing](), list[str]()
    for name in (CONFIG_FILE, ACL_FILE):
        text = keeper(server).read(f"{place.folder}/{label}/{name}")
        if text is None:
            unseen.append(f"{name}: the backup has none")
        else:
            found |= traces.settings(text)
    return found, unseen


def _until(server: Server, source: Source, sources: Sequence[Source], point: datetime) -> datetime:
    """Return up to when a restore takes this backup: until there is a newer one, or an RDB file of the server's own."""
    assert source.at
    later = [one.at for one in sources if one.at and one.at > source.at]
    with connect_verified(server, deadline_s=_ASK_S) as client:
        wanted = running(client, server.settings)
    saved = keeper(server).query(["sh", "-c", _MADE, "sh", f"{wanted.directory}/{wanted.rdb_name}"]).out.strip()
    if saved and (at := datetime.fromtimestamp(float(saved), UTC)) > source.at:
        later.append(at)
    return max(point, min(later) - _BEFORE) if later else max(point, datetime.now(UTC))


def source() -> RedisTraces:
    """Return how a server is looked through."""
    return RedisTraces()
