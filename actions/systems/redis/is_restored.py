"""``redis.is_restored``: the read-only look after a restore whose end is not known."""

from __future__ import annotations

from typing import Any

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Outcome
from actions.systems.redis.counts import count_keys
from actions.systems.redis.identity import identity
from actions.systems.redis.restore_record import RestoreRecord, load_record
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.verified_connection import connect_verified
from journal.errors import CleoError

_STATES = {
    "restoring": "did not get to its end: the data directory is incomplete",
    "starting": "put the data in its place, and was not finished: what the server loads was not compared to the end",
    "recovered": "was finished, and what the server loaded was compared",
}


@action("redis.is_restored", target=identity)
def is_restored(ctx: ActionContext) -> Outcome:
    """Tell how far a restore got, and what the server has now.

    Needs: its host; the record that a restore writes.
    """
    server = find_server(ctx)
    record = load_record(server)
    if record is None or record.incident != ctx.incident.id:
        whose = f" (the last one was of {record.incident})" if record else ""
        return Outcome(ok=False, summary=f"{server.name} was not restored in this incident{whose}.")
    now, facts = _now(server)
    kept = f" The old data is in {record.aside}." if record.aside else ""
    return Outcome(
        ok=record.state == "recovered" and bool(facts),
        summary=f"The restore from {record.source} {_STATES[record.state]}. {now}{kept}",
        facts={"state": record.state, "backup": record.source.label, **_expected(record), **facts},
    )


def _expected(record: RestoreRecord) -> dict[str, Any]:
    found = {"keys_in_source": record.source.keys, "loaded": record.loaded, "aside": record.aside}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _now(server: Server) -> tuple[str, dict[str, Any]]:
    """Return what the server has, in words and as facts; no facts: it cannot be asked."""
    found = server.process()
    if not found:
        return f"{server.name} is down.", {}
    try:
        with connect_verified(server) as client:
            counted = count_keys(client)
    except CleoError as error:
        return f"{server.name} runs (pid {found.pid}), and cannot be asked: {error.message}", {}
    return f"{server.name} runs with {counted.words()}.", {"keys": counted.keys, "evicted_keys": counted.evicted}
