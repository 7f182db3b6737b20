"""``load_balancer.repoint``: who comes through a proxy in front of a database reaches the primary of now."""

from __future__ import annotations

import time

from actions.action import action
from actions.behind import Front, Instance
from actions.context import ActionContext
from actions.fronting import Fronting, number_left, words_left
from actions.outcome import ActionFailed, Outcome
from actions.systems.load_balancer import by_hand
from actions.systems.load_balancer.balancer import Balancer
from actions.systems.load_balancer.choose import find_balancer, identity
from actions.systems.load_balancer.draining import drain
from actions.systems.load_balancer.record import Setting
from actions.systems.load_balancer.seen import Seen
from journal.errors import CleoError
from journal.wording.counting import count

_PROOF_S = 15.0
_FULL = 100


@action(
    "load_balancer.repoint",
    destructive=True,
    probe="load_balancer.verify",
    resumable=True,
    touches=("pools",),
    target=identity,
    params={"to": "the inventory's database server that it is to lead to; empty: the primary"},
    by_hand=by_hand.repoint,
)
def repoint(ctx: ActionContext, *, to: str = "") -> Outcome:
    """Lead a proxy in front of a database to the primary.

    Takes every other server out first, so that clients never reach two, ends what is open there after the time to
    drain, and lets the primary's in. Then asks through the frontend which server answers, and counts who is left at the
    others.

    Needs: `leads_to` in the inventory; the server that it is to lead to takes writes.

    Leaves: clients at that server, through a reload too where HAProxy's configuration reads its state file. It is taken
    back by itself, with the other server as `to`, or by load_balancer.put_back.

    Killed half way: clients reach the old server, nobody, or the new one; run it again.
    """
    found = find_balancer(ctx)
    servers = _fronting(found)
    server = servers.target(to)
    primary = servers.require_primary(server)
    own = _own(found, server)
    seen = found.look()
    names = list(found.settings.leads_to.values())
    found.require(seen, names)
    others = [one for one in seen.of(names) if one.name != own and (one.state != "maint" or one.sessions)]
    if others or seen.servers[own].state != "ready" or not seen.servers[own].weight:
        sessions = sum(one.sessions for one in others)
        out = f"take {', '.join(one.name for one in others)} out, {count(sessions, 'session')} open; " if others else ""
        if not ctx.effect(
            f"lead {found.name} to {own} ({server}): {out}what is open after {_drain_words(found)} is cut"
        ):
            return Outcome(ok=True, summary=f"would lead {found.name} to {server} ({own})")
        _turn(found, [one.name for one in others], own)
    answers = servers.asked(server, primary, [_answering(found, servers, server, primary)])
    left = servers.left(server, found.settings.count_s)
    return Outcome(
        ok=True,
        summary=f"{found.name} leads to {server} ({own}); {answers.words}; {words_left(left)}.",
        facts={"leads_to": server, "sessions_left": number_left(left)},
        findings=[*answers.troubles, *servers.still_there(left)],
        partial="nobody was let through to see who answers" if answers.troubles else "",
    )


def _drain_words(found: Balancer) -> str:
    return f"{found.settings.drain_s:g} s"


def _turn(found: Balancer, others: list[str], own: str) -> None:
    """Take the others out, and only then let the one in."""
    site = next(name for name, pool in found.settings.pools.items() if any(one.name == own for one in pool))
    if others:
        drain(found, others, site, "isolated", deadline_s=found.settings.drain_s, cut=True)
    seen = found.look()
    found.set("lead", seen, {own: _wanted(found, seen, own)}, site, "enabled")


def _wanted(found: Balancer, seen: Seen, own: str) -> Setting:
    weight = seen.servers[own].weight or seen.servers[own].base or _FULL
    return Setting(address=found.settings.servers[own].address, state="ready", weight=weight)


def _own(found: Balancer, server: str) -> str:
    own = found.settings.leads_to.get(server)
    if own is None:
        raise ActionFailed(
            f"The inventory does not say which of {found.name}'s servers {server} is.",
            "Name it there (leads_to:), and in HAProxy's configuration.",
            left_behind="Nothing was changed.",
        )
    return own


def _fronting(found: Balancer) -> Fronting:
    known = found.settings.leads_to
    if not known:
        raise ActionFailed(
            f"{found.name} is in front of no database, as the inventory has it.",
            "If it is, say which of its servers is which (leads_to:).",
        )
    return Fronting(found.ctx, found.name, next(iter(known)))


def _answering(found: Balancer, servers: Fronting, server: str, primary: Instance) -> Front:
    """Return how clients come in, once the right server answers there or its time is over: a check may still be due."""
    address, _, port = found.settings.frontend.partition("://")[2].rpartition(":")
    own = found.settings
    front = Front(address.strip("[]"), int(port), own.database, own.user, own.user_password)
    end = time.monotonic() + _PROOF_S
    while time.monotonic() < end:
        try:
            if servers.through(server, front).is_same(primary):
                break
        except CleoError as error:
            if "pg_hba" in error.message or "authentication" in error.message:
                break
        found.pause()
    return front
