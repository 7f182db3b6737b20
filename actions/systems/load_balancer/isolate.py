"""``load_balancer.isolate``: nobody reaches a site's servers through this load balancer any more."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Outcome
from actions.systems.load_balancer import by_hand
from actions.systems.load_balancer.balancer import Balancer
from actions.systems.load_balancer.choose import find_balancer, identity
from actions.systems.load_balancer.draining import Drained, drain
from actions.systems.load_balancer.record import Record
from journal.wording.counting import count


@action(
    "load_balancer.isolate",
    destructive=True,
    probe="load_balancer.verify",
    resumable=True,
    touches=("pools",),
    target=identity,
    params={
        "site": "whose servers are taken out; empty: the one that users move away from, else the balancer's own",
        "now": "give what is open no time to end",
        "back": "its users come back to it once it is recovered: nobody is moved to another site",
    },
    by_hand=by_hand.isolate,
)
def isolate(ctx: ActionContext, *, site: str = "", now: bool = False, back: bool = False) -> Outcome:
    """Isolate a site from its users.

    Its servers drain, and are put into maintenance once nothing is open or their time is over: what is open then is
    ended, holders of a server's cookie and long connections as well. At an ELBv2 its target groups are taken out of the
    action at once, and where none is left for users it answers 503 itself (a network one cannot: that is refused);
    what is open at a network one stays open; nothing is deregistered, and requests that
    are under way end by themselves, uncounted. The only action that takes the last healthy server out. It keeps out who
    comes through this load balancer, and nobody else: other writers of the site are fenced there.

    Needs: HAProxy's admin socket, or the right to modify the ELBv2's listener or rule.

    Leaves: the site's servers in maintenance, through a reload too.

    Killed half way: they drain, or are out already; run it again.
    """
    found = find_balancer(ctx)
    record, seen = found.record(), found.look()
    out, target = _site(found, record, site)
    target = out if back else target
    names = found.pool(out)
    found.require(seen, names)
    left = [server.name for server in seen.servers.values() if server.takes_users and server.name not in names]
    found.require_some_left(left)
    sessions = sum(server.sessions for server in seen.of(names))
    open_ = f"{count(sessions, 'session')} open" if seen.counts else "what is open there is not measured"
    after = f"users go on at {', '.join(left)}" if left else "no server is left for users: they get errors"
    said = f"take {', '.join(names)} ({out}) out of {found.name}: {open_}; {after}"
    if not ctx.effect(said):
        return Outcome(ok=True, summary=f"would {said}")
    deadline_s = 0.0 if now else found.settings.drain_s
    drained = drain(found, names, target, "isolated", deadline_s=deadline_s, cut=True)
    ended = f"{count(drained.sessions, 'session')} ended" if drained.counted else drained.words
    cut = f"; {ended}" if drained.sessions or not drained.counted else ""
    return Outcome(
        ok=True,
        summary=f"{out} is isolated: {', '.join(names)} in maintenance{cut}; {after}.",
        facts={**_facts(drained), "left": len(left)},
    )


def _facts(drained: Drained) -> dict[str, int]:
    return {"sessions_cut": drained.sessions, "late_requests": drained.requests} if drained.counted else {}


def _site(found: Balancer, record: Record | None, site: str) -> tuple[str, str]:
    """Return the site that is taken out, and the one that users are moved to."""
    ours = record if record and record.incident == found.ctx.incident.id and record.stage != "put back" else None
    sites = list(found.settings.pools)
    old = next((name for name in sites if ours and name != ours.target), found.settings.home)
    out = site or old
    target = ours.target if ours else next((name for name in sites if name != out), out)
    return out, target
