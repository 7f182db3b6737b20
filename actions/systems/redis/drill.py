"""``redis.drill``: loads the newest backup into a server of its own, counts and measures it, removes it.

A backup that was never restored is a hope. What a drill came to is written beside the backup.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from actions.action import action
from actions.backups.drill.elsewhere import PARAMS, Way, drill_identity, drill_leftover, drilled
from actions.backups.drill.outcome import leave_drill, left_by_drill, loss_words, lost_seconds
from actions.backups.drill.place import DrillPlace, newest_now
from actions.backups.drill.settings import fit_programs, fit_repository, require_bucket_keys
from actions.backups.offsite.index import CopiedBackup
from actions.backups.repository.checking import check_backup
from actions.backups.repository.place import Place
from actions.context import ActionContext
from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.redis.backups.order import Loaded
from actions.systems.redis.backups.place import place_of_backups
from actions.systems.redis.counts import Counted, differences
from actions.systems.redis.heartbeat import newest_write
from actions.systems.redis.identity import identity
from actions.systems.redis.measures import instant
from actions.systems.redis.restore_record import Source, keeper, place_of
from actions.systems.redis.scratch import require_scratch_room, scratch_order
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.settings import RedisSettings
from actions.systems.redis.sources import source_of_backup
from actions.systems.redis.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.types import Identity
from journal.structs import from_json
from journal.wording.durations import exact_duration

_MODULE = "actions.systems.redis.backups.scratch"
_HOURS_S = 12 * 3600.0


def _folder(server: Server) -> str:
    return f"{place_of(server)}.drill"


def target(ctx: ActionContext) -> Sequence[Identity]:
    """Return what tells the server from every other, and where its drill instance lies."""
    return drill_identity(ctx, _beside)


def _beside(ctx: ActionContext) -> Sequence[Identity]:
    return [*identity(ctx), Identity(name="drill instance", value=_folder(find_server(ctx)), known="reported")]


@action("redis.drill_left", target=target, params=PARAMS)
def drill_left(ctx: ActionContext, *, source: str = "", on: str = "") -> Outcome:
    """Tell whether a drill left its instance.

    Needs: its host.
    """

    def beside() -> Outcome:
        server = find_server(ctx)
        folder = _folder(server)
        return left_by_drill(folder, there=keeper(server).exists(folder))

    return drill_leftover(ctx, source=source, on=on, beside=beside)


@action(
    "redis.drill",
    probe="redis.drill_left",
    resumable=True,
    touches=("drill instance",),
    target=target,
    params=PARAMS,
)
def drill(ctx: ActionContext, *, source: str = "", on: str = "") -> Outcome:
    """Load the newest backup into a scratch instance, count its keys, and remove it.

    The real server is not touched: the instance listens on a socket in a private folder (`….drill`) and nowhere else,
    follows nobody and saves nothing. How long it took and what would be lost is measured.

    Needs: disk and memory for the backup once more, on the server's host.

    Leaves: a note beside the backup of what came of it (`restored-<time>.json`).

    Killed half way: the instance dies with the program that started it, and the next drill removes its folder.
    """
    return drilled(
        ctx, Way(restore=_restore, fit=_fit, require=require_bucket_keys, wanted=_wanted), source=source, on=on
    )


def _fit(settings: RedisSettings, place: DrillPlace) -> RedisSettings:
    """Return the server's settings where the drill works: neither its data nor its configuration are there."""
    fitted = fit_programs(settings, place)
    backups = fit_repository(settings.backups, settings, place)
    return replace(fitted, data_directory=place.data, config_file="", acl_file="", keep_in="", backups=backups)


def _wanted(backups: Mapping[str, CopiedBackup]) -> Sequence[str]:
    """Return the newest backup: each is whole by itself."""
    return [max(backups, key=lambda label: backups[label].ended_at)] if backups else []


def _restore(ctx: ActionContext) -> Outcome:
    server = find_server(ctx)
    place = place_of_backups(ctx, server.name).here
    source = _newest(server, place)
    now = newest_now(ctx, lambda real: _newest_write(find_server(real)))
    require_scratch_room(server, source, _folder(server))
    if not ctx.effect(f"read every file of {source}, load it into {_folder(server)}, count its keys, and remove it"):
        return Outcome(ok=True, summary=f"would load {source}, count its keys, and remove it again")
    begun = time.monotonic()
    try:
        if damaged := check_backup(place, source.label, timeout_s=_HOURS_S):
            raise ActionFailed(
                f"Backup {source.label} is damaged: {damaged[0].name}: {damaged[0].why}.",
                cures=[Cure(words="Take a new backup.", action="backups.take")],
            )
        loaded = _loaded(server, place, source)
    except CleoError as error:
        words = f"It could not be restored: {error.message}"
        leave_drill(ctx, source.label, ok=False, words=words, seconds=time.monotonic() - begun, size=source.size)
        raise
    return _judged(server, source, loaded, now)


def _newest(server: Server, place: Place) -> Source:
    """Return the newest backup that nothing is seen to be wrong with.

    Raises:
        ActionFailed: there is none, or it lies on another host.
    """
    if place.host != server.host:
        raise ActionFailed(f"The backups are on {place.host}, and {server.name} is on {server.host}.")
    stored = [one.entry for one in place.listing().stored if not one.wrong]
    if not stored:
        raise ActionFailed(
            f"There is no usable backup in {place.folder}.",
            cures=[Cure(words="Take one.", action="backups.take")],
        )
    return source_of_backup(stored[-1], f"{place.folder}/{stored[-1].id}")


def _newest_write(server: Server) -> datetime | None:
    """Return the real server's newest write as the drill begins; None where nobody can tell."""
    try:
        with connect_verified(server) as client:
            return newest_write(client, server.settings)[0]
    except CleoError as error:
        server.ctx.log(f"What would be lost is not measured: {error.message}", "err")
        return None


def _loaded(server: Server, place: Place, source: Source) -> Loaded:
    order = scratch_order(server, place, source, _folder(server))
    argv = ["nice", *place.program(_MODULE), msgspec.json.encode(order).decode()]
    done = server.run("drill", argv, timeout_s=_HOURS_S, user="")
    try:
        return from_json(done.out.strip().splitlines()[-1], Loaded)
    except (msgspec.DecodeError, IndexError):
        raise ActionFailed(
            f"{source} could not be loaded: {last_words(done)}",
            cures=[Cure(words="Find out what is wrong with it; then take a new one.", action="backups.take")],
        ) from None


def _judged(server: Server, source: Source, loaded: Loaded, now: datetime | None) -> Outcome:
    counted = Counted(
        databases=loaded.databases,
        loaded=loaded.loaded,
        load_expired=loaded.load_expired,
        expired=loaded.expired,
    )
    wrong = list(differences(counted, source.databases, source.keys)) if source.kind == "rdb" else []
    lost = lost_seconds(now, instant(loaded.newest_write) or source.at)
    state = f"WRONG, {'; '.join(wrong)}" if wrong else f"sound, {counted.words()}"
    loss = loss_words(lost, "writes")
    words = f"Backup {source.label} was restored in {exact_duration(loaded.seconds)}: {state}; {loss}."
    leave_drill(
        server.ctx, source.label, ok=not wrong, words=words, seconds=loaded.seconds, size=source.size, lost_s=lost
    )
    cure = "Take a new backup, and look what is wrong with this one."
    return Outcome(
        ok=not wrong,
        summary=words,
        facts={"drill": source.label, "drill_s": loaded.seconds, "drill_lost_s": lost, "drill_keys": counted.keys},
        findings=[Finding(severity="warning", about=source.label, text=line, cure=cure) for line in wrong],
    )
