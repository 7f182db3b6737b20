"""``postgres.start``, ``postgres.stop``, ``postgres.is_running``."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.machine.unit import who_runs
from actions.outcome import ActionFailed, Cure, Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.cures import APPLY_WAL, restore_cure, without_data
from actions.systems.postgres.fence_guard import require_not_fenced
from actions.systems.postgres.heartbeat import measure, newest_before_start
from actions.systems.postgres.identity import identity
from actions.systems.postgres.last_commit import last_of, measure_kept, untouched_since
from actions.systems.postgres.managers import unmanaged
from actions.systems.postgres.process import control, describe_data, postmaster
from actions.systems.postgres.recovery_findings import collect_findings
from actions.systems.postgres.restore_record import load_record
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.service import start_service, wait_until_up
from actions.systems.postgres.shutdown import stop_server
from actions.systems.postgres.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.measured import Measured, newest_of

_START_S = 600.0


@action("postgres.is_running", target=identity, by_hand=by_hand.is_running)
def is_running(ctx: ActionContext) -> Outcome:
    """Tell whether the server runs, and in what state its data is.

    Needs: its host; pg_controldata there.
    """
    server = find_server(ctx)
    pid = postmaster(server)
    data = describe_data(server)
    facts = {"running": bool(pid), "data_directory": data}
    if not pid:
        return Outcome(ok=False, summary=f"{server.name} is down; its data directory is {data}.", facts=facts)
    return Outcome(ok=True, summary=f"{server.name} runs (pid {pid}); its data directory is {data}.", facts=facts)


@action(
    "postgres.start",
    probe="postgres.is_running",
    resumable=True,
    live={"managed": unmanaged},
    touches=("data directory",),
    target=identity,
    by_hand=by_hand.start,
)
def start(ctx: ActionContext) -> Outcome:
    """Start PostgreSQL: crash recovery, the smallest cure.

    Refused where there is nothing to start from, where a restore waits for its log, where the server is fenced, or
    where another one has its address.

    Needs: its data directory; the right to start it as `service` says.

    Leaves: the server running, its own log replayed; nothing committed is lost.

    Killed half way: the server goes on starting by itself; run again, it waits for it.
    """
    server = find_server(ctx)
    if pid := postmaster(server):
        return _running_already(server, pid)
    _require_data(server)
    require_not_fenced(server)
    _require_applied(server)
    require_nobody_answers(server)
    if not ctx.effect(f"start {server.name}: it replays its own log and loses nothing committed"):
        return Outcome(ok=True, summary=f"would start {server.name}")
    last = measure_kept(server)  # all of it is replayed; once the server is up, new work lies above it
    untouched = None if last.newest_commit_at else untouched_since(server)
    begin = time.monotonic()
    start_service(server, "start")
    wait_until_up(server, _START_S)
    came_back = _came_back(server, last, untouched)
    return Outcome(
        ok=True,
        summary=f"{server.name} is up after crash recovery, {time.monotonic() - begin:.0f} s.",
        facts={"seconds": round(time.monotonic() - begin, 1), **came_back.facts()},
        findings=collect_findings(server),
    )


@action(
    "postgres.stop",
    script="systemctl stop postgresql",
    destructive=True,
    probe="postgres.is_running",
    resumable=True,
    live={"managed": unmanaged},
    touches=("data directory",),
    target=identity,
    params={"immediate": "do not wait for sessions and a checkpoint; the next start replays the log"},
    by_hand=by_hand.stop,
)
def stop(ctx: ActionContext, *, immediate: bool = False) -> Outcome:
    """Stop PostgreSQL.

    By the unit that really keeps it, and it is watched whether it stays down.

    Needs: the right to stop it as `service` says.

    Leaves: the server down, every session ended, its data consistent. Immediately: the next start replays the log.

    Killed half way: what was told to stop goes on stopping; postgres.is_running tells.
    """
    server = find_server(ctx)
    pid = postmaster(server)
    if not pid:
        return Outcome(ok=True, summary=f"{server.name} was already down.", facts={"was_running": False})
    mode = "immediate" if immediate else "fast"
    if not ctx.effect(f"stop {server.name} (pid {pid}, {who_runs(server, pid)}), mode {mode}"):
        return Outcome(ok=True, summary=f"would stop {server.name}")
    before = seen_before(server)
    stop_server(server, pid, immediate=immediate)
    facts = {"was_running": True, **last_of(server, before).facts()}
    return Outcome(ok=True, summary=f"{server.name} is stopped.", facts=facts)


def _came_back(server: Server, last: Measured, untouched: datetime | None) -> Measured:
    """Return what crash recovery brought back: its log tells, else the newest commit that was in the data already."""
    if last.newest_commit_at:
        return msgspec.structs.replace(last, recovered_to=last.newest_commit_at)
    known = server.ctx.incident.newest_known.get(server.name)
    held = known if known and untouched and known < untouched + timedelta(seconds=1) else None  # whole seconds
    try:
        with connect_verified(server) as session:
            beat = newest_before_start(session, server.settings)
    except CleoError as error:
        server.ctx.log(f"What came back is not measured: {error.message}", "err")
        return Measured()
    at = newest_of(held, beat)
    return Measured(recovered_to=at, newest_commit_at=at, no_commit_after=at if untouched else None)


def seen_before(server: Server) -> Measured:
    """Return the newest commit before the stop: all that tells of it should the log be lost."""
    try:
        with connect_verified(server, deadline_s=5) as session:
            return measure(session, server.settings)
    except CleoError as error:
        server.ctx.log(f"The newest commit before the stop is not measured: {error.message}", "err")
        return Measured()


def _running_already(server: Server, pid: int) -> Outcome:
    if not server.exists(f"{server.data}/global/pg_control"):
        raise ActionFailed(
            f"{server.name} still runs (pid {pid}), but its data directory {server.data} is lost.",
            cures=without_data(server),
        )
    wait_until_up(server, _START_S)
    return Outcome(ok=True, summary=f"{server.name} was already up (pid {pid}).", facts={"seconds": 0})


def require_nobody_answers(server: Server) -> None:
    """Where another server has the address, ours could not take it, and every look would go to that one.

    Raises:
        CannotConnect: one answers there.
    """
    try:
        with connect_verified(server, deadline_s=5):
            pass  # it came up this moment: whoever starts it sees that
    except CannotConnect as error:
        if error.why in ("another", "unproven"):
            raise


def _require_data(server: Server) -> None:
    if not control(server):
        raise ActionFailed(
            f"{server.name} cannot be started: its data directory {server.data} is {describe_data(server)}.",
            left_behind="Nothing was changed; the server is down.",
            cures=[restore_cure(server, "Crash recovery has nothing to start from: a restore is next.")],
        )


def _require_applied(server: Server) -> None:
    """A restored directory would only start to follow the archive, for ever: it needs a replay target."""
    record = load_record(server)
    if record and record.state in ("restored", "recovering"):
        words = "Apply the log: that starts the server and replays it to the recovery point."
        raise ActionFailed(
            f"{server.name} is restored from backup {record.backup}, and its log is not applied.",
            left_behind="Nothing was changed; the server is down.",
            cures=[Cure(words=words, action=APPLY_WAL)],
        )
