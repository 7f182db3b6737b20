"""Live checks of a server immediately before an effect: that it is down, or that writers are blocked."""

from __future__ import annotations

from actions.context import ActionContext
from actions.gate import Closed
from actions.machine.unit import who_runs
from actions.systems.postgres.hba import hba_file, is_barred
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.restore_record import load_record
from actions.systems.postgres.server import Server, find_server

_STOP, _STOP_WRITERS = "postgres.stop", "postgres.stop_writers"


def is_down(ctx: ActionContext) -> Closed | None:
    """Nobody has the data directory open."""
    server = find_server(ctx)
    if pid := postmaster(server):
        message = f"{server.name} runs (pid {pid}, {who_runs(server, pid)}): a restore under it destroys both."
        return Closed("down", message, opens=_STOP)
    return None


def writers_kept_out(ctx: ActionContext) -> Closed | None:
    """The application's roles are blocked, or no login is possible: the server is down and has no pg_hba.conf."""
    server = find_server(ctx)
    hba = hba_file(server)
    if (hba and is_barred(server, hba)) or _nobody_can_come_in(server, hba):
        return None
    message = (
        f"Writers are not stopped: {hba} does not keep them out. What they write meanwhile is lost or mixed in."
        if hba
        else f"Writers are not stopped: {server.name} runs without its pg_hba.conf."
    )
    return Closed("one-writer", message, "reason and target", _STOP_WRITERS)


def _nobody_can_come_in(server: Server, hba: str) -> bool:
    """Whether it is down, and what lies there was not let in by anybody: nothing, or a restore that is half done."""
    if postmaster(server):
        return False
    if not hba:
        return True
    record = load_record(server)
    return record is not None and record.state == "restoring" and record.incident == server.ctx.incident.id
