"""``load_balancer.update``: the pools know the site that takes over, which gets no users yet."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.readiness.ready import DRY_RUN
from actions.systems.load_balancer import by_hand
from actions.systems.load_balancer.balancer import PUT_BACK, Balancer
from actions.systems.load_balancer.choose import find_balancer, identity
from actions.systems.load_balancer.record import Setting, differences, settings_of
from actions.systems.load_balancer.seen import Seen, Server
from journal.wording.counting import count


@action(
    "load_balancer.update",
    script="dr_update_lb.sh",
    destructive=True,
    probe="load_balancer.verify",
    resumable=True,
    touches=("pools",),
    target=identity,
    params={"dr_site": "the site dr takes over; else the load balancer's own site does"},
    by_hand=by_hand.update,
    ready=DRY_RUN,
)
def update(ctx: ActionContext, *, dr_site: bool = False) -> Outcome:
    """Update load-balancer pools.

    The servers of the site that takes over get the inventory's addresses and are made ready, with a weight of 0: they
    are checked, and no user is sent to them. What was set before is written down first. A server that serves users
    already goes on.

    Needs: HAProxy's admin socket; the servers in its configuration. Of an ELBv2 the right to modify its listener.

    Leaves: the servers ready for test traffic; the record of what was set before, beside the state file.

    Killed half way: users are where they were. Run it again, or load_balancer.put_back.
    """
    found = find_balancer(ctx)
    target = "dr" if dr_site else found.settings.home
    names = found.pool(target)
    seen = found.look()
    found.require(seen, names)
    wanted = {name: _wanted(found, seen.servers[name]) for name in names}
    changes = differences(settings_of(seen), wanted)
    for line in changes:
        ctx.log(line)
    said = f"the {target} pool ({', '.join(names)}) ready in {found.name}, with no further user sent to it"
    if not ctx.effect(f"make {said}: {count(len(changes), 'server')} to change"):
        return Outcome(ok=True, summary=f"would make {said}")
    found.set("update", seen, wanted, target, "updated")
    missing = found.wait_healthy(names, found.settings.health_s)
    if len(missing) == len(names):
        raise ActionFailed(
            f"No server of the {target} pool passed a check: {_words(missing)}.",
            left_behind="They are ready, and get no user; users are where they were.",
            cures=[Cure(words="See to the servers (is the application up there?), then run it again."), PUT_BACK],
        )
    return Outcome(
        ok=True,
        summary=f"{found.name}'s {target} pool is set: {len(names) - len(missing)} of {count(len(names), 'server')} "
        f"passed a check; users are where they were.",
        facts={"servers": len(names), "healthy": len(names) - len(missing), "changed": len(changes)},
        findings=[*_dead(missing, found.name), *_in_file(found, seen)],
    )


def _wanted(found: Balancer, server: Server) -> Setting:
    """Return what a server of the pool is set to: one that serves users goes on doing so."""
    address = found.settings.servers[server.name].address
    return Setting(address=address, state="ready", weight=server.weight if server.takes_users else 0)


def _words(servers: list[Server]) -> str:
    return "; ".join(f"{server.name} is {server.words}" for server in servers)


def _dead(servers: list[Server], system: str) -> list[Finding]:
    return [
        Finding(severity="warning", about=server.name, text=f"is {server.words}", cure="See to it.", system=system)
        for server in servers
    ]


def _in_file(found: Balancer, seen: Seen) -> list[Finding]:
    """Say which addresses were not those of the inventory: the configuration still has them."""
    own = found.settings.servers
    wrong = [
        server for server in seen.servers.values() if server.name in own and server.address != own[server.name].address
    ]
    return [
        Finding(
            severity="warning",
            about=server.name,
            text=f"HAProxy sent to {server.address}, and the inventory has {own[server.name].address}",
            cure=f"Correct {found.settings.config}.",
            system=found.name,
        )
        for server in wrong
    ]
