"""``mongodb.start``, ``mongodb.stop``, ``mongodb.is_running``."""

from __future__ import annotations

import time
from datetime import datetime

from actions.action import action
from actions.context import ActionContext
from actions.failover.promotion_record import PromotionRecord
from actions.machine.clock import require_clock
from actions.machine.shutdown import Stoppable, stop_server, stoppable_again
from actions.machine.unit import who_runs
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.mongodb import by_hand
from actions.systems.mongodb.backups.last_oplog import save_oplog
from actions.systems.mongodb.causes import RESTORE
from actions.systems.mongodb.connection import CannotConnect
from actions.systems.mongodb.data_files import NO_DATABASE, describe_data
from actions.systems.mongodb.fence_guard import require_not_fenced
from actions.systems.mongodb.identity import identity
from actions.systems.mongodb.kept_out import forget_promise, is_promised
from actions.systems.mongodb.launch import came_back, launch, require_member_of_its_set, wait_until_serving
from actions.systems.mongodb.login_block import block_users, open_ways
from actions.systems.mongodb.managers import unmanaged
from actions.systems.mongodb.restore_record import restored_here
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.state import newest_write
from actions.systems.mongodb.verified_connection import connect_verified, stranger_at
from journal.errors import CleoError
from journal.events.measured import Measured

EXPIRED = "would expire within a minute (the TTL monitor)"
"""What becomes of documents that are past their time by the host's clock."""
START_S, STOP_S = 600.0, 90.0
"""Seconds. A start replays the journal; a primary that stops waits up to 15 s for its secondaries."""


@action("mongodb.is_running", target=identity, by_hand=by_hand.is_running)
def is_running(ctx: ActionContext) -> Outcome:
    """Tell whether the server runs, and in what state its data is.

    Needs: its host.
    """
    server = find_server(ctx)
    found, data = server.process(), describe_data(server)
    facts = {"running": found is not None, "data_directory": data}
    runs = f"runs (pid {found.pid})" if found else "is down"
    return Outcome(ok=found is not None, summary=f"{server.name} {runs}; its data directory is {data}.", facts=facts)


@action(
    "mongodb.start",
    script="systemctl start mongod",
    probe="mongodb.is_running",
    resumable=True,
    live={"managed": unmanaged},
    touches=("data directory",),
    target=identity,
    by_hand=by_hand.start,
)
def start(ctx: ActionContext) -> Outcome:
    """Start MongoDB: crash recovery, the smallest cure.

    Refused for an empty directory, half a restore, a member's data as a server of its own, and where another server has
    its address.

    Needs: its data directory; the right to start it as `service` says.

    Leaves: the server running, its journal replayed. Writers who were to be kept out are out before it says that it is
    up.

    Killed half way: the server goes on starting by itself; run again, it waits, and keeps the writers out then.
    """
    server = find_server(ctx)
    if found := server.process():
        return _running_already(server, found.pid)
    require_not_fenced(server)
    data = describe_data(server)
    _require_data(server, data)
    _require_no_restore(server)
    require_member_of_its_set(server)
    require_nobody_answers(server)
    require_clock(server, server.name, EXPIRED, "documents")
    if not ctx.effect(f"start {server.name}: it replays its own journal and loses nothing acknowledged by it"):
        return Outcome(ok=True, summary=f"would start {server.name}")
    begin = time.monotonic()
    launch(server, "start", START_S)
    seconds = round(time.monotonic() - begin, 1)
    kept_out = keep_promise(server)
    return Outcome(
        ok=True,
        summary=f"{server.name} is up after crash recovery, {seconds:.0f} s.",
        facts={"seconds": seconds, **came_back(server).facts()},
        findings=[*_findings(data), *kept_out],
        settles=stoppable_again("mongodb.stop"),
    )


@action(
    "mongodb.stop",
    script="systemctl stop mongod",
    destructive=True,
    probe="mongodb.is_running",
    resumable=True,
    live={"managed": unmanaged},
    touches=("data directory", "repository"),
    target=identity,
    params={"immediate": "end it at once (SIGKILL); the next start replays its journal"},
    by_hand=by_hand.stop,
)
def stop(ctx: ActionContext, *, immediate: bool = False) -> Outcome:
    """Stop MongoDB.

    By the unit that really keeps it, and it is watched whether it stays down. A primary waits up to 15 s for its
    secondaries, and its oplog is saved before, so that a restore reaches every point up to then.

    Needs: the right to stop it as `service` says; a repository with a full backup, or the oplog is not saved.

    Leaves: the server down, its data consistent, an incremental backup. At once: the next start replays its journal.

    Killed half way: what was told to stop goes on stopping; mongodb.is_running tells.
    """
    server = find_server(ctx)
    found = server.process()
    if not found:
        return Outcome(ok=True, summary=f"{server.name} was already down.", facts={"was_running": False})
    how = "at once" if immediate else "cleanly"
    findings = [] if immediate or server.settings.standby_of else save_oplog(server)
    if not ctx.effect(f"stop {server.name} {how} (pid {found.pid}, {who_runs(server, found.pid)})"):
        return Outcome(ok=True, summary=f"would stop {server.name}")
    last = _newest(server)
    stop_mongod(server, found.pid, immediate=immediate)
    facts = {"was_running": True, **Measured(newest_commit_at=last).facts()}
    return Outcome(ok=True, summary=f"{server.name} is stopped.", facts=facts, findings=findings)


def stop_mongod(server: Server, pid: int, *, immediate: bool = False) -> None:
    """Stop a server, and verify that it is down and stays down. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: it goes on, or something starts it again.
    """
    at_once = Cure(
        words="End it at once.",
        action="mongodb.stop",
        params={"immediate": True},
        cost="the next start replays its journal",
    )
    stop_server(
        Stoppable(
            machine=server,
            name=server.name,
            service=server.settings.service,
            process=server.process,
            patience_s=STOP_S,
            hanging=[at_once],
        ),
        pid,
        immediate=immediate,
    )


def require_nobody_answers(server: Server) -> None:
    """Where another server has the port, ours could not take it, and every look would go to that one.

    Raises:
        CannotConnect: one listens there.
    """
    if stranger := stranger_at(server.settings, server.query, server.query_ourselves):
        raise stranger


def keep_promise(server: Server) -> list[Finding]:
    """Keep the application's users out of a server that was just started, where that was decided while it was down.

    Call it only where ``effect`` said True.

    Raises:
        ActionFailed: one of them can still write.
    """
    if not is_promised(server):
        return []
    if new := _who_took_over(server):
        forget_promise(server)
        server.ctx.log(f"Whether writers are kept out is decided at {new}, which took its place: not by this start.")
        return []
    try:
        block_users(server)
    except CannotConnect as error:
        text = f"they are to be kept out, and are not yet: {error.message}"
        cure = "Start the other members; then stop the writers again (mongodb.stop_writers)."
        return [Finding(severity="warning", about="writers", text=text, cure=cure)]
    return [Finding(severity="note", about="writers", text="they are kept out, as was decided (tried as each)")]


def _who_took_over(server: Server) -> str:
    """Return who leads in a server's place since this incident: users lie in the set, and are its primary's to keep."""
    record = PromotionRecord.of(server.ctx.files, server.name)
    return record.standby if record else ""


def _running_already(server: Server, pid: int) -> Outcome:
    if (data := describe_data(server)) in NO_DATABASE:
        raise ActionFailed(
            f"{server.name} still runs (pid {pid}), but its data directory {server.data} is {data}.",
            left_behind="The server runs on files that were deleted.",
            cures=[
                Cure(
                    words="It cannot live on without its data directory: stop it, then restore.",
                    action="mongodb.stop",
                    params={"immediate": True},
                    cost="the sessions that are open end",
                )
            ],
        )
    wait_until_serving(server, START_S)
    findings = keep_promise(server) if _promise_is_open(server) else []
    summary = f"{server.name} was already up (pid {pid})."
    settles = stoppable_again("mongodb.stop")
    return Outcome(ok=True, summary=summary, facts={"seconds": 0}, findings=findings, settles=settles)


def _promise_is_open(server: Server) -> bool:
    """Whether writers who are to be kept out are in: whoever started the server died before, or was not cleo."""
    if not is_promised(server) or _who_took_over(server):
        return False
    try:
        if not any(way.tried for way in open_ways(server)):
            return False
    except CannotConnect as error:
        server.ctx.log(f"Whether the application is kept out cannot be tried: {error.message}", "err")
    return server.ctx.effect(f"keep the application out of {server.name}, as was decided while it was down")


def _require_data(server: Server, data: str) -> None:
    if data in NO_DATABASE:
        raise ActionFailed(
            f"{server.name} cannot be started: its data directory {server.data} is {data}.",
            left_behind="Nothing was changed; the server is down.",
            cures=[
                Cure(
                    words="There is nothing to start from: restore it. (Started so, it would be a new, empty server.)",
                    action=RESTORE,
                    cost="what was written since the recovery point",
                )
            ],
        )


def _require_no_restore(server: Server) -> None:
    """What a restore has put there is in no replica set yet: started so, it would serve nobody, and wait for ever."""
    record = restored_here(server)
    if record and record.state == "restored":
        raise ActionFailed(
            f"{server.name} is restored from backup {record.backup}, and not started yet.",
            left_behind="Nothing was changed; the server is down.",
            cures=[Cure(words="Rebuild its indexes: that starts it.", action="mongodb.rebuild_indexes")],
        )


def _findings(data: str) -> list[Finding]:
    if data != "a database without its journal":
        return []
    text = "the journal was gone: what it alone held since the last checkpoint (up to a minute) is not there"
    return [Finding(severity="warning", about="journal", text=text, cure="Verify the data (mongodb.verify).")]


def _newest(server: Server) -> datetime | None:
    """Return the newest write before the stop: all that tells of it should the data be lost."""
    try:
        with connect_verified(server, deadline_s=5) as client:
            return newest_write(client, server.settings.heartbeat)
    except CleoError as error:
        server.ctx.log(f"The newest write before the stop is not measured: {error.message}", "err")
        return None
