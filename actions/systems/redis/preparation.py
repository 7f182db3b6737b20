"""What a restore decides before it changes anything: the source, the copy that is kept, and whether all of it fits."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from actions.backups.measured import say_last_restore
from actions.backups.repository.place import Place
from actions.gate import decide
from actions.machine.aside import MOVING, KeptCopy
from actions.outcome import ActionFailed, Cure, GateClosed
from actions.systems.redis.backups.place import place_of_backups
from actions.systems.redis.config_file import Wanted, has_block, wanted_of, without_block
from actions.systems.redis.configuration import read_configuration
from actions.systems.redis.fence_guard import require_not_fenced
from actions.systems.redis.heartbeat import newest_write
from actions.systems.redis.memory import require_disk, require_memory
from actions.systems.redis.missing_settings import bring_back_configuration, bring_back_users
from actions.systems.redis.placing import half_made, keep_old, plan_copy
from actions.systems.redis.product import OTHER_VERSION, cannot_load, of_program
from actions.systems.redis.restore_record import RestoreRecord, Source, keeper, our_record
from actions.systems.redis.server import Server, server_of
from actions.systems.redis.settings import RedisSettings
from actions.systems.redis.sources import Found, choose, find_sources
from actions.systems.redis.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.measured import Measured
from journal.incident.recovery_point import RecoveryPoint

_REPLICAS = "replicas"


class Preparation(msgspec.Struct, frozen=True):
    """A restore that can begin: its record, the copy it keeps (None: nothing is there), and whether it goes on."""

    record: RestoreRecord
    copy: KeptCopy | None
    unfinished: bool


def prepare(server: Server, point: RecoveryPoint, named: str) -> Preparation:
    """Choose what is restored, read all of it, and look whether it can be.

    Args:
        server: the server, which is down.
        point: the recovery point of this system.
        named: a backup that a person named; empty: any.

    Raises:
        ActionFailed: nothing leads there, or something is missing.
        GateClosed: it does not fit, or replicas follow, and nobody decided to go on.
    """
    require_not_fenced(server)
    earlier = our_record(server)
    unfinished = earlier if earlier and earlier.state == "restoring" else None
    if unfinished:
        server.ctx.log(f"A restore of {unfinished.source} did not get to its end: this one goes on from there.")
    place = place_of_backups(server.ctx, server.name).here
    _require_same_host(server, place)
    bring_back_configuration(server, place)
    wanted = _wanted(server, earlier)
    _require_master(server, wanted)
    _require_no_replicas(server)
    kept = _kept_before(server, unfinished.aside) if unfinished else ""
    found = find_sources(server, place, wanted, kept)
    chosen, passed = choose(server, place, found, point, named)
    _require_it_can_be_loaded(server, chosen, found, wanted)
    bring_back_users(server, place, wanted, chosen.label)
    copy = None if kept else plan_copy(server, wanted, restored=bool(earlier and earlier.state != "restoring"))
    aside = kept or (copy.path if copy else "")
    record = RestoreRecord(
        incident=server.ctx.incident.id,
        state="restoring",
        point=point.text,
        source=_as_kept(server, chosen, aside),
        began_at=datetime.now(UTC).isoformat(timespec="seconds"),
        aside=aside,
        wanted=wanted,
        passed_over=[str(one) for one in passed],
        most_keys=max((one.keys or 0 for one in found.sources), default=0),
        known=unfinished.known if unfinished else Measured(newest_commit_at=found.last_write),
    )
    return Preparation(record, copy, bool(unfinished))


def _require_it_can_be_loaded(server: Server, chosen: Source, found: Found, wanted: Wanted) -> None:
    """Look for version and room, and say how long it took the last time.

    How much memory append-only files take is not known: as much as the fullest of the RDB files.
    """
    say_last_restore(server.ctx)
    _require_version(server, chosen)
    require_disk(server, chosen, wanted)
    require_memory(server, chosen.memory or max(one.memory for one in found.sources), wanted, str(chosen))


def _require_same_host(server: Server, place: Place) -> None:
    if place.host != server.host:
        raise ActionFailed(
            f"The backups are on {place.host}, and {server.name} is restored on {server.host}.",
            f"Mount the repository on {server.host}, or copy it there, and name it so in the inventory (backups:).",
        )


def _kept_before(server: Server, aside: str) -> str:
    """Return where an unfinished restore keeps the old data; what it had not moved yet is moved first."""
    half = half_made(server)
    if half and server.ctx.effect(f"go on to keep the old data: move {', '.join(half.held)} to {half.path}"):
        keep_old(server, half)
    if aside and keeper(server).exists(aside):
        return aside
    return f"{half.path}{MOVING}" if half else ""


def _as_kept(server: Server, source: Source, aside: str) -> Source:
    """Return the source as it lies once the old data is moved: what survived is restored from its copy."""
    if source.label or not source.path.startswith(f"{server.data}/"):
        return source
    return msgspec.structs.replace(source, path=f"{aside}/{source.path.rpartition('/')[2]}")


def _wanted(server: Server, earlier: RestoreRecord | None) -> Wanted:
    """Return what the configuration wants, without a block that an unfinished restore left."""
    text = server.read(server.settings.config_file) or ""
    if not has_block(text):
        return wanted_of(read_configuration(server))
    if earlier:
        return earlier.wanted
    if not server.ctx.effect("take out of its configuration what a restore of another incident left there"):
        raise ActionFailed(
            f"{server.settings.config_file} has the block of another incident's unfinished restore.",
            "The restore begins with taking it out; what is wanted without it is seen then: the dry run ends here.",
        )
    server.write(server.settings.config_file, without_block(text), user="")
    return wanted_of(read_configuration(server))


def _require_master(server: Server, wanted: Wanted) -> None:
    """A replica takes its master's data as soon as it starts: what is restored to it is gone then."""
    leader = server.settings.standby_of
    if wanted.cluster:
        raise ActionFailed(
            f"{server.name} is a member of a Redis Cluster: an RDB file is a part of the data only, of its slots.",
            "Restore all masters together by hand, each from its own file of one moment, with the nodes.conf of then.",
        )
    if wanted.follows or leader:
        raise ActionFailed(
            f"{server.name} is configured as a replica of {wanted.follows or leader}: it would take that one's data.",
            f"Restore {leader or 'its master'}; or, where this one is to be the master, take replicaof out of its "
            "configuration first (and standby_of out of the inventory).",
        )


def _require_no_replicas(server: Server) -> None:
    """A replica that still follows takes over whatever the restored master has, and its own copy may be the newest.

    Raises:
        GateClosed: one follows, or cannot be asked, and nobody decided to go on.
    """
    mine = server.settings.address, server.settings.port
    following: dict[str, str] = {}
    for name, settings in server.ctx.inventory.systems.items():
        if isinstance(settings, RedisSettings) and settings.standby_of == server.name and not settings.cold:
            try:
                with connect_verified(server_of(server.ctx, name), deadline_s=5) as client:
                    said = client.info("replication")
                    newest = newest_write(client, settings)[0]
            except CleoError as error:
                server.ctx.log(f"Whether {name} still follows is not known: {error.message}", "err")
                continue
            if said.get("role") == "slave" and (said.get("master_host"), said.get("master_port")) == mine:
                following[name] = f" (its newest write: {newest:%Y-%m-%d %H:%M:%S} UTC)" if newest else ""
    if not following:
        return
    names = " and ".join(following)
    closed = GateClosed(
        _REPLICAS,
        f"{names} still {'follow' if len(following) > 1 else 'follows'} {server.name}: once that is up, it gives up "
        f"its own copy of the data, which may be the newest there is{''.join(following.values())}.",
        cures=[
            Cure(words=f"Detach it first, as a copy that is kept: REPLICAOF NO ONE at {names}. Or promote it instead."),
            Cure(words="Or go on.", override=_REPLICAS, cost=f"the copy that {names} has"),
        ],
    )
    decide(server.ctx, closed, f"{names} will take over the restored data")


def _require_version(server: Server, source: Source) -> None:
    """An older server cannot load what a newer one wrote."""
    here = of_program(server.query([server.program(server.settings.program), "--version"]).out)
    if cannot_load(here, (source.product, source.version)):
        raise ActionFailed(
            f"{source} was written by {source.product} {source.version}, and {server.settings.host} has "
            f"{' '.join(here)}, which cannot load it.",
            OTHER_VERSION,
        )
