"""``postgres.switch_over``: Patroni has another member lead, by its own interface; both servers prove it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.failover.settled import needless_now
from actions.outcome import ActionFailed, Cancelled, Cure, Finding, InDoubt, Outcome
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.failover.slots import logical_slots
from actions.systems.postgres.failover.standbys import reached
from actions.systems.postgres.failover.told import SLOTS, lag, slots_at_fence, surprises
from actions.systems.postgres.heartbeat import recovered
from actions.systems.postgres.identity import identity_of
from actions.systems.postgres.login_block import block_logins
from actions.systems.postgres.manager import by_hand
from actions.systems.postgres.manager.pause import LOOK, require_readable, require_store, troubles
from actions.systems.postgres.manager.rebuild import commit
from actions.systems.postgres.patroni.cluster import Patroni, View, cluster_of
from actions.systems.postgres.patroni.gate import SWITCH_OVER
from actions.systems.postgres.patroni.replicas import ask_leader, inventory_names, rebuilds, settled
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn
from actions.systems.postgres.writers import are_kept_out
from journal.errors import CleoError
from journal.events.types import Identity

_ASKED_S = 60.0
_LEADS_S = 120.0
_FOLLOWS_S = 60.0
_DOWN_S = 5.0
"""Seconds that are waited for an old primary that did not lead any more: it is down, or nobody's."""
_BETWEEN_S = 0.5


class _Found:
    """A cluster, who leads it, and who could, as a run begins."""

    def __init__(self, server: Server) -> None:
        self.server = server
        patroni = cluster_of(server)
        if patroni is None:
            raise ActionFailed(
                f"No Patroni that manages {server.name} is seen: nothing switches over by itself.",
                "Without Patroni a standby is promoted by postgres.promote, once the old primary is fenced.",
                left_behind="Nothing was changed.",
            )
        require_readable(patroni)
        self.patroni = patroni
        self.view = patroni.look(store=True)
        require_store(patroni, self.view, "switched over")
        own = server.settings
        named = inventory_names(server)
        self.named = {n: Server(s.ctx, s.name, s.settings.taking_over(own)) for n, s in named.items()}
        self.leading = self.named.get(self.view.leader)

    def candidate(self, name: str) -> tuple[str, Server]:
        """Return who is to lead, by Patroni's name: the one that is named, else the only one there is.

        Raises:
            ActionFailed: there is none, none of that name, or nobody said which of several.
        """
        here = {n: s for n, s in self.named.items() if n != self.view.leader and n in self.view.members}
        others = {n: s for n, s in here.items() if s.name != self.server.name}
        if chosen := next(((n, s) for n, s in others.items() if name in (n, s.name)), None):
            return chosen
        if len(others) == 1 and not name:
            return next(iter(others.items()))
        words = f"it has none called {name}" if name else "nobody said which" if others else "none is in the inventory"
        raise ActionFailed(
            f"{self.patroni.named} can be led by {', '.join(others) or 'no other member'}, and {words}.",
            left_behind="Nothing was changed.",
            cures=[
                Cure(words=f"Have {n} lead: {_position(s)}.", action=SWITCH_OVER, params={"candidate": n})
                for n, s in others.items()
            ],
        )


def _position(server: Server) -> str:
    try:
        with connect_verified(server, deadline_s=5) as session:
            seen = reached(session)
    except CannotConnect as error:
        return f"how far it came cannot be asked ({error.message})"
    return f"it has the log up to {format_lsn(seen.received)} of timeline {seen.timeline}"


def candidate_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return the identity of the member that is to lead; where nobody can say which, of the server it is about."""
    server = find_server(ctx)
    try:
        found = _Found(server)
        leads_already = found.leading if found.leading and found.leading.name != server.name else None
        return identity_of(leads_already or found.candidate(str(ctx.params.get("candidate") or ""))[1])
    except CleoError as error:
        ctx.log(error.message, "err")
        return identity_of(server)


@action(
    SWITCH_OVER,
    destructive=True,
    probe=LOOK,
    resumable=True,
    touches=("data directory",),
    target=candidate_identity,
    params={"candidate": "what Patroni calls it, or its name in the inventory (else the only one there is)"},
    by_hand=by_hand.switch_over,
)
def switch_over(ctx: ActionContext, *, candidate: str = "") -> Outcome:
    """Have another server lead PostgreSQL, by Patroni's own switchover or failover.

    With a leader it is a switchover: nothing is lost. Without one a failover: what the candidate lacks is told before.
    Where Patroni had another member lead by itself already, that is proven, and taken over into the incident. It counts
    once the new leader is out of recovery on a new timeline and took a commit; whether the old one follows is seen.

    Needs: Patroni's interface and the store behind it; a candidate in the inventory, streaming from the leader.

    Leaves: the candidate as the primary, which plays the old one's part from then on; the old one as its replica.
    Writers that are kept out stay kept out.

    Killed half way: Patroni goes on by itself; run again, it is proven.
    """
    server = find_server(ctx)
    found = _Found(server)
    if found.view.leader and found.leading is None:
        raise ActionFailed(
            f"{found.view.leader} leads, and is not in the inventory: nobody could prove what became of it.",
            "Add it there, with standby_of as the others have it.",
            left_behind="Nothing was changed.",
        )
    if found.leading and found.leading.name != server.name:
        return _proven(found, found.view.leader, found.leading, 0, [], f"{found.leading.name} leads already")
    name, new = found.candidate(candidate)
    planned = found.leading is not None
    findings, timeline = _told(found, name, new, planned=planned)
    barred = _kept_out(server)
    what = f"have Patroni {'switch' if planned else 'fail'} over from {server.name} to {new.name}"
    kept = f", with {', '.join(new.settings.app_roles)} kept out there, too" if barred else ""
    if not ctx.effect(what + kept):
        return Outcome(ok=True, summary=f"would {what}", findings=findings)
    if barred:
        block_logins(new)
    _ask(found.patroni, found.view, name)
    return _proven(found, name, new, timeline, findings, f"{new.name} leads now")


def _told(found: _Found, name: str, new: Server, *, planned: bool) -> tuple[list[Finding], int]:
    """Say what the candidate lacks, and what does not come along; return that, and the timeline that is left.

    Raises:
        ActionFailed: with a leader, the candidate does not follow it.
    """
    ctx = found.server.ctx
    with connect_verified(new, deadline_s=30) as session:
        seen = reached(session)
    slots = logical_slots(found.server, running=True) if planned else slots_at_fence(found.server)
    ahead = surprises(found.server, new, seen, [] if planned and slots else slots)
    if planned:
        ahead = [*_slots(found.server, slots), *ahead]
        leader = ask_leader(found.server)
        state, at = leader.followers.get(name, ("", 0))
        if state != "streaming":
            raise ActionFailed(
                f"{new.name} does not stream from {found.server.name} ({state or 'nothing is sent to it'}): it "
                "would lose commits, or another history would win.",
                "See postgres.replicas; rebuild it first.",
                left_behind="Nothing was changed.",
                cures=[Cure(words=f"Rebuild {new.name}.", action="postgres.rebuild_replica", params={"member": name})],
            )
        ctx.log(
            f"{new.name} is {max(0, leader.lsn - at):,} bytes of log behind; the leader sends them before it stops."
        )
    else:
        ahead = [*lag(found.server, new, seen), *ahead]
    for finding in ahead:
        ctx.log(f"{finding.about}: {finding.text}", "err" if finding.severity != "note" else "out")
    return ahead, seen.timeline


def _slots(server: Server, slots: list[str] | None) -> list[Finding]:
    """Return what becomes of the leader's logical slots, which are on no replica: Patroni can keep them."""
    if not slots:
        return []
    text = f"{', '.join(slots)} of {server.name}: they are on no replica, so their consumers miss what comes after"
    cure = "Make them anew, and have each consumer read all again; or name them in Patroni's configuration (slots:)."
    return [Finding(severity="warning", about=SLOTS, text=text, cure=cure)]


def _kept_out(server: Server) -> bool:
    """Whether writers are kept out at the old primary: they must not get in at the new one."""
    try:
        return bool(server.settings.app_roles) and are_kept_out(server)
    except CleoError as error:
        server.ctx.log(f"Whether writers are kept out at {server.name} is not seen: {error.message}", "err")
        return False


def _ask(patroni: Patroni, view: View, name: str) -> None:
    path = "/switchover" if view.leader else "/failover"
    body: dict[str, Any] = {"candidate": name, **({"leader": view.leader} if view.leader else {})}
    try:
        said = patroni.request("switch-over", "POST", path, body, timeout_s=_ASKED_S)
    except InDoubt as error:
        patroni.server.ctx.log(f"{error}: it is looked at.", "err")
        return
    patroni.server.ctx.log(said)


def _proven(found: _Found, name: str, new: Server, left: int, told: list[Finding], how: str) -> Outcome:
    """Prove by both servers that the candidate leads, and that the old one does not."""
    timeline = _wait_until_leads(found, name, new, left)
    _, lsn = commit(new)
    with connect_verified(new, deadline_s=30) as session:
        back = recovered(session, new.settings)
    old, follow = _old(found, new)
    follows = f"{found.server.name} is a replica that follows"
    measured = msgspec.structs.replace(back, newest_commit_at=back.recovered_to, timeline=timeline).facts()
    return Outcome(
        ok=True,
        summary=f"{how}, on timeline {timeline}; a commit went through ({format_lsn(lsn)}); {follow}.",
        facts={**measured, "took_over": {"system": new.name, "of": found.server.name}},
        findings=[*told, *old, *troubles(found.patroni, found.patroni.look(store=True))],
        settles=needless_now("postgres", found.server.name, f"{how}, by Patroni", follows="" if old else follows),
    )


def _wait_until_leads(found: _Found, name: str, new: Server, left: int) -> int:
    """Wait until the new leader is out of recovery, on a newer timeline, and Patroni has it as leader.

    Raises:
        ActionFailed: it is not so, in time.
    """
    end = time.monotonic() + _LEADS_S
    while True:
        view = found.patroni.look()
        timeline = ask_leader(new).timeline
        if timeline > left and view.leader == name:
            return timeline
        if found.server.ctx.cancelled:
            raise Cancelled("Patroni was told; it goes on by itself.")
        if time.monotonic() > end:
            raise ActionFailed(
                f"{new.name} does not lead after {_LEADS_S:.0f} s: Patroni has {view.leader or 'nobody'} as its "
                f"leader, and {new.name} {'is in recovery' if not timeline else f'is on timeline {timeline}'}.",
                "See Patroni's log on both hosts.",
                left_behind="Patroni may still go on: postgres.manager tells.",
            )
        time.sleep(_BETWEEN_S)


def _old(found: _Found, new: Server) -> tuple[list[Finding], str]:
    """Look whether the old primary and all others follow: it may take writes on, or be out of reach."""
    seen = settled(found.patroni, new, found.named, _FOLLOWS_S if found.view.leader else _DOWN_S)
    wrong = [finding for one in seen if (finding := one.finding(new.name))]
    if all(one.server != found.server.name for one in seen):  # its Patroni is gone, and its key with it
        wrong += _beside(found.server)
    if not wrong:
        return [], f"{found.server.name} follows it"
    helps = rebuilds(seen)
    found.server.ctx.log(f"Helps: {'; '.join(cure.words for cure in helps) or 'see Patroni on its host'}", "err")
    return wrong, f"{found.server.name} is NOT seen to follow it"


def _beside(old: Server) -> list[Finding]:
    """Return what an old primary does that Patroni does not list any more."""
    try:
        timeline = ask_leader(old).timeline
    except CannotConnect as error:
        text = (
            f"is not listed, and was not seen: {error.message}. Unreachable is not dead: it may come back as a primary"
        )
        cure = "Look at its host, or fence it. Once its Patroni runs it is made a replica."
    else:
        text = (
            f"TAKES WRITES, TOO, on timeline {timeline}" if timeline else "is in recovery, and Patroni does not list it"
        )
        cure = "Stop its PostgreSQL on its host now, or fence it; then start its Patroni, which rewinds it."
    return [Finding(severity="warning", about=old.name, text=text, cure=cure)]
