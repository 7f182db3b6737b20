"""``postgres.restore``: restores the newest sound backup before the recovery point, and preserves the old data."""

from __future__ import annotations

import time

import msgspec

from actions.action import action
from actions.backups.hold import is_held_for_us
from actions.backups.measured import say_last_restore
from actions.context import ActionContext
from actions.machine.machine import last_words
from actions.machine.room import full
from actions.outcome import ActionFailed, Cancelled, Cure, GateClosed, Outcome
from actions.recovery_point import after_all, judge_as_latest, recovery_point
from actions.systems.postgres import SYSTEM, by_hand
from actions.systems.postgres.backup_selection import choose_backup
from actions.systems.postgres.causes import cure_for
from actions.systems.postgres.cures import known_cure, without_data
from actions.systems.postgres.fence_guard import require_not_fenced
from actions.systems.postgres.given_up import report_given_up
from actions.systems.postgres.guards import is_down, writers_kept_out
from actions.systems.postgres.identity import identity
from actions.systems.postgres.last_commit import last_of
from actions.systems.postgres.managers import unmanaged
from actions.systems.postgres.pgbackrest.options import options
from actions.systems.postgres.pgbackrest.restore_progress import RestoreProgress
from actions.systems.postgres.preserved_data import Preservation, preserve
from actions.systems.postgres.restore_command import READY, restore_command
from actions.systems.postgres.restore_record import RestoreRecord, load_record, save_record
from actions.systems.postgres.saved_wal import offered
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.writers import bar_writers
from actions.transport import Completed
from journal.events.measured import Measured
from journal.incident.recovery_point import RecoveryPoint

_DAY_S = 24 * 3600.0
_HALF_DONE = (
    "The data directory is incomplete, and without its control file cannot be started; "
    "the old one is kept. Run the step again: it goes on from there."
)


@action(
    "postgres.restore",
    script="dr_restore_postgres.sh",
    destructive=True,
    probe="postgres.is_restored",
    resumable=True,
    gates=("recovery-point", "clean-point", "strategy", "smallest-cure"),
    live={"managed": unmanaged, "down": is_down, "hold": is_held_for_us, "one-writer": writers_kept_out},
    touches=("data directory", "repository", "hold"),
    undone_by="postgres.allow_writers",
    target=identity,
    by_hand=by_hand.restore,
    params={
        "latest": "the newest backup that the recovery point allows (as without parameters)",
        "backup": "start from this backup's label",
        "to": "recover to this instant, with its zone, or lsn:POSITION",
        "keep_in": "keep the old data in this folder of its host (else beside the data directory)",
    },
)
def restore(ctx: ActionContext, *, latest: bool = False, backup: str = "", to: str = "", keep_in: str = "") -> Outcome:
    """Restore PostgreSQL from a backup.

    The newest sound backup before the incident's recovery point is verified, and restored by pgBackRest. The server
    stays down: postgres.apply_wal goes on.

    Needs: the server down, writers kept out, backups held, a recovery point; room for the backup beside the old data;
    pgBackRest on the host.

    Leaves: the restored data in its place; the old data directory and its tablespaces beside it (`….aside-…`, or in
    `keep_in`), which nothing here removes; a record of the restore (`….cleo-restore.json`).

    Killed half way: the data directory has no control file, or is not there, so that nobody can start it; the old data
    is kept. Run again it goes on, and keeps no second copy.
    """
    server = find_server(ctx)
    point = recovery_point(ctx.incident, server.name, SYSTEM, latest=latest, backup=backup, to=to)
    _require_down(server)
    require_not_fenced(server)
    _require_same_place(server)
    begun, anew = time.monotonic(), not _goes_on(server)
    record = _prepare(server, point, backup, keep_in)
    if not ctx.dry_run:
        save_record(server, record)
    try:
        preserve(server, record)
        _restore(server, record)
    except Cancelled as cancelled:
        raise Cancelled(_HALF_DONE) from cancelled
    if ctx.dry_run:
        return Outcome(ok=True, summary=f"would restore backup {record.backup} to recover to {point}")
    bar_writers(server)
    seconds = time.monotonic() - begun
    save_record(server, msgspec.structs.replace(record, state="restored", seconds=round(seconds, 1) if anew else 0.0))
    return _outcome(record, seconds)


def _require_down(server: Server) -> None:
    """Stop here under a running server; a dry run only says so, and goes on to tell what would be restored."""
    shut = is_down(server.ctx)
    if shut and server.ctx.dry_run:
        server.ctx.log(f"It would be refused now: {shut.message}", "err")
    elif shut:
        hint = "Stop it first: postgres.stop."
        raise GateClosed(shut.gate, shut.message, hint, yields="never", opens=shut.opens, cures=without_data(server))


def _require_same_place(server: Server) -> None:
    """The stanza's configuration and the inventory must mean the same directory, or the wrong one is replaced."""
    stanza, there = server.settings.backups.stanza, options(server).get("pg1-path", "")
    real = server.query(["readlink", "-m", there, server.data]).out.splitlines()
    if len(set(real)) != 1:
        raise ActionFailed(
            f"pgBackRest's stanza {stanza} is of {there}, the inventory says {server.data}.",
            "Correct the inventory (data_directory, stanza) or pg1-path in pgBackRest's configuration; "
            "nothing was touched.",
        )


def _prepare(server: Server, point: RecoveryPoint, named: str, keep_in: str) -> RestoreRecord:
    """Say what stands where and where the old data will be kept; choose and verify a backup. Nothing is changed yet."""
    unfinished = _unfinished(server)
    keeping = Preservation(server, load_record(server), unfinished=bool(unfinished), keep_in=keep_in.rstrip("/"))
    named = "" if named == "latest" else named
    chosen = choose_backup(server, point, named, anew=bool(unfinished), look=keeping.plan)
    backup = chosen.backup
    say_last_restore(server.ctx)
    plan = keeping.plan(backup)
    known = unfinished.known if unfinished else last_of(server, Measured())
    if after_all(point, known.newest_commit_at if known.newest_commit_at == known.no_commit_after else None):
        judge_as_latest(server.ctx, server.name, point)
    report_given_up(server, point, known, backup.stopped_at)
    return RestoreRecord(
        incident=server.ctx.incident.id,
        state="restoring",
        point=point.text,
        backup=backup.label,
        repository=backup.repository,
        start_segment=backup.start_segment,
        stop_segment=backup.stop_segment,
        stop_lsn=backup.stop_lsn,
        timeline=chosen.timeline,
        size=backup.size,
        aside=unfinished.aside if unfinished else plan.copy.path if plan.copy else "",
        saved_wal=unfinished.saved_wal if unfinished else plan.copy.wal if plan.copy else "",
        keeping=unfinished.keeping if unfinished else plan.copy.place if plan.copy else "",
        kept=plan.kept,
        sources=chosen.sources,
        damaged=chosen.damaged,
        passed_over=chosen.passed_over,
        known=known,
    )


def _unfinished(server: Server) -> RestoreRecord | None:
    """Return the record of a restore of this incident that did not get to its end, or whose end nobody has built on.

    What lies in the data directory is then its own, and no further copy is kept of that: it holds nothing new.
    """
    record = load_record(server)
    if not record or record.incident != server.ctx.incident.id:
        return None
    if record.state == "restoring":
        server.ctx.log(f"A restore of backup {record.backup} did not get to its end: this one goes on from there.")
        return record
    if record.state == "restored" and server.exists(f"{server.data}/backup_label"):
        server.ctx.log(f"Backup {record.backup} is restored already and was not started: nothing of it need be kept.")
        return record
    return None


def _goes_on(server: Server) -> bool:
    """Whether an earlier restore of this incident is gone on with: what it takes then is no measure of a whole one."""
    record = load_record(server)
    ours = record is not None and record.incident == server.ctx.incident.id
    return ours and record is not None and record.state in ("restoring", "restored")


def _restore(server: Server, record: RestoreRecord) -> None:
    """Run pgBackRest; the server is left stopped, as a standby that promotes nothing if somebody starts it."""
    if not server.ctx.effect(f"restore backup {record.backup} into {server.data}"):
        return
    _require_down(server)
    server.remove(f"{server.data}/postmaster.pid")  # a killed server leaves it, and pgBackRest takes it for a live one
    ready = server.run("ready", ["sh", "-c", READY, "sh", server.data])
    if ready.code != 0:
        raise _failed(server, record, ready)
    progress = RestoreProgress(record.size, server.ctx.incident.rto_left_s, server.ctx.progress)
    done = server.run("restore", _command(server, record), timeout_s=_DAY_S, on_line=progress.line)
    if done.code != 0:
        raise _failed(server, record, done)


def _failed(server: Server, record: RestoreRecord, done: Completed) -> ActionFailed:
    """One of pgBackRest's processes may fail for what another one ran into, and only the last one's words are told."""
    status = f" (exit status {done.code})" if done.code > 0 else ""
    words = f"{done.err}\n{done.out[-4000:]}\nstatus {done.code}"
    cure = full(server, server.data) or cure_for(done, words, "Mend what it says; run the step again.")
    return ActionFailed(
        f"pgBackRest could not restore backup {record.backup}: {last_words(done)}{status}",
        left_behind=_HALF_DONE,
        cures=known_cure(server, cure) or [Cure(words=cure)],
        facts={"backup": record.backup, "exit": done.code},
    )


def _command(server: Server, record: RestoreRecord) -> list[str]:
    """Return pgBackRest's command line for what the record says."""
    return restore_command(
        server.settings.backups,
        record.backup,
        timeline=str(record.timeline),
        repository=record.repository,
        sources=record.sources,
        survived=offered(server) if record.logs else "",
    )


def _outcome(record: RestoreRecord, seconds: float) -> Outcome:
    passed = f" Passed over: {'; '.join(record.passed_over)}." if record.passed_over else ""
    kept = f" The old data is kept in {record.aside}." if record.aside else ""
    return Outcome(
        ok=True,
        summary=f"Backup {record.backup} is restored, not yet recovered.{passed}{kept}",
        facts={
            "backup": record.backup,
            "repository": record.repository,
            "bytes": record.size,
            "seconds": round(seconds, 1),
            "aside": record.aside,
            "kept": [f"{copy.place} ({copy.what}, {copy.incident})" for copy in record.kept],
            "passed_over": record.passed_over,
            "recovery_point": str(record.recovery_point),
            **record.known.facts(),
        },
    )
