"""``mongodb.drill``: restores the newest sound backup into a server of its own, verifies and measures it, removes it.

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
from actions.context import ActionContext
from actions.machine.directories import inspect_directories, size_words
from actions.machine.machine import last_words
from actions.machine.room import SpaceNeed, require_room
from actions.machine.scratch_folder import NOT_HAD
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.mongodb.backup_selection import Chosen, choose_backups, place_of, stock_of
from actions.systems.mongodb.identity import identity
from actions.systems.mongodb.manifest import MANIFEST
from actions.systems.mongodb.programs.restore import SAYS, Order
from actions.systems.mongodb.restore_record import keeping_place
from actions.systems.mongodb.restored_server import program_lines, require_same_version, side_options
from actions.systems.mongodb.run_restore import mongorestore_of, oplog_files, show_progress
from actions.systems.mongodb.scratch import ScratchOrder, Tried
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.settings import MongodbSettings
from actions.systems.mongodb.state import newest_write
from actions.systems.mongodb.verified_connection import connect_verified
from actions.transport import Completed
from journal.errors import CleoError
from journal.events.types import Identity
from journal.incident.recovery_point import RecoveryPoint
from journal.structs import from_json
from journal.wording.counting import count
from journal.wording.durations import exact_duration

_MODULE = "actions.systems.mongodb.scratch"
_DAY_S = 24 * 3600.0
_ROOM = 1.5
"""Of the backups' size: what runs there is to have room meanwhile."""
_FILES = 400 << 20
"""Bytes that a mongod takes for itself, whatever it holds."""
_CACHE_GB = 0.5
"""GiB of memory for the drill's mongod: the real server has the machine's."""
_TAKE = Cure(words="Take a new full backup, and look what is wrong with this one.", action="backups.take")


def _folder(server: Server) -> str:
    return f"{keeping_place(server, server.settings.scratch_in)}.drill"


def target(ctx: ActionContext) -> Sequence[Identity]:
    """Return what tells the server from every other, and where its drill instance lies."""
    return drill_identity(ctx, _beside)


def _beside(ctx: ActionContext) -> Sequence[Identity]:
    return [*identity(ctx), Identity(name="drill instance", value=_folder(find_server(ctx)), known="reported")]


@action("mongodb.drill_left", target=target, params=PARAMS)
def drill_left(ctx: ActionContext, *, source: str = "", on: str = "") -> Outcome:
    """Tell whether a drill left its instance.

    Needs: its host.
    """

    def beside() -> Outcome:
        server = find_server(ctx)
        folder = _folder(server)
        return left_by_drill(folder, there=server.exists(folder))

    return drill_leftover(ctx, source=source, on=on, beside=beside)


@action(
    "mongodb.drill",
    probe="mongodb.drill_left",
    resumable=True,
    touches=("drill instance",),
    target=target,
    params=PARAMS,
)
def drill(ctx: ActionContext, *, source: str = "", on: str = "") -> Outcome:
    """Restore the newest sound backup and its saved oplog into a scratch server, verify it, and remove it.

    The real server is only asked for its newest write. The scratch one (`….drill`) is in no replica set, listens on a
    socket in a private folder alone, expires nothing, and works at the lowest priority with half a GiB of cache. Its
    indexes are built; counts, digests and indexes are compared with the backup's manifest and the replayed oplog. How
    long it took and what would be lost is measured.

    Needs: the backups on the server's host or in a bucket, its mongod in the version that was backed up; room for half
    as much again as they take, and 400 MiB.

    Leaves: a note beside the backup of what came of it (`restored-<time>.json`), and beside each newer one that is
    damaged.

    Killed half way: its server ends with the program that started it, and the next drill removes its folder.
    """
    way = Way(
        restore=_restore,
        fit=_fit,
        owner=lambda settings: str(settings.run_as),
        require=require_bucket_keys,
        wanted=_wanted,
    )
    return drilled(ctx, way, source=source, on=on)


def _fit(settings: MongodbSettings, place: DrillPlace) -> MongodbSettings:
    """Return the server's settings where the drill works: neither its data nor its configuration are there."""
    fitted = fit_programs(settings, place)
    backups = fit_repository(settings.backups, settings, place)
    return replace(
        fitted, data_directory=place.data, config_file="", keep_in="", scratch_in="", members=[], backups=backups
    )


def _wanted(backups: Mapping[str, CopiedBackup]) -> Sequence[str]:
    """Return the newest full backup, and all that is newer: the slices of oplog after it."""
    full = [one.ended_at for one in backups.values() if one.kind == "full"]
    return [label for label, one in backups.items() if full and one.ended_at >= max(full)]


def _restore(ctx: ActionContext) -> Outcome:
    server = find_server(ctx)
    begun, now = time.monotonic(), newest_now(ctx, lambda real: _newest_write(find_server(real)))
    chosen = choose_backups(server, RecoveryPoint(latest=True))
    chain, folder = chosen.chain, _folder(server)
    require_same_version(server, chain.full)
    size = sum(entry.size for entry in chain.backups)
    slices = f" and {count(len(chain.slices), 'slice')} of oplog" if chain.slices else ""
    ctx.log(f"Backup {chain.full.id}{slices}, {size_words(size)}, leads from {chain.reach}.")
    need = SpaceNeed(inspect_directories(server, folder)[0], int(size * _ROOM) + _FILES, "the drill's instance")
    require_room(server, [need])
    if not ctx.effect(f"restore backup {chain.full.id} into {folder}, replay its oplog, verify it, and remove it"):
        return Outcome(ok=True, summary=f"would restore backup {chain.full.id}, verify it, and remove it again")
    checked_s = time.monotonic() - begun
    done = _run(server, chosen, folder)
    if done.code == NOT_HAD:
        raise ActionFailed(f"Nothing was drilled: {last_words(done)}.")
    said = [text.removeprefix(SAYS) for text in done.out.splitlines() if text.startswith(SAYS)]
    if done.code or not said:
        words = f"Backup {chain.full.id} could not be restored: {last_words(done)}"
        leave_drill(ctx, chain.full.id, ok=False, words=words, seconds=time.monotonic() - begun, size=size)
        raise ActionFailed(words, cures=[_TAKE])
    return _judged(server, chosen, from_json(said[-1], Tried), checked_s, now)


def _newest_write(server: Server) -> datetime | None:
    """Return the real server's newest write as the drill begins; None where nobody can tell."""
    try:
        with connect_verified(server) as client:
            return newest_write(client, server.settings.heartbeat)
    except CleoError as error:
        server.ctx.log(f"What would be lost is not measured: {error.message}", "err")
        return None


def _run(server: Server, chosen: Chosen, folder: str) -> Completed:
    """Run the program that restores, checks and removes."""
    order = msgspec.json.encode(scratch_order(server, chosen, folder)).decode()
    argv = ["nice", "-n", "19", *program_lines(server, _MODULE, order)]
    return server.run("drill", argv, timeout_s=_DAY_S, on_line=lambda _, text: show_progress(server.ctx, text))


def scratch_order(server: Server, chosen: Chosen, folder: str) -> ScratchOrder:
    """Return what the program is to do, and where."""
    chain, repository = chosen.chain, place_of(server).folder
    order = Order(
        mongod=server.program("mongod"),
        data=f"{folder}/data",
        log=f"{folder}/mongod.log",
        dump=f"{repository}/{chain.full.id}/dump",
        indexes=f"{folder}/indexes.json",
        bucket=stock_of(server, chain),
        options=side_options(server, _CACHE_GB),
        oplog=[path.removeprefix(f"{repository}/") for path in oplog_files(server, chain)],
        consistent_at=chain.begins,
        fcv=str(chain.full.server.get("fcv", "")),
        incident=server.ctx.incident.id,
        mongorestore=mongorestore_of(server),
    )
    return ScratchOrder(
        folder=folder,
        order=order,
        repository=repository,
        manifest=f"{repository}/{chain.full.id}/{MANIFEST}",
        heartbeat=server.settings.heartbeat,
    )


def _judged(server: Server, chosen: Chosen, tried: Tried, checked_s: float, now: datetime | None) -> Outcome:
    """Say what it came to; a newer backup that is damaged is no success, though an older one is sound."""
    label, result = chosen.chain.full.id, tried.restored
    wrong = [*tried.wrong, *([f"replay stopped before {result.stopped_at}"] if result.stopped_at else [])]
    lost = lost_seconds(now, tried.newest if server.settings.heartbeat else result.newest_at or result.last_at)
    seconds = round(checked_s + tried.restore_s, 2)
    words = (
        f"Backup {label} was restored in {exact_duration(seconds)}, its {count(tried.indexes, 'index', 'indexes')} "
        f"built in {exact_duration(tried.index_s)}: {_state(tried, wrong)}; {loss_words(lost, 'writes')}."
    )
    size = sum(entry.size for entry in chosen.chain.backups)
    leave_drill(
        server.ctx, label, ok=not wrong, words=words, seconds=seconds, size=size, lost_s=lost, index_s=tried.index_s
    )
    passed = f" Newer ones cannot be used: {'; '.join(chosen.passed_over)}." if chosen.passed_over else ""
    findings = [*_passed_over(server.ctx, chosen), *(_warning(label, line) for line in wrong)]
    return Outcome(
        ok=not findings,
        summary=words + passed,
        facts={
            "drill": label,
            "drill_s": seconds,
            "drill_index_s": tried.index_s,
            "drill_lost_s": lost,
            "drill_documents": tried.documents,
        },
        findings=findings,
        cures=[_TAKE] if findings else [],
    )


def _state(tried: Tried, wrong: Sequence[str]) -> str:
    if wrong:
        return f"WRONG, {'; '.join(wrong[:3])}"
    collections = count(sum(tried.states.values()), "collection")
    return (
        f"sound, {count(tried.documents, 'document')} of {collections}, {tried.states.get('same', 0)} of them to the "
        f"byte, {count(tried.restored.applied, 'change')} replayed"
    )


def _passed_over(ctx: ActionContext, chosen: Chosen) -> list[Finding]:
    """Write down beside each backup that cannot be used that it could not be restored, and return why."""
    found = []
    for label, _, why in (each.partition(" ") for each in chosen.passed_over):
        leave_drill(ctx, label, ok=False, words=f"It could not be restored: it {why}.")
        found.append(_warning(f"backup {label}", why))
    return found


def _warning(about: str, text: str) -> Finding:
    return Finding(severity="warning", about=about, text=text, cure=_TAKE.words)
