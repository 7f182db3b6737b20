"""``redis.reload_aof``: the append-only files that survived, loaded in the place of what was restored."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import msgspec

from actions.action import action
from actions.backups.hold import is_held_for_us
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.recovery_point import label_of, recovery_point
from actions.systems.redis import SYSTEM, restore_by_hand
from actions.systems.redis.config_file import Wanted, wanted_of
from actions.systems.redis.configuration import read_configuration
from actions.systems.redis.counts import Counted
from actions.systems.redis.identity import identity
from actions.systems.redis.managers import unmanaged
from actions.systems.redis.placing import keep_old, place_data, plan_copy
from actions.systems.redis.reload_use import why_needless
from actions.systems.redis.restore_record import RestoreRecord, our_record, save_record
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.shutdown import forbid_save, stop_server
from actions.systems.redis.surviving_aof import Survivor, examine, find_folder, repair
from actions.systems.redis.takeover import take_over
from actions.systems.redis.writers import bar_writers, writers_kept_out
from journal.events.measured import Measured
from journal.incident.recovery_point import RecoveryPoint
from journal.incident.scanned import is_breach

_CLEAN = "clean-point"
_FEWER = 0.5
"""The share of the keys that were restored below which what was loaded in their place is told as a finding."""


@action(
    "redis.reload_aof",
    script="dr_reload_aof.sh",
    destructive=True,
    probe="redis.is_restored",
    resumable=True,
    gates=("recovery-point", "strategy"),
    live={"managed": unmanaged, "hold": is_held_for_us, "one-writer": writers_kept_out},
    touches=("data directory",),
    undone_by="redis.allow_writers",
    target=identity,
    by_hand=restore_by_hand.reload_aof,
)
def reload_aof(ctx: ActionContext) -> Outcome:
    """Load the append-only files that survived, if they lead further than what was restored.

    Where they do not, nothing is done. A copy of them is loaded, cut where it is damaged; how much that cuts off is
    said before. After a break-in nothing is done unless `clean-point` is overridden: nobody looked through these files.

    Needs: writers kept out, backups held, a recovery point; disk for the copy; redis-check-aof.

    Leaves: the server up with what they hold; what was restored before in a further `….aside-<time>`; the surviving
    files as they were.

    Killed half way: as with redis.restore; run again it goes on.
    """
    server, begun = find_server(ctx), time.monotonic()
    if unseen := _not_looked_through(ctx):
        return Outcome(ok=True, summary=f"Nothing is reloaded: {unseen}.", facts={"reloaded": False})
    record = our_record(server)
    point = recovery_point(ctx.incident, server.name, SYSTEM)
    wanted = record.wanted if record else wanted_of(read_configuration(server))
    going_on = record is not None and record.state != "recovered" and record.source.kind == "aof"
    folder = find_folder(server, wanted)
    if why := why_needless(record, folder, wanted) or _behind_a_backup(point):
        return Outcome(ok=True, summary=f"Nothing is reloaded: {why}.", facts={"reloaded": False})
    survivor = examine(server, wanted, folder, point)
    if record and not going_on and _leads_no_further(record, survivor):
        return Outcome(ok=True, summary="Nothing is reloaded: what was restored is newer.", facts={"reloaded": False})
    before = record.loaded if record and not going_on else None
    record = _record(server, record, survivor, wanted, point.text)
    if ctx.dry_run:
        ctx.effect(f"stop {server.name}, and keep what it has")
        ctx.effect(f"put a copy of {folder} in its place{_cuts(survivor)}, and start it on that")
        return Outcome(ok=True, summary=f"would load {record.source}")
    if not (going_on and record.state == "starting"):
        _put_in_place(server, record, survivor, going_on=going_on)
    if not ctx.effect(f"start {server.name} on the append-only files, without saving anything until it is up"):
        return Outcome(ok=True, summary=f"would start {server.name}")
    counted = take_over(server, record)
    save_record(
        server, msgspec.structs.replace(record, state="recovered", loaded=counted.keys, databases=counted.databases)
    )
    return _outcome(server, survivor, counted, before, time.monotonic() - begun)


def _not_looked_through(ctx: ActionContext) -> str:
    """Return that the files may hold an intruder: a look through the backups says nothing of what came behind them."""
    breach = is_breach(ctx.incident.scenario)
    if not breach or ctx.overridden(_CLEAN):
        return ""
    return f"after a break-in nobody looked through the append-only files; override {_CLEAN} to load them all the same"


def _behind_a_backup(point: RecoveryPoint) -> str:
    """Return that a point is a backup: whatever the files hold beyond that was written behind it."""
    return f"the recovery point is {point}, and append-only files go on behind it" if label_of(point) else ""


def _leads_no_further(record: RestoreRecord, survivor: Survivor) -> bool:
    at, restored = survivor.source.at, record.source.at
    return at is not None and restored is not None and at <= restored


def _record(
    server: Server, earlier: RestoreRecord | None, survivor: Survivor, wanted: Wanted, point: str
) -> RestoreRecord:
    """Return the record of what is about to be loaded; one that was begun goes on."""
    if earlier and earlier.state != "recovered" and earlier.source.kind == "aof":
        return earlier
    return RestoreRecord(
        incident=server.ctx.incident.id,
        state="restoring",
        point=point,
        source=survivor.source,
        began_at=datetime.now(UTC).isoformat(timespec="seconds"),
        aside=earlier.aside if earlier else "",
        wanted=wanted,
        keeping=plan_copy(server, wanted, restored=True),
        known=earlier.known if earlier else Measured(),
    )


def _put_in_place(server: Server, record: RestoreRecord, survivor: Survivor, *, going_on: bool) -> None:
    """Stop the server, keep what it has, and put a copy of the surviving files in its place, cut as was said."""
    ctx, found = server.ctx, server.process()
    save_record(server, record)
    if found and ctx.effect(f"stop {server.name} (pid {found.pid}); its files hold what was restored"):
        if trouble := forbid_save(server):
            ctx.log(f"It could not be kept from saving as it stops: {trouble}", "err")
        stop_server(server, found.pid, immediate=False)
    copy = record.keeping
    if copy and ctx.effect(f"keep what was restored: move {', '.join(copy.held)} to {copy.path}"):
        keep_old(server, copy)
    if ctx.effect(f"put a copy of {survivor.folder} in its place{_cuts(survivor)}"):
        place_data(server, record, over=going_on)
        repair(server, survivor, f"{server.data}/{record.wanted.aof_folder}")
    bar_writers(server)
    save_record(server, msgspec.structs.replace(record, state="starting"))


def _cuts(survivor: Survivor) -> str:
    parts = [f"{survivor.source.cut} bytes cut off its end"] if survivor.broken else []
    parts += ["what is after the recovery point left out"] if survivor.until else []
    return f", {' and '.join(parts)}" if parts else ""


def _outcome(server: Server, survivor: Survivor, counted: Counted, before: int | None, seconds: float) -> Outcome:
    if not counted.keys and before:
        raise ActionFailed(
            f"{server.name} came up empty from the append-only files, and had {before} keys before.",
            left_behind="It runs, empty; what was restored is kept beside its data directory.",
            cures=[Cure(words="Stop it, and restore again.", action="redis.stop", params={"immediate": True})],
        )
    findings = []
    if before and counted.keys < _FEWER * before:
        text = f"{counted.keys} keys, where {before} were restored before"
        cure = "Were they removed, or have they expired? Else stop it and restore again."
        findings.append(Finding(severity="warning", about="keys", text=text, cure=cure, system=server.name))
    at = survivor.source.at
    return Outcome(
        ok=True,
        summary=f"The append-only files are loaded: {server.name} is up with {counted.words()}{_cuts(survivor)}.",
        facts={
            "reloaded": True,
            "cut_bytes": survivor.source.cut,
            "keys": counted.keys,
            "keys_before": before,
            "seconds": round(seconds, 1),
            **Measured(recovered_to=at).facts(),
        },
        findings=findings,
    )
