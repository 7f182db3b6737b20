"""``mongodb.allow_ttl``: lets documents expire again, once what was restored is verified."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.machine.clock import require_clock
from actions.outcome import ActionFailed, Cure, Outcome
from actions.systems.mongodb.expiring import count_expiring
from actions.systems.mongodb.identity import identity
from actions.systems.mongodb.restore_record import restored_here
from actions.systems.mongodb.server import find_server
from actions.systems.mongodb.start_stop import EXPIRED
from actions.systems.mongodb.ttl_monitor import let_ttl_on
from actions.systems.mongodb.verified_connection import connect_verified
from journal.wording.counting import count


@action(
    "mongodb.allow_ttl",
    probe="mongodb.is_restored",
    resumable=True,
    gates=("sound-data",),
    touches=("data directory",),
    target=identity,
)
def allow_ttl(ctx: ActionContext) -> Outcome:
    """Let documents expire again.

    Says first how many are past their time: they go within a minute, for good. Refused after a restore until
    mongodb.verify has passed.

    Needs: the server running; the right to write its configuration file, and those of its set that the inventory has.

    Leaves: the configuration file without our line, and the TTL monitor at work.

    Killed half way: some members may have it on and others off; run it again.
    """
    server = find_server(ctx)
    record = restored_here(server)
    if record and not record.verified:
        raise ActionFailed(
            f"What was restored of {server.name} is not verified yet: what expires cannot be counted any more.",
            cures=[Cure(words="Verify it first.", action="mongodb.verify")],
        )
    require_clock(server, server.name, EXPIRED, "documents")
    with connect_verified(server, deadline_s=600) as client:
        past = count_expiring(client)
    names = ", ".join(f"{number} of {name}" for name, number in past.items()) or "none"
    ctx.log(f"Documents that are past their time: {names}.")
    if ctx.effect(f"let the TTL monitor of {server.name} on; {count(sum(past.values()), 'document')} will expire"):
        let_ttl_on(server)
    return Outcome(
        ok=True,
        summary=f"The TTL monitor is on; {count(sum(past.values()), 'document')} expire within a minute ({names}).",
        facts={"will_expire": sum(past.values())},
    )
