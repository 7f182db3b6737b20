"""``mongodb.restore``: the newest sound backup before the recovery point, its oplog replayed; the old data is kept.

The data is restored beside the data directory, in a server that nobody else reaches, and put into its place once it is
whole. It is started by ``mongodb.rebuild_indexes``.
"""

from __future__ import annotations

import time

import msgspec

from actions.action import action
from actions.backups.hold import is_held_for_us
from actions.backups.measured import say_last_restore
from actions.context import ActionContext
from actions.machine.aside import kept_copies
from actions.machine.directories import inspect_directories, size_words
from actions.machine.machine import last_words
from actions.machine.room import SpaceNeed, require_room
from actions.outcome import ActionFailed, Cancelled, Cure, Finding, GateClosed, Outcome
from actions.recovery_point import after_all, recovery_point
from actions.systems.mongodb import SYSTEM, restore_by_hand
from actions.systems.mongodb.backup_selection import Chosen, choose_backups
from actions.systems.mongodb.fence_guard import require_not_fenced
from actions.systems.mongodb.guards import is_down, no_writer_in
from actions.systems.mongodb.identity import identity
from actions.systems.mongodb.managers import unmanaged
from actions.systems.mongodb.preserve import copy_for, keep_copy
from actions.systems.mongodb.programs.restore import Restored
from actions.systems.mongodb.rejoin import rejoin
from actions.systems.mongodb.restore_record import (
    RestoreRecord,
    keeping_place,
    load_record,
    save_record,
    stamp_of,
)
from actions.systems.mongodb.restored_server import require_same_version
from actions.systems.mongodb.run_restore import HALF_DONE, restored_data, run_restore
from actions.systems.mongodb.server import Server, find_server
from journal.events.measured import Measured
from journal.incident.recovery_point import RecoveryPoint
from journal.wording.counting import count

_PUT = r"""
set -e
rmdir -- "$2" 2>/dev/null || true
if [ -e "$2" ]; then
    [ "$3" = again ] || { echo "something made $2 anew meanwhile" >&2; exit 66; }
    rm -rf -- "$2.replaced"
    mv -T -- "$2" "$2.replaced"
fi
mv -T -- "$1" "$2"
sync "${2%/*}"
rm -rf -- "$2.replaced"
"""
"""Puts the restored data into its place. What lies there is replaced only where an earlier attempt of this restore put
it there (``again``): the old data was moved aside before."""


@action(
    "mongodb.restore",
    script="dr_restore_mongo.sh",
    destructive=True,
    probe="mongodb.is_restored",
    resumable=True,
    gates=("recovery-point", "clean-point", "strategy", "smallest-cure"),
    live={"managed": unmanaged, "down": is_down, "hold": is_held_for_us, "one-writer": no_writer_in},
    touches=("data directory", "repository", "hold"),
    undone_by="mongodb.allow_writers",
    target=identity,
    by_hand=restore_by_hand.restore,
    params={
        "latest": "the newest backup that the recovery point allows (as without parameters)",
        "backup": "start from this full backup's label",
        "to": "recover to this instant, with its zone, or oplog:SECONDS:ORDINAL",
        "keep_in": "keep the old data in this folder of its host (else beside the data directory)",
    },
)
def restore(ctx: ActionContext, *, latest: bool = False, backup: str = "", to: str = "", keep_in: str = "") -> Outcome:
    """Restore MongoDB from a backup; a member that follows another copies everything from its set.

    The newest sound dump before the recovery point is restored beside the data directory, in a mongod that nobody
    reaches, and its oplog replayed up to the point. Then it takes the data directory's place. The server stays down,
    its indexes are not built: mongodb.rebuild_indexes goes on.

    Needs: the server down, writers kept out, backups held, a recovery point; room for the data beside the old; mongod
    on the host (mongorestore where it is there); Cleo's Python there, if that is another machine.

    Leaves: the restored data in its place; the old data beside it (`….aside-…`, or in `keep_in`), which nothing here
    removes; `….cleo-restore.json`, `….cleo-indexes.json`, and the log of the restore.

    Killed half way: the data directory has the old data or is missing, never half; `….restoring` lies beside it. Run
    again it begins anew, and the old data stays kept.
    """
    server = find_server(ctx)
    require_not_fenced(server)
    if server.settings.standby_of:
        return rejoin(server, keep_in)
    point = recovery_point(ctx.incident, server.name, SYSTEM, latest=latest, backup=backup, to=to)
    if after_all(point, None):
        point = RecoveryPoint(latest=True)
    _require_down(server)
    begun = time.monotonic()
    chosen = choose_backups(server, point, backup if backup != "latest" else "")
    unfinished = _unfinished(server)
    record = _prepare(server, point, chosen, unfinished, keep_in)
    if not ctx.dry_run:
        save_record(server, record)
    try:
        record = run_restore(server, record, chosen)
        keep_copy(server, record.copy)
        _put(server, record, again=unfinished is not None)
    except Cancelled as cancelled:
        raise Cancelled(HALF_DONE) from cancelled
    if ctx.dry_run:
        size = size_words(record.size)
        return Outcome(ok=True, summary=f"would restore backup {record.backup} ({size}) to recover to {point}")
    seconds = time.monotonic() - begun
    measured = 0.0 if unfinished else round(seconds, 1)
    record = msgspec.structs.replace(record, stamp=stamp_of(server), seconds=measured)
    save_record(server, record)
    return _outcome(server, record, seconds)


def _require_down(server: Server) -> None:
    """Stop here under a running server; a dry run only says so, and goes on to tell what would be restored."""
    shut = is_down(server.ctx)
    if shut and server.ctx.dry_run:
        server.ctx.log(f"It would be refused now: {shut.message}", "err")
    elif shut:
        raise GateClosed(shut.gate, shut.message, "Stop it first: mongodb.stop.", yields="never", opens=shut.opens)


def _prepare(
    server: Server, point: RecoveryPoint, chosen: Chosen, unfinished: RestoreRecord | None, keep_in: str
) -> RestoreRecord:
    """Say what stands where and where the old data will be kept. Nothing is changed yet."""
    chain = chosen.chain
    require_same_version(server, chain.full)
    size = sum(entry.size for entry in chain.backups)
    copy = unfinished.copy if unfinished else copy_for(server, keep_in)
    directory = inspect_directories(server, server.data)[0]
    require_room(server, [SpaceNeed(directory, size, f"backup {chain.full.id}")])
    slices = [entry.id for entry in chain.slices]
    behind = f" and {count(len(slices), 'slice')} of oplog behind it ({slices[0]} to {slices[-1]})" if slices else ""
    server.ctx.log(f"Backup {chain.full.id}{behind}, {size_words(size)}, leads from {chain.reach}.")
    say_last_restore(server.ctx)
    if (known := server.ctx.incident.newest_known.get(server.name)) and chain.until and point.latest:
        server.ctx.log(
            f"The newest write known is of {known:%Y-%m-%d %H:%M:%S} UTC; the backups end at {chain.until:%H:%M:%S}."
        )
    return RestoreRecord(
        incident=server.ctx.incident.id,
        state="restoring",
        point=point.text,
        backup=chain.full.id,
        slices=slices,
        size=size,
        version=str(chain.full.server.get("version", "")),
        fcv=str(chain.full.server.get("fcv", "")),
        copy=copy,
        passed_over=chosen.passed_over,
        gap=chosen.gap,
        known=Measured(newest_commit_at=known),
    )


def _unfinished(server: Server) -> RestoreRecord | None:
    """Return the record of a restore of this incident that did not get to its end, or that nobody has started yet.

    What lies in the data directory is then its own, and is not kept: it holds nothing new.
    """
    record = load_record(server)
    if not record or record.incident != server.ctx.incident.id or record.state == "serving":
        return None
    if record.state == "restored" and record.stamp != stamp_of(server):
        return None  # somebody started it since
    words = "did not get to its end" if record.state == "restoring" else "was not started: nothing of it need be kept"
    server.ctx.log(f"A restore of backup {record.backup} {words}. This one begins anew.")
    return record


def _put(server: Server, record: RestoreRecord, *, again: bool) -> None:
    """Put the restored data into its place."""
    if not server.ctx.effect(f"put the restored data into {server.data}"):
        return
    _require_down(server)
    argv = ["sh", "-c", _PUT, "sh", restored_data(server), server.data, "again" if again else "first"]
    done = server.run("put", argv)
    if done.code != 0:
        raise ActionFailed(
            f"The restored data cannot be put into {server.data}: {last_words(done)}",
            left_behind=HALF_DONE,
            cures=[Cure(words="Mend what it says; run the step again.", action="mongodb.restore")],
        )


def _outcome(server: Server, record: RestoreRecord, seconds: float) -> Outcome:
    result = record.result
    assert result
    passed = f" Passed over: {'; '.join(record.passed_over)}." if record.passed_over else ""
    kept = f" The old data is kept in {record.aside}." if record.copy else ""
    stopped = f" Replay stopped before {result.stopped_at}: {result.stopped_why}." if result.stopped_at else ""
    upto = f"up to {result.last_at:%Y-%m-%d %H:%M:%S} UTC (oplog {result.last})" if result.last_at else "no oplog"
    recovered = Measured(recovered_to=result.newest_at or result.last_at)
    return Outcome(
        ok=not result.stopped_at,
        summary=(
            f"Backup {record.backup} is restored, {upto}: {count(result.documents, 'document')} of "
            f"{count(result.collections, 'collection')}, {count(result.applied, 'change')} replayed."
            f"{stopped}{passed}{kept} Its indexes are not built yet."
        ),
        facts={
            "backup": record.backup,
            "slices": list(record.slices),
            "bytes": record.size,
            "seconds": round(seconds, 1),
            "aside": record.aside,
            "kept": [f"{one.path} ({one.what}, {one.incident})" for one in kept_copies(server, keeping_place(server))],
            "passed_over": list(record.passed_over),
            "gap": record.gap,
            "recovery_point": str(record.recovery_point),
            "last_entry": result.last,
            "unfinished_transactions": result.unfinished,
            **recovered.facts(),
        },
        findings=_not_looked_at(server, record),
        left_behind=f"What lies before {result.stopped_at} is restored." if result.stopped_at else "",
        cures=[_before(result)] if result.stopped_at else [],
    )


def _not_looked_at(server: Server, record: RestoreRecord) -> list[Finding]:
    """Say that what the disaster left may hold more than was saved of it."""
    if not record.copy or record.copy.what != "original" or not record.recovery_point.latest or not record.result:
        return []
    text = f"not looked at: what was acknowledged after oplog {record.result.last} may be in it ({record.aside})"
    cure = "Where that counts: put it back, start it, save its oplog (backups.take, kind incremental), restore again."
    return [Finding(severity="note", about="oplog of the old data", text=text, cure=cure, system=server.name)]


def _before(result: Restored) -> Cure:
    words = f"Decide on a point before it (oplog:{result.last}), and restore again."
    return Cure(words=words, decision="recovery_point", cost="what was written after that")
