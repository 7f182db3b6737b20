"""Makes a side instance: restores into its own directory, replays up to the point, and proves where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from actions.backups.repository.place import Place
from actions.machine.directories import inspect_directories, size_words, used
from actions.machine.machine import last_words
from actions.machine.room import SpaceNeed, full, require_room
from actions.machine.side_directory import make_directory
from actions.outcome import ActionFailed, Cure
from actions.systems.mongodb.backup_chain import Chain, order
from actions.systems.mongodb.backup_selection import place_of, stock_of
from actions.systems.mongodb.backups.take import request_for, run_dump
from actions.systems.mongodb.dump_layout import OPLOG
from actions.systems.mongodb.programs.request import LogEnd
from actions.systems.mongodb.programs.restore import Order, Restored
from actions.systems.mongodb.restored_server import program_lines, require_same_version, side_options
from actions.systems.mongodb.run_restore import mongorestore_of, oplog_files, restored_by, show_progress
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.side.choice import Choice, behind, choose, outside
from actions.systems.mongodb.side.place import (
    DISCARD,
    FOLDERS,
    MAKE,
    RECORD,
    Purpose,
    Side,
    SideRecord,
    require_ours,
    save_side,
)
from actions.systems.mongodb.side.programs import BUSY, CACHE_GB, busy, side_line
from actions.systems.mongodb.side.removal import remove_side
from journal.incident.recovery_point import RecoveryPoint
from journal.wording.counting import count

_DAY_S = 24 * 3600.0
_FILES = 400 << 20
"""Bytes that a mongod takes for itself, whatever it holds."""
_VERIFY, _SOUND = "backups.verify", "Verify the backups: that finds those that are sound."
_MODULE, _DUMP = "actions.systems.mongodb.programs.restore", "actions.systems.mongodb.programs.dump"
_LEFT = f"The side instance is incomplete: run the step again, or remove it ({DISCARD})."


def make_side(server: Server, point: RecoveryPoint, purpose: Purpose = "side") -> Side | None:
    """Return a side instance that stands at a point; what is there already is used, gone on with or replaced.

    Args:
        server: the real server: nothing of it is touched; its oplog is read where no backup has it yet.
        point: where it shall stand.
        purpose: what for.

    Returns:
        It, or None in a dry run.

    Raises:
        ActionFailed: the point is not covered, or it does not stand there.
    """
    there = require_ours(server, purpose)
    if there and there.record.state == "ready" and there.record.point == point.text:
        server.ctx.log(f"{there.title} stands there already.")
        return there
    choice = choose(server, point)
    side = Side(server, _record(server, point, choice, purpose))
    _say(side, choice)
    require_same_version(server, choice.chosen.chain.full)
    if there and _same(there.record, side.record):
        server.ctx.log(f"{there.title} was begun, and is gone on with.")
        side = Side(server, there.record)
    elif there and server.ctx.effect(f"remove the side instance that stands {there.record}"):
        remove_side(server, there, purpose)
    _require_room(side, choice)
    log = "its oplog, and what no backup has of it yet," if choice.unsaved else "its oplog"
    if not server.ctx.effect(f"restore {side.record.backup} into {side.root}, and replay {log} to {point}"):
        return None
    make_directory(server, f"make-{side.record.made}", side.root, RECORD, FOLDERS)
    save_side(side)
    result = _restore(side, choice, point)
    _prove(choice.chosen.chain, result)
    seconds = round((datetime.now(UTC) - side.record.begun_at).total_seconds(), 1)
    side = Side(server, msgspec.structs.replace(side.record, state="ready", result=result, seconds=seconds))
    save_side(side)
    return side


def _record(server: Server, point: RecoveryPoint, choice: Choice, purpose: Purpose) -> SideRecord:
    chain = choice.chosen.chain
    return SideRecord(
        made=f"{datetime.now(UTC):%Y%m%d%H%M%S%f}",
        of=server.data,
        incident=server.ctx.incident.id,
        state="restoring",
        point=point.text,
        target=str(point),
        backup=chain.full.id,
        slices=[entry.id for entry in chain.slices],
        saved=choice.unsaved,
        purpose=purpose,
    )


def _same(there: SideRecord, wanted: SideRecord) -> bool:
    """Whether what an earlier run began is what is wanted; its program begins anew in the directory."""
    return there.state == "restoring" and (there.point, there.backup, there.slices, there.saved) == (
        wanted.point,
        wanted.backup,
        wanted.slices,
        wanted.saved,
    )


def _say(side: Side, choice: Choice) -> None:
    chain, log = choice.chosen.chain, side.of.ctx.log
    for why in choice.chosen.passed_over:
        log(f"Passed over: {why}.")
    slices = f" and {count(len(chain.slices), 'slice')} of oplog" if chain.slices else ""
    log(f"Backup {chain.full.id}{slices} leads from {chain.reach}.")


def _require_room(side: Side, choice: Choice) -> None:
    """Say where it will lie, and stop where it does not fit: a full disk there may be the real server's, too."""
    root, real = inspect_directories(side.of, side.root, side.of.data)
    if f"{root.real}/".startswith(f"{real.real}/") or f"{real.real}/".startswith(f"{root.real}/"):
        raise ActionFailed(
            f"{root.path} lies in the data directory {real.path}.",
            "Name another folder (scratch_in: at this system in the inventory).",
        )
    size = sum(entry.size for entry in choice.chosen.chain.backups)
    side.of.ctx.log(f"The side instance ({size_words(size)} of backups) lies in {root}.")
    require_room(side.of, [SpaceNeed(root, size + _FILES - used(side.of, side.root), "the side instance")])


def _restore(side: Side, choice: Choice, point: RecoveryPoint) -> Restored:
    """Restore and replay in a mongod that lives as long as the program does, and that nobody else reaches."""
    server, chain = side.of, choice.chosen.chain
    oplog = [*oplog_files(server, chain), *(_unsaved(side, chain) if choice.unsaved else [])]
    path = f"{side.root}/order.json"
    server.write(path, msgspec.json.encode(_order(side, chain, point, oplog)).decode())
    line = side_line(side, program_lines(server, _MODULE, path))
    key = f"restore-{side.record.made}"
    done = server.run(key, line, timeout_s=_DAY_S, on_line=lambda _, text: show_progress(server.ctx, text))
    if done.code == BUSY:
        raise busy(side)
    if result := restored_by(done):
        return result
    raise ActionFailed(
        f"Backup {chain.full.id} could not be restored: {last_words(done)}",
        left_behind=_LEFT,
        cures=[Cure(words=full(server, side.root) or _SOUND, action=_VERIFY)],
        facts={"backup": chain.full.id},
    )


def _order(side: Side, chain: Chain, point: RecoveryPoint, oplog: Sequence[str]) -> Order:
    server = side.of
    return Order(
        mongod=server.program("mongod"),
        data=side.data,
        log=side.log,
        dump=f"{place_of(server).folder}/{chain.full.id}/dump",
        indexes=side.indexes,
        options=side_options(server, CACHE_GB),
        bucket=stock_of(server, chain),
        oplog=oplog,
        consistent_at=chain.begins,
        through=point.value if point.kind == "oplog" else "",
        before=point.instant,
        fcv=str(chain.full.server.get("fcv", "")),
        incident=server.ctx.incident.id,
        mongorestore=mongorestore_of(server),
    )


def _unsaved(side: Side, chain: Chain) -> list[str]:
    """Copy the real server's oplog behind the backups into the side instance's directory, not into its repository.

    Raises:
        ActionFailed: the server's oplog does not go on where they end, or cannot be read.
    """
    server, last = side.of, chain.backups[-1]
    settings = msgspec.structs.replace(
        server.settings.backups, repository=f"{side.root}/saved", run_as=server.run_as, host=""
    )
    asked = request_for(server, place_of(server), "incremental", place_of(server).listing())
    ends = [LogEnd(position=chain.ends, entry=str(last.facts.get("last_entry", "")))]
    asked = msgspec.structs.replace(
        asked, repository=settings.repository, bucket=None, since=ends, builds_on=chain.full.id
    )
    place = Place(server.ctx, server.name, settings, server.host)
    key = f"oplog-{side.record.made}"
    try:
        told = run_dump(server, place, place.program(_DUMP), asked, key)
    except ActionFailed as error:
        raise behind(server, chain, error.message) from error
    return [f"{place.folder}/{told['backup']}/dump/{OPLOG}"]


def _prove(chain: Chain, result: Restored) -> None:
    """Stop where it is short of the point, or where the backup was read past it.

    Raises:
        ActionFailed: it does not stand there.
    """
    if result.stopped_at:
        params = {"oplog": result.last, "timestamp": ""}
        raise ActionFailed(
            f"Replay stopped before {result.stopped_at}, which is before the point: {result.stopped_why}.",
            left_behind=_LEFT,
            cures=[Cure(words=f"Choose oplog {result.last}.", action=MAKE, params=params)],
        )
    if order(result.last) < order(chain.begins):
        raise outside(chain, f"Backup {chain.full.id} was read at that moment, and holds what was written after it.")
