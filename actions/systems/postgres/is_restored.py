"""``postgres.is_restored``: the probe that determines the state left by an interrupted restore."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Outcome
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.identity import identity
from actions.systems.postgres.process import describe_data, postmaster
from actions.systems.postgres.restore_record import RestoreRecord, load_record
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.verified_connection import connect_verified

_WORDS = {
    "restoring": "was being restored from backup {0} and is incomplete: run the restore again",
    "restored": "is restored from backup {0}; its log is not applied yet",
    "recovering": "is restored from backup {0}; its log was being applied",
    "recovered": "is recovered from backup {0}, to {1}",
}


@action("postgres.is_restored", target=identity)
def is_restored(ctx: ActionContext) -> Outcome:
    """Tell what lies in the data directory, from which backup, and whether it is recovered.

    Needs: its host; the record that a restore writes.
    """
    server = find_server(ctx)
    record = load_record(server)
    data = describe_data(server)
    state = _server_state(server)
    facts = {"data_directory": data, "server": state}
    if not record:
        return Outcome(
            ok=False, summary=f"Nothing was restored here. The data: {data}; the server: {state}.", facts=facts
        )
    facts |= {"restore": record.state, "backup": record.backup, "aside": record.aside}
    mine = record.incident == ctx.incident.id
    whose = "" if mine else f" (by incident {record.incident})"
    words = _WORDS[record.state].format(record.backup, record.target)
    return Outcome(
        ok=_whole(record, data, mine=mine), summary=f"{server.name} {words}{whose}. Server: {state}.", facts=facts
    )


def _whole(record: RestoreRecord, data: str, *, mine: bool) -> bool:
    return mine and record.state != "restoring" and data not in ("missing", "there, but not a database")


def _server_state(server: Server) -> str:
    if not postmaster(server):
        return "down"
    try:
        with connect_verified(server, deadline_s=5) as session:
            row = session.execute("SELECT pg_is_in_recovery()").fetchone()
    except CannotConnect as error:
        return error.message
    return "replaying its log" if row and row[0] else "up as a primary"
