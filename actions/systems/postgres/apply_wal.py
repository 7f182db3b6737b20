"""``postgres.apply_wal``: replay WAL to the recovery point, and promote only when it is reached or a person agreed."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.gate import decide
from actions.outcome import ActionFailed, Cure, Finding, GateClosed, Outcome
from actions.recovery_point import GATE, decided_point, judge_as_latest
from actions.systems.postgres import by_hand
from actions.systems.postgres.cures import START, STOP, cures_now, restore_cure
from actions.systems.postgres.given_up import report_given_up
from actions.systems.postgres.heartbeat import recovered
from actions.systems.postgres.identity import identity
from actions.systems.postgres.login_block import block_logins
from actions.systems.postgres.managers import unmanaged
from actions.systems.postgres.process import control, postmaster
from actions.systems.postgres.recovery_findings import collect_findings
from actions.systems.postgres.replay import configure, follow, unconfigure
from actions.systems.postgres.replay_target import Gap, Logs, find_replay_target, is_latest, reaches_gap
from actions.systems.postgres.restore_record import RestoreRecord, load_record, save_record
from actions.systems.postgres.saved_wal import SavedWal, offer
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.service import start_service
from actions.systems.postgres.start_stop import require_nobody_answers
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn, parse_history
from actions.systems.postgres.writers import bar_writers
from journal.events.measured import Measured, newest_of
from journal.incident.recovery_point import RecoveryPoint
from journal.wording.counting import count
from journal.wording.durations import exact_duration

_GAP_GATE = "wal-gap"


@action(
    "postgres.apply_wal",
    script="dr_apply_wal.sh",
    probe="postgres.is_restored",
    resumable=True,
    gates=("recovery-point",),
    live={"managed": unmanaged},
    touches=("data directory", "repository", "hold"),
    undone_by="postgres.allow_writers",
    target=identity,
    by_hand=by_hand.apply_wal,
    params={"from_backup": "as in the written plan: replay begins at the restored backup, which it always does"},
)
def apply_wal(ctx: ActionContext, *, from_backup: bool = False) -> Outcome:
    """Replay PostgreSQL's log up to the recovery point.

    Starts the restored server, replays what is archived and what survived, and promotes it only when the point is
    reached. A gap in the log is named first.

    Needs: postgres.restore done by this incident; the archive, or the log that was kept.

    Leaves: a primary on a new timeline, the application kept out of it; our recovery settings are taken out again. Log
    that survived is only read.

    Killed half way: the server goes on replaying, and becomes a primary exactly at the point, by itself; run again, it
    is followed to its end and our settings are taken out.
    """
    server = find_server(ctx)
    record = _restored(server)
    pid, begun, whole = postmaster(server), time.monotonic(), record.state == "restored" and record.seconds > 0
    if record.state == "recovered":
        return _applied_already(server, record, pid)
    settings, saved = dict[str, str](), SavedWal()
    words = f"see the replay to {record.target} through, with the writers kept out"
    if record.state != "recovering" or not (pid or _promoted(server, record)):
        _require_untouched(server, record, pid)
        record, settings, saved = _aim(server, record)
        words = f"replay the log of timeline {record.timeline} to {record.target}, with the writers kept out"
    if not ctx.effect(words):
        return Outcome(ok=True, summary=f"would replay the log to {record.target}")
    if settings:
        offer(server, saved)
        configure(server, settings, record.timeline)
        save_record(server, record)
    if not pid:
        require_nobody_answers(server)
        bar_writers(server)
        start_service(server, "start")
    follow(server, start_lsn=record.stop_lsn, target_lsn=record.target_lsn)
    seconds = round(record.seconds + time.monotonic() - begun, 1) if whole else 0.0
    return _finish(server, msgspec.structs.replace(record, seconds=seconds))


def _restored(server: Server) -> RestoreRecord:
    """Return the record of a restore that is complete and of this incident's recovery point."""
    record = load_record(server)
    if not record or record.state == "restoring":
        raise ActionFailed(f"No complete restore of {server.name} is there.", cures=cures_now(server))
    decided = decided_point(server.ctx.incident, server.name)
    if decided and decided != record.recovery_point:
        raise GateClosed(
            GATE,
            f"Backup {record.backup} was restored to recover to {record.recovery_point}; "
            f"the incident recovers to {decided}.",
            "Restore again: that chooses the backup for the new recovery point.",
            yields="never",
            cures=_again(server, record, "Restore again: that chooses the backup for the new recovery point."),
        )
    return record


def _again(server: Server, record: RestoreRecord, words: str) -> list[Cure]:
    """Return the restore as what helps, while nobody uses what was restored before."""
    return [] if record.state == "recovered" else [restore_cure(server, words)]


def _applied_already(server: Server, record: RestoreRecord, pid: int | None) -> Outcome:
    if record.incident != server.ctx.incident.id:
        raise ActionFailed(
            f"Incident {record.incident} recovered {server.name}, to {record.target}; this incident restored nothing.",
            left_behind="Nothing was changed.",
            cures=[
                Cure(
                    words=f"This incident restored nothing of {server.name}: there is no log to apply.",
                    leave_out="postgres.apply_wal",
                )
            ],
        )
    if not pid:
        raise ActionFailed(
            f"The log was applied already, to {record.target}; {server.name} went down since.",
            left_behind="Nothing was changed; the server is down.",
            cures=[Cure(words="Start it: it replays its own log, and loses nothing committed.", action=START)],
        )
    summary = f"The log was applied already, to {record.target}.{_stopped_short(record)}"
    return Outcome(
        ok=True, summary=summary, facts=_facts(record, _reached(server, record)), findings=collect_findings(server)
    )


def _require_untouched(server: Server, record: RestoreRecord, pid: int | None) -> None:
    """Nobody may have started the restored server: it would have replayed past the target, and cannot go back."""
    if pid:
        raise GateClosed(
            "one-writer",
            f"Somebody started the restored server (pid {pid}) before its log was applied.",
            yields="never",
            opens=STOP,
            cures=[Cure(words="Stop it first; whether it must be restored again is told then.", action=STOP)],
        )
    if record.state == "restored" and not server.exists(f"{server.data}/backup_label"):
        raise ActionFailed(
            "Somebody started the restored server, and it has replayed log without a replay target.",
            cures=[restore_cure(server, "Restore it again: it cannot go back by itself.")],
        )


def _promoted(server: Server, record: RestoreRecord) -> bool:
    """Whether replay ended before the run that started it could record that."""
    found = control(server)
    return bool(found and found.timeline > record.timeline)


def _aim(server: Server, record: RestoreRecord) -> tuple[RestoreRecord, dict[str, str], SavedWal]:
    """Return the record with its replay target, the recovery settings for it, and the saved WAL. Changes nothing."""
    found = control(server)
    if not found:
        again = restore_cure(server, "Restore it again: what was restored cannot be started.")
        raise ActionFailed(f"{server.data} has no readable control file.", cures=[again])
    point = record.recovery_point
    logs = Logs(server, record, found.segment_bytes)
    gap = logs.gap()
    if gap and reaches_gap(logs, point):
        _ask(server, gap, point)
    else:
        gap = None
    target = find_replay_target(logs, point, to_gap=gap is not None)
    if gap is None and is_latest(logs, point):
        judge_as_latest(server.ctx, server.name, point)
        server.ctx.log(f"The point ({point}) lies after the last commit there is: it is the latest.")
    log_end = logs.end().committed_at
    report_given_up(server, point, Measured(newest_commit_at=log_end))
    record = msgspec.structs.replace(
        record,
        state="recovering",
        target=target.words,
        target_lsn=target.lsn,
        gap=gap.segment if gap else "",
        log_end=log_end,
    )
    return record, target.settings, logs.saved_wal


def _ask(server: Server, gap: Gap, point: RecoveryPoint) -> None:
    """Raise, unless a person decided to stop at the gap."""
    newest = server.ctx.incident.newest_known.get(server.name) or gap.newest
    to = min(point.instant, newest) if point.instant and newest else point.instant or newest
    until = f"{gap.until:%Y-%m-%d %H:%M:%S} UTC" if gap.until else "an unknown instant"
    lost = exact_duration(round((to - gap.until).total_seconds())) if gap.until and to else "an unknown time"
    words = f"Find it (another repository, a standby's pg_wal), or recover to the gap, losing {lost} (until {until})."
    stop_there = Cure(words=words, override=_GAP_GATE, cost=f"{lost} of commits, those after {until}")
    closed = GateClosed(_GAP_GATE, f"Log segment {gap.segment} is {gap.why}.", cures=[stop_there])
    decide(server.ctx, closed, f"Stops before segment {gap.segment}")


def _finish(server: Server, record: RestoreRecord) -> Outcome:
    unconfigure(server)
    findings = _shut(server)
    with connect_verified(server, deadline_s=30) as session:
        row = session.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
        back = recovered(session, server.settings)
    timeline = int(row[0][:8], 16) if row else 0
    newest = back.recovered_to
    back = msgspec.structs.replace(
        back,
        newest_commit_at=newest_of(newest, record.log_end) if newest else None,
        timeline=timeline,
        from_timeline=record.timeline,
    )
    record = msgspec.structs.replace(record, state="recovered", back=back)
    save_record(server, record)
    reached = _reached(server, record)
    return Outcome(
        ok=True,
        summary=f"Recovered to {format_lsn(reached)} on timeline {timeline}{_newest(newest)}; {_kept_out(server)}."
        + _stopped_short(record),
        facts=_facts(record, reached),
        findings=[*findings, *collect_findings(server)],
    )


def _facts(record: RestoreRecord, reached: int) -> dict[str, Any]:
    facts = {
        "recovered_to_lsn": format_lsn(reached),
        "backup": record.backup,
        "gap": record.gap,
        **record.back.facts(),
    }
    return {key: value for key, value in facts.items() if value not in (None, "")}


def _stopped_short(record: RestoreRecord) -> str:
    return f" Stopped before the missing segment {record.gap}, as decided." if record.gap else ""


def _shut(server: Server) -> list[Finding]:
    """See that the writers are out of the server that is up now: its restored configuration may read other files."""
    if not server.settings.app_roles:
        return []
    if not (ended := block_logins(server)):
        return []
    text = f"{count(ended, 'session')} of the application came in before it was kept out, and may have written"
    return [Finding(severity="warning", about=server.name, text=text, cure="Look at what they wrote since the replay.")]


def _kept_out(server: Server) -> str:
    return "writers are kept out (tried)" if server.settings.app_roles else "nobody is kept out: there are no app_roles"


def _newest(newest: datetime | None) -> str:
    return f", newest commit {newest:%Y-%m-%d %H:%M:%S} UTC" if newest else ""


def _reached(server: Server, record: RestoreRecord) -> int:
    """Return how far replay came: exactly where the timeline begins that it ended on."""
    history = f"{server.data}/pg_wal/{record.back.timeline:08X}.history"
    forks = parse_history(server.read(history) or "")
    return forks[-1].lsn if forks else record.target_lsn
