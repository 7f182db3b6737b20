"""``redis.restore``: the newest sound state before the recovery point; the old data is kept."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import msgspec

from actions.action import action
from actions.backups.engine import leave_mark
from actions.backups.hold import is_held_for_us
from actions.backups.marks import Mark
from actions.context import ActionContext
from actions.gate import Closed
from actions.machine.clock import require_clock
from actions.outcome import Cancelled, Finding, GateClosed, Outcome
from actions.recovery_point import recovery_point
from actions.systems.redis import SYSTEM, restore_by_hand
from actions.systems.redis.counts import Counted
from actions.systems.redis.heartbeat import newest_write
from actions.systems.redis.identity import identity
from actions.systems.redis.logins import login_findings
from actions.systems.redis.managers import unmanaged
from actions.systems.redis.placing import keep_old, place_data
from actions.systems.redis.preparation import Preparation, prepare
from actions.systems.redis.reload_use import settle_reload
from actions.systems.redis.restore_record import RestoreRecord, our_record, save_record
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.start_stop import LOADED
from actions.systems.redis.takeover import take_over
from actions.systems.redis.verified_connection import connect_verified
from actions.systems.redis.writers import bar_writers, writers_kept_out

_FEWER = 0.5
"""The share of the keys in the fullest file below which it is told that fewer came back."""
_HALF_DONE = "The old data is kept. Run the step again: it goes on from there."


def down_or_ours(ctx: ActionContext) -> Closed | None:
    """A gate: nobody has the data directory open, but a server that this incident's restore has started."""
    server = find_server(ctx)
    found = server.process()
    record = our_record(server) if found else None
    if not found or (record and record.state != "restoring"):
        return None
    return Closed("down", f"{server.name} runs (pid {found.pid}): a restore under it is lost.", opens="redis.stop")


@action(
    "redis.restore",
    script="dr_restore_redis.sh",
    destructive=True,
    probe="redis.is_restored",
    resumable=True,
    gates=("recovery-point", "clean-point", "strategy", "smallest-cure"),
    live={"managed": unmanaged, "down": down_or_ours, "hold": is_held_for_us, "one-writer": writers_kept_out},
    touches=("data directory", "repository", "hold"),
    undone_by="redis.allow_writers",
    target=identity,
    by_hand=restore_by_hand.restore,
    params={
        "latest": "the newest sound state that the recovery point allows (as without parameters)",
        "backup": "restore this backup, by its id",
        "to": "recover to this instant, with its zone",
    },
)
def restore(ctx: ActionContext, *, latest: bool = False, backup: str = "", to: str = "") -> Outcome:
    """Restore Redis from a backup, or from what survived.

    Every backup and all that the disaster left is read to its end; the newest sound state before the recovery point is
    put in place and loaded, and counted again after ten seconds.

    Needs: the server down, writers kept out, backups held, a recovery point; `config_file`; the repository on the same
    host, or in a bucket that it reaches; disk and memory for it; redis-check-rdb and redis-check-aof.

    Leaves: the server up with the restored keys; the old files in `….aside-<time>`, which nothing here removes;
    `….cleo-restore.json`; a note beside the backup. Settings and users that were missing come from the backup.

    Killed half way: the old files are kept, and a block in the configuration keeps a server that somebody starts from
    saving over anything. Run again it goes on.
    """
    server, begun = find_server(ctx), time.monotonic()
    record = our_record(server)
    point = recovery_point(ctx.incident, server.name, SYSTEM, latest=latest, backup=backup, to=to)
    named = "" if backup == "latest" else backup
    same = record is not None and record.point == point.text and named in ("", record.source.label)
    if record and same and record.state == "recovered" and server.process():
        return _already(server, record)
    try:
        if not (record and same and record.state == "starting"):
            _require_down(server)
            require_clock(server, server.name, LOADED, "keys")
            ready = prepare(server, point, named)
            record = ready.record
            if ctx.dry_run:
                _describe(server, ready)
                return Outcome(ok=True, summary=f"would restore {record.source} to recover to {point}")
            record = _put_in_place(server, ready)
        if not ctx.effect(f"start {server.name} on the restored data, without saving anything until they are compared"):
            return Outcome(ok=True, summary=f"would start {server.name} on {record.source}, which is in its place")
        counted = take_over(server, record)
    except Cancelled as cancelled:
        raise Cancelled(_HALF_DONE) from cancelled
    record = msgspec.structs.replace(record, state="recovered", loaded=counted.keys, databases=counted.databases)
    save_record(server, record)
    return _outcome(server, record, counted, time.monotonic() - begun)


def _require_down(server: Server) -> None:
    """Stop here under a running server; a dry run only says so, and goes on to tell what would be restored."""
    found = server.process()
    if found and server.ctx.dry_run:
        server.ctx.log(f"It would be refused now: {server.name} runs (pid {found.pid}).", "err")
    elif found:
        message = f"{server.name} runs (pid {found.pid}): a restore under it is lost."
        raise GateClosed("down", message, "Stop it first: redis.stop.", yields="never", opens="redis.stop")


def _describe(server: Server, ready: Preparation) -> None:
    """Say in a dry run what would be done, in order."""
    if ready.copy:
        server.ctx.effect(f"keep the old data: move {', '.join(ready.copy.held)} to {ready.copy.path}")
    server.ctx.effect(f"put {ready.record.source} into {server.data}")
    server.ctx.effect(f"start {server.name} on it, without saving anything until it is compared")


def _put_in_place(server: Server, ready: Preparation) -> RestoreRecord:
    """Keep the old data, and put the restored in its place; the record says so before, and the one returned after."""
    record, ctx = ready.record, server.ctx
    save_record(server, record)
    if ready.copy and ctx.effect(f"keep the old data: move {', '.join(ready.copy.held)} to {ready.copy.path}"):
        keep_old(server, ready.copy)
    if ctx.effect(f"put {record.source} into {server.data}"):
        place_data(server, record, over=ready.unfinished)
    bar_writers(server)
    record = msgspec.structs.replace(record, state="starting")
    save_record(server, record)
    return record


def _already(server: Server, record: RestoreRecord) -> Outcome:
    words = f"{server.name} is restored already, from {record.source}, and runs: nothing is done."
    return Outcome(ok=True, summary=f"{words} To restore anew, stop it first.", facts={"backup": record.source.label})


def _outcome(server: Server, record: RestoreRecord, counted: Counted, seconds: float) -> Outcome:
    source = record.source
    back, findings = _came_back(server, record)
    if counted.keys < _FEWER * record.most_keys:
        text = f"{counted.keys} came back, and {record.most_keys} are in another file: were they removed on purpose?"
        cure = "Look what removed them, and when; if by mistake, stop it and restore to just before that."
        findings.append(Finding(severity="warning", about="keys", text=text, cure=cure, system=server.name))
    for finding in findings:
        server.ctx.log(f"{finding.severity}: {finding}", "err")
    if source.label:
        mark = Mark(
            at=datetime.now(UTC), ok=True, by=server.ctx.incident.id, seconds=round(seconds, 1), words=counted.words()
        )
        leave_mark(server.ctx, source.label, "restored", mark)
    kept = f" The old data is kept in {record.aside}." if record.aside else ""
    return Outcome(
        ok=True,
        summary=f"{source} is restored: {server.name} is up with {counted.words()}.{kept}",
        facts={
            "backup": source.label,
            "bytes": source.size,
            "seconds": round(seconds, 1),
            "aside": record.aside,
            "passed_over": list(record.passed_over),
            "keys": counted.keys,
            "expired_on_load": counted.load_expired,
            "evicted_keys": counted.evicted,
            **msgspec.structs.replace(record.known, recovered_to=back).facts(),
        },
        findings=findings,
        settles=settle_reload(server, record),
    )


def _came_back(server: Server, record: RestoreRecord) -> tuple[datetime | None, list[Finding]]:
    """Return the newest write that came back, and what a person must see to."""
    with connect_verified(server) as client:
        beat, why = newest_write(client, server.settings)
        findings = [msgspec.structs.replace(one, system=server.name) for one in login_findings(client, server.settings)]
    if why:
        server.ctx.log(f"The newest write that came back is not measured by the heartbeat: {why}.", "err")
    was, now = record.source.server.get("maxmemory"), record.wanted.maxmemory
    if was is not None and was != now:
        text = f"is {now} bytes by its configuration now, and was {was} in the backup"
        cure = "Set it as it should be, in the configuration file and by CONFIG SET."
        findings.append(Finding(severity="warning", about="maxmemory", text=text, cure=cure, system=server.name))
    whole_log = record.source.kind == "aof" and not record.source.label
    return record.source.at if whole_log else beat or record.source.at, findings
