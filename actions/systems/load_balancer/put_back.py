"""``load_balancer.put_back``: every server as it was before the incident's first change."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Outcome
from actions.systems.load_balancer import by_hand
from actions.systems.load_balancer.balancer import Balancer
from actions.systems.load_balancer.choose import find_balancer, identity
from actions.systems.load_balancer.draining import Drained, drain
from actions.systems.load_balancer.guards import OLD_SITE, nobody_wrote_at_the_new_site
from actions.systems.load_balancer.record import Setting, differences, settings_of
from actions.systems.load_balancer.seen import Seen
from journal.wording.counting import count


@action(
    "load_balancer.put_back",
    destructive=True,
    probe="load_balancer.verify",
    resumable=True,
    live={OLD_SITE: nobody_wrote_at_the_new_site},
    touches=("pools",),
    target=identity,
    by_hand=by_hand.put_back,
)
def put_back(ctx: ActionContext) -> Outcome:
    """Put back weights and states as they were before.

    Servers that had users get them back once they pass a check; only then are the others taken out.

    Needs: the record of what was set before, beside the state file (of an ELBv2, in the incident's files).

    Leaves: every server as it was before this incident's first change.

    Killed half way: some servers are as before; run it again.
    """
    found = find_balancer(ctx)
    record, seen = found.record(), found.look()
    if record is None or record.incident != ctx.incident.id:
        return Outcome(ok=True, summary=f"{found.name} was not changed in this incident.")
    found.require(seen, record.before)
    changes = differences(settings_of(seen), record.before)
    for line in changes:
        ctx.log(line)
    if not ctx.effect(f"put {count(len(changes), 'server')} of {found.name} back as before"):
        return Outcome(ok=True, summary=f"would put back {count(len(changes), 'server')} of {found.name}")
    users = {name: one for name, one in record.before.items() if one.state == "ready" and one.weight}
    found.set("bring-back", seen, users, record.target, record.stage)
    serving = _require_one(found, users)
    leaving = [one.name for one in serving.servers.values() if one.takes_users and one.name not in users]
    drained = drain(found, leaving, record.target, record.stage, deadline_s=found.settings.drain_s, cut=False)
    found.set("put-back", found.look(), record.before, found.settings.home, "put back")
    return Outcome(
        ok=True,
        summary=f"{found.name} is as it was before: {count(len(changes), 'server')} put back; "
        f"{_left(drained)} at those that were taken out.",
        facts={"changed": len(changes)} | ({"sessions_left": drained.sessions} if drained.counted else {}),
    )


def _left(drained: Drained) -> str:
    return (
        f"{count(drained.sessions, 'session')} still open" if drained.counted else "what is still open is not measured"
    )


def _require_one(found: Balancer, users: dict[str, Setting]) -> Seen:
    """See that a server that gets users back is healthy, before others are taken out.

    Raises:
        ActionFailed: none is.
    """
    missing = found.wait_healthy(list(users), found.settings.health_s)
    if users and len(missing) == len(users):
        said = "; ".join(f"{server.name} is {server.words}" for server in missing)
        raise ActionFailed(
            f"No server that had users before is healthy: {said}.",
            "See to them first; the others go on serving.",
            left_behind="They are ready again; no other server was taken out.",
        )
    return found.look()
