"""Takes a backup of Redis: a fresh RDB file, or the append-only directory, with configuration and users."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from actions.backups.engine import BackupSet, Taken
from actions.backups.heard import show_read
from actions.backups.printed import json_objects
from actions.backups.repository.place import Place
from actions.context import Progress
from actions.machine.machine import last_words
from actions.machine.room import full
from actions.outcome import ActionFailed, Cure
from actions.systems.redis.backups.order import ACL_FILE, CONFIG_FILE, StoreOrder
from actions.systems.redis.config import Running, running
from actions.systems.redis.rdb import Keys
from actions.systems.redis.server import Server
from actions.systems.redis.verified_connection import connect_verified

if TYPE_CHECKING:
    from redis import Redis

KINDS = ("full", "snapshot")
"""``full``: a fresh RDB file. ``snapshot``: the append-only directory as it is."""
_MODULE = "actions.systems.redis.backups.store"
_HOURS_S = 12 * 3600.0
_SAVE_S = 2 * 3600.0
_PAUSE_S = 0.1
_COARSE = timedelta(seconds=1)
"""The file has whole seconds of a clock that may be a tick (4 ms) behind the one that the server was asked."""
_WRONG = ("Failed opening", "Write error", "Failed to", "Can't save", "No space", "moving temp DB")
"""What a server's log says of a save that failed, before it says that it did (rdb.c of Redis 7)."""


class _Saved(msgspec.Struct, frozen=True, kw_only=True):
    """An RDB file that the server has just written: between which instants it was begun, by the server's clock."""

    after: datetime
    before: datetime


def take_backup(server: Server, place: Place, kind: str) -> Taken:
    """Take a backup (see `actions.backups.engine.BackupEngine.take`).

    Args:
        server: the server.
        place: its repository.
        kind: one of `KINDS`.
    """
    place = place.here
    found = _look(server, place, kind)
    what = "save an RDB file" if kind == "full" else "copy the append-only directory"
    if not server.ctx.effect(f"{what} of {server.name}, and store it in {place.folder}"):
        return Taken(set=None)
    saved = _save(server) if kind == "full" else None
    label = _store(server, place, _order(server, place, kind, found, saved))
    stored = next((one.entry for one in place.listing().stored if one.entry.id == label), None)
    if stored is None:
        cures = [Cure(words="Look which backups there are.", action="backups.verify")]
        raise ActionFailed(f"The backup {label} was stored, and the repository does not list it.", cures=cures)
    return Taken(
        set=BackupSet(label=label, kind=kind, started_at=stored.started_at, ended_at=stored.ended_at, size=stored.size),
        manifest=True,
    )


def _look(server: Server, place: Place, kind: str) -> Running:
    """Refuse what cannot be backed up, before anything is begun.

    Raises:
        ActionFailed: it loads its data, follows another, writes elsewhere, or the repository is on another host.
    """
    if place.host != server.host:
        raise ActionFailed(
            f"The repository is on {place.host}, and {server.name} writes its files on {server.host}.",
            f"Mount the repository on {server.host}, and leave out host: of the repository in the inventory.",
        )
    place.program(_MODULE)  # it says what is missing there
    with connect_verified(server) as client:
        found = running(client, server.settings)
    if found.loading:
        raise ActionFailed(f"{server.name} still loads its data.", "Wait until it is up; then run the step again.")
    if found.cluster:
        raise ActionFailed(
            f"{server.name} is a member of a Redis Cluster: one file is a part of the data only.",
            "Back up all masters together by hand, with their nodes.conf.",
        )
    if found.follows:
        raise ActionFailed(
            f"{server.name} is a replica of {found.follows}: it may be behind.",
            "Back up its master; or, if that is lost, detach this one first: REPLICAOF NO ONE.",
        )
    _require_same_place(server, found)
    if kind == "snapshot" and not found.appendonly:
        full_one = Cure(words="Take a full backup.", action="backups.take", params={"kind": "full"})
        raise ActionFailed(f"{server.name} keeps no append-only file (appendonly no).", cures=[full_one])
    return found


def _require_same_place(server: Server, found: Running) -> None:
    real = server.query(["readlink", "-m", "--", found.directory, server.data]).out.splitlines()
    if len(set(real)) != 1:
        raise ActionFailed(
            f"{server.name} writes to {found.directory}, the inventory says {server.data}.",
            "Correct data_directory in the inventory, or dir in the server.",
        )


def _save(server: Server) -> _Saved:
    """Have the server save an RDB file, and wait until it has.

    Raises:
        ActionFailed: it could not; what was saved before still is.
    """
    end = time.monotonic() + _SAVE_S
    _wait_until_idle(server, end)
    with connect_verified(server) as client:
        saves = int(_persistence(client).get("rdb_saves", 0))
        after = _clock(client)
        client.bgsave()
        before = _clock(client)
    said = _wait_until_idle(server, end)
    if said.get("rdb_last_bgsave_status") != "ok" or int(said.get("rdb_saves", saves + 1)) == saves:
        raise ActionFailed(
            f"{server.name} could not save an RDB file{_why(server)}.",
            full(server, server.data) or "Its log says why (redis.log): correct what it names.",
            left_behind="The older backups are untouched.",
        )
    return _Saved(after=after, before=before)


def _wait_until_idle(server: Server, end: float) -> dict[str, Any]:
    """Wait until neither an RDB file nor an append-only file is being rewritten; return INFO persistence."""
    while True:
        server.ctx.check_cancelled()
        with connect_verified(server) as client:
            said = _persistence(client)
        if not (said.get("rdb_bgsave_in_progress") or said.get("aof_rewrite_in_progress")):
            return said
        if time.monotonic() > end:
            raise ActionFailed(
                f"{server.name} has been writing its data for longer than {_SAVE_S / 3600:.0f} hours.",
                "Look whether its disk still takes writes, and run the step again.",
            )
        _show(server, said)
        time.sleep(_PAUSE_S)


def _show(server: Server, said: dict[str, Any]) -> None:
    done, total = said.get("current_save_keys_processed", 0), said.get("current_save_keys_total", 0)
    if total:
        server.ctx.progress(Progress(fraction=min(1.0, done / total), text=f"saving, {done} of {total} keys"))


def _persistence(client: Redis) -> dict[str, Any]:
    said: Any = client.info("persistence")
    return dict(said)


def _clock(client: Redis) -> datetime:
    seconds, micro = client.time()
    return datetime.fromtimestamp(seconds + micro / 1e6, UTC)


def _why(server: Server) -> str:
    """Return what the server's log says of the save that failed, to be read behind "could not save"."""
    if not server.settings.service.log:
        return ""
    done = server.query(["tail", "-n", "40", server.settings.service.log])
    wrong = [line for line in done.out.splitlines() if any(word in line for word in _WRONG)]
    return f": {wrong[-1].partition(' # ')[2] or wrong[-1]}" if wrong else ""


def _order(server: Server, place: Place, kind: str, found: Running, saved: _Saved | None) -> StoreOrder:
    """Return what the program that stores it is told; the heartbeat was read before the file was begun."""
    name = found.rdb_name if saved else found.aof_folder
    return StoreOrder(
        where=place.where,
        system=server.name,
        kind=kind,
        source=f"{server.data}/{name}",
        settings={CONFIG_FILE: server.settings.config_file or found.config_file, ACL_FILE: found.acl_file},
        check_rdb=server.program("redis-check-rdb"),
        check_aof=server.program("redis-check-aof"),
        not_before=saved.after.replace(microsecond=0) - _COARSE if saved else None,
        consistent_at=saved.before if saved else None,
        server=found.must_match(),
        facts=_facts(server, found, saved),
    )


def _facts(server: Server, found: Running, saved: _Saved | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"used_memory": found.used_memory}
    if found.newest_write:
        facts["newest_write"] = found.newest_write.isoformat()
    if saved is None:
        facts["databases"] = msgspec.to_builtins(dict[str, Keys](found.databases))
    return facts


def _store(server: Server, place: Place, order: StoreOrder) -> str:
    """Have it stored on the host, and return the backup's id."""
    argv = [*place.program(_MODULE), msgspec.json.encode(order).decode()]
    shown = show_read(server.ctx, "copying into the repository")
    done = server.ctx.run("store", place.host, argv, timeout_s=_HOURS_S, user=place.settings.run_as, on_line=shown)
    label = json_objects(done.out)[-1].get("id", "") if done.code == 0 and json_objects(done.out) else ""
    if not label:
        raise ActionFailed(
            f"No backup was stored: {last_words(done)}",
            full(server, *([] if place.in_bucket else [place.settings.repository]), server.data)
            or "Its output says why (o): correct what it names.",
            left_behind="The older backups are untouched.",
        )
    return str(label)
