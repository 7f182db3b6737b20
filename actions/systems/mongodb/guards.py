"""Live checks of a mongod immediately before an effect."""

from __future__ import annotations

from actions.context import ActionContext
from actions.gate import Closed
from actions.machine.unit import who_runs
from actions.systems.mongodb.restore_record import our_record
from actions.systems.mongodb.server import find_server
from actions.systems.mongodb.writers import writers_kept_out


def is_down(ctx: ActionContext) -> Closed | None:
    """Nobody has the data directory open."""
    server = find_server(ctx)
    found = server.process()
    if found is None:
        return None
    message = f"{server.name} runs (pid {found.pid}, {who_runs(server, found.pid)}): a restore under it destroys both."
    return Closed("down", message, opens="mongodb.stop")


def nobody_writes(ctx: ActionContext) -> Closed | None:
    """The application is kept out, or what lies there is a restore that nobody serves: its users have no roles."""
    server = find_server(ctx)
    record = our_record(server)
    if record and record.state == "restored":
        return None
    return writers_kept_out(ctx)
