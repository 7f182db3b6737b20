"""``mongodb.is_restored``: the probe that tells in what state a restore was left."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Outcome
from actions.systems.mongodb.data_files import NO_DATABASE, describe_data
from actions.systems.mongodb.identity import identity
from actions.systems.mongodb.restore_record import RestoreRecord, load_record
from actions.systems.mongodb.server import find_server

_WORDS = {
    "restoring": "was being restored from backup {0}, which did not come to its end: run the restore again",
    "restored": "is restored from backup {0}; it was not started yet, and its indexes are not built",
    "serving": "is restored from backup {0} and was started",
}
_INDEXES = {
    "wanted": "its indexes are not built",
    "built": "every index is built",
    "failed": "some of its indexes could not be built",
}


@action("mongodb.is_restored", target=identity)
def is_restored(ctx: ActionContext) -> Outcome:
    """Tell what lies in the data directory, from which backup, and how far the recovery is.

    Needs: its host; the record that a restore writes.
    """
    server = find_server(ctx)
    record = load_record(server)
    running = server.process()
    state = f"runs (pid {running.pid})" if running else "down"
    data = describe_data(server)
    facts = {"server": state, "data_directory": data}
    if not record:
        words = f"Nothing was restored here. The data: {data}; the server: {state}."
        return Outcome(ok=False, summary=words, facts=facts)
    mine = record.incident == ctx.incident.id
    whose = "" if mine else f" (by incident {record.incident})"
    facts |= {"restore": record.state, "backup": record.backup, "aside": record.aside, "indexes": record.indexes}
    return Outcome(
        ok=mine and data not in NO_DATABASE and record.state != "restoring",
        summary=f"{server.name} {_words(record)}{whose}. Server: {state}.",
        facts=facts,
    )


def _words(record: RestoreRecord) -> str:
    if record.source:
        done = record.state == "serving"
        return f"copied everything from {record.source}" if done else f"is to copy everything from {record.source}"
    words = _WORDS[record.state].format(record.backup)
    if record.state != "serving":
        return words
    verified = "verified" if record.verified else "not verified yet"
    return f"{words}; {_INDEXES[record.indexes]}; it is {verified}"
