"""Live checks of a mongod immediately before an effect."""

from __future__ import annotations

from actions.context import ActionContext
from actions.gate import Closed
from actions.machine.unit import who_runs
from actions.systems.mongodb.data_files import NO_DATABASE, describe_data
from actions.systems.mongodb.restore_record import our_record
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.writers import writers_kept_out


def is_down(ctx: ActionContext) -> Closed | None:
    """Nobody has the data directory open."""
    server = find_server(ctx)
    found = server.process()
    if found is None or _copies_already(server):
        return None
    message = f"{server.name} runs (pid {found.pid}, {who_runs(server, found.pid)}): a restore under it destroys both."
    return Closed("down", message, opens="mongodb.stop")


def no_writer_in(ctx: ActionContext) -> Closed | None:
    """The application is kept out, or nothing is there to write to; a member that follows takes its set's writes."""
    server = find_server(ctx)
    if server.settings.standby_of or (not server.process() and describe_data(server) in NO_DATABASE):
        return None
    return writers_kept_out(ctx)


def _copies_already(server: Server) -> bool:
    """Whether it is a member that a restore of this incident has started empty: it may go on."""
    record = our_record(server)
    return record is not None and bool(record.source) and record.state == "restored"


def nobody_writes(ctx: ActionContext) -> Closed | None:
    """The application is kept out, or what lies there is a restore that nobody serves: its users have no roles."""
    server = find_server(ctx)
    record = our_record(server)
    if record and record.state == "restored":
        return None
    return writers_kept_out(ctx)
