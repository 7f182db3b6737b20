"""``postgres.pause_manager`` and ``postgres.manager``: Patroni keeps its hands off, proven at each member."""

from __future__ import annotations

import time

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cancelled, Cure, Finding, InDoubt, Outcome
from actions.systems.postgres.identity import identity
from actions.systems.postgres.manager import by_hand
from actions.systems.postgres.managers import managed_by
from actions.systems.postgres.patroni.cluster import Patroni, View, cluster_of, servers_of
from actions.systems.postgres.patroni.gate import PAUSE, SWITCH_OVER
from actions.systems.postgres.patroni.replicas import inventory_names
from actions.systems.postgres.server import Server, find_server

RESUME, LOOK = "postgres.resume_manager", "postgres.manager"
_WAIT_S = 30.0
_BETWEEN_S = 0.3


@action(LOOK, target=identity, by_hand=by_hand.look)
def manager(ctx: ActionContext) -> Outcome:
    """Tell what manages PostgreSQL (Patroni), and whether it is paused.

    Asks Patroni's REST interface on the server's host, each member's, and the store behind them.

    Needs: the server's host; Patroni's configuration readable for its account there.
    """
    server = find_server(ctx)
    patroni = cluster_of(server)
    if patroni is None:
        closed = managed_by(server)
        summary = closed.message if closed else f"Nothing that manages {server.name} is seen on its host."
        return Outcome(ok=True, summary=summary, facts={"managed": bool(closed)})
    view = patroni.look(store=True)
    for member in view.all():
        ctx.log(f"{member.name}: {member.role}, {member.state}, timeline {member.timeline or 'not told'}")
    here = (
        "" if patroni.server.name == server.name else f" None runs at {server.name}; {patroni.server.name} was asked."
    )
    return Outcome(
        ok=True,
        summary=f"{view}.{here}",
        facts={"managed": True, "paused": view.paused, "leader": view.leader},
        findings=troubles(patroni, view),
    )


@action(
    PAUSE,
    probe=LOOK,
    resumable=True,
    touches=("data directory",),
    undone_by=RESUME,
    target=identity,
    by_hand=by_hand.pause,
)
def pause_manager(ctx: ActionContext) -> Outcome:
    """Pause what manages PostgreSQL (Patroni), so that it undoes nothing.

    Until it is resumed Patroni starts, stops, promotes and rewinds no server of that cluster, whatever becomes of them.

    Needs: Patroni's interface on the server's host, or on another member's; the store behind it (etcd, Consul…).

    Leaves: the whole cluster without automatic failover, until postgres.resume_manager.

    Killed half way: it is paused or it is not, as postgres.manager tells; run it again.
    """
    server = find_server(ctx)
    patroni = cluster_of(server)
    if patroni is None:
        return _nothing_to_pause(server)
    require_readable(patroni)
    view = patroni.look(store=True)
    if view.paused and not view.not_as(paused=True):
        return _paused(server, patroni, view, "was paused already")
    require_store(patroni, view, "paused")
    if not ctx.effect(
        f"pause {patroni.named}: {', '.join(view.members)} get no automatic failover until it is resumed"
    ):
        return Outcome(ok=True, summary=f"would pause {patroni.named}")
    change(patroni, paused=True)
    return _paused(server, patroni, wait_for(patroni, paused=True), "is paused")


def _nothing_to_pause(server: Server) -> Outcome:
    """Say that there is none, or what is paused by hand.

    Raises:
        ActionFailed: what manages it cannot be paused from here.
    """
    if closed := managed_by(server):
        raise ActionFailed(
            closed.message,
            left_behind="Nothing was changed.",
            cures=[Cure(words="Pause it by hand, as it says, and note that here.", instead=True)],
        )
    words = f"Nothing that manages {server.name} is seen on its host: there is nothing to pause."
    return Outcome(ok=True, summary=words, facts={"managed": False, "in_force": False})


def _paused(server: Server, patroni: Patroni, view: View, how: str) -> Outcome:
    another = _led_by_another(server, view)
    answer = ", ".join(one.name for one in view.members.values() if one.paused)
    return Outcome(
        ok=True,
        summary=f"{patroni.named} {how}: {answer or 'the member that was asked'} said so just now.",
        facts={"managed": True, "paused": True, "leader": view.leader},
        findings=[*troubles(patroni, view), *_unlisted(server, view), *_rewrites(patroni), *another],
        cures=[Cure(words=one.cure, action=SWITCH_OVER) for one in another],
    )


def _unlisted(server: Server, view: View) -> list[Finding]:
    """Return the inventory's servers that the cluster does not list any more: nobody tells them of the pause."""
    text = (
        "is not listed as a member: its Patroni is down, hangs, or is cut off; its PostgreSQL may go on taking writes"
    )
    cure = "Look at its host. When its Patroni comes back it goes by what the store holds."
    gone = [one for one in servers_of(server) if view.members and not view.lists(one)]
    return [Finding(severity="warning", about=one.name, text=text, cure=cure) for one in gone]


def _led_by_another(server: Server, view: View) -> list[Finding]:
    """Return that another member leads: what is restored here would be thrown away when Patroni is resumed."""
    leading = inventory_names(server).get(view.leader)
    if leading is None or leading.name == server.name:
        return []
    text = f"is not the leader: {view.leader} leads, and what is stopped or restored here is a replica's"
    cure = f"Take into the incident that {view.leader} leads ({SWITCH_OVER} proves that, and switches nothing)."
    return [Finding(severity="warning", about=server.name, text=text, cure=cure)]


def _rewrites(patroni: Patroni) -> list[Finding]:
    if not patroni.daemon.rewrites_hba:
        return []
    text = "its configuration has postgresql.pg_hba: it writes pg_hba.conf anew, without a block on writers"
    cure = "Do not reload or restart it while writers are kept out; tell postgres.writers whether they still are."
    return [Finding(severity="warning", about=f"Patroni {patroni.daemon.name}", text=text, cure=cure)]


def require_readable(patroni: Patroni) -> None:
    """Refuse where Patroni runs and nobody can tell which cluster it is of.

    Raises:
        ActionFailed: so it is.
    """
    if patroni.daemon.trouble:
        raise ActionFailed(
            f"A Patroni runs on {patroni.server.host} (pid {patroni.daemon.pid}): {patroni.daemon.trouble}",
            "Name its configuration in the inventory (patroni: config), and let cleo run programs there as an account "
            "that may read it.",
            left_behind="Nothing was changed.",
        )


def require_store(patroni: Patroni, view: View, wanted: str) -> None:
    """Refuse where Patroni's interface, or the store behind it, does not answer: nothing could be written.

    Raises:
        ActionFailed: so it is.
    """
    if view.trouble:
        raise ActionFailed(
            f"Patroni's interface {patroni.daemon.api} does not answer on {patroni.server.host}: {view.trouble}",
            "See Patroni's log there, and its configuration (restapi:); where it listens elsewhere, say so in the "
            "inventory (patroni: api).",
            left_behind="Nothing was changed.",
        )
    if view.store_trouble:
        raise ActionFailed(
            f"{patroni.named} cannot be {wanted}: the store behind it does not answer ({view.store_trouble}). Unless "
            "it is paused, its leader makes itself a replica once retry_timeout is over, and nobody takes writes.",
            left_behind="Nothing was changed.",
            cures=[
                Cure(
                    words=f"Bring the store back first (etcd, Consul: see {patroni.daemon.config}), then run it again."
                ),
                Cure(
                    words="Or go on without Patroni: stop it on every member (that stops PostgreSQL, too), disable its "
                    "unit there, and mark this step done.",
                    instead=True,
                    cost="no automatic failover; its store is made anew from the recovered server later",
                ),
            ],
        )


def change(patroni: Patroni, *, paused: bool) -> None:
    """Write into the cluster's configuration whether it is paused; what came of it `wait_for` tells."""
    body = {"pause": True if paused else None}
    try:
        patroni.request("pause" if paused else "resume", "PATCH", "/config", body)
    except InDoubt as error:
        patroni.server.ctx.log(f"{error}: the members are asked.", "err")


def wait_for(patroni: Patroni, *, paused: bool) -> View:
    """Wait until every member that answers acts as wanted, and return what is seen then.

    Raises:
        ActionFailed: one does not, in time.
    """
    end = time.monotonic() + _WAIT_S
    while True:
        view = patroni.look()
        if view.paused is paused and not view.not_as(paused=paused) and not view.store_trouble:
            return patroni.look(store=True)
        if patroni.server.ctx.cancelled:
            raise Cancelled(f"{patroni.named} was told; whether each member has heard of it was not seen to its end.")
        if time.monotonic() > end:
            behind = ", ".join(one.name for one in view.not_as(paused=paused)) or view.store_trouble or view.trouble
            raise ActionFailed(
                f"{patroni.named} was told, and is not {'paused' if paused else 'resumed'} after {_WAIT_S:.0f} s: "
                f"{behind}.",
                "See that member's log, and the store behind it. Then run it again.",
                left_behind="It may be so at some members and not at others: postgres.manager tells.",
            )
        time.sleep(_BETWEEN_S)


def troubles(patroni: Patroni, view: View) -> list[Finding]:
    """Return what the cluster's own word does not cover: silent members, a silent store, another database."""
    found = [
        Finding(
            severity="warning",
            about=one.name,
            text=f"its Patroni does not answer ({one.trouble}): it is down, hangs, or is cut off, and its "
            "PostgreSQL may go on taking writes",
            cure="Look at its host. When it comes back it goes by what the store holds.",
        )
        for one in view.silent()
    ]
    if view.store_trouble:
        text = f"does not answer: {view.store_trouble}"
        cure = "Bring it back; meanwhile nothing can be paused, resumed or switched over."
        found.append(Finding(severity="warning", about="the store behind Patroni", text=text, cure=cure))
    ids = {one.sysid for one in view.members.values() if one.sysid}
    if view.initialize and ids - {view.initialize}:
        text = f"it holds {view.initialize} as this cluster's database, and members have {', '.join(sorted(ids))}"
        cure = (
            "A member of another database ends when Patroni is resumed. Restore a backup of this one, or have the key "
        )
        cure += "corrected by hand: `patronictl remove` of the old cluster, then start the recovered member first."
        found.append(Finding(severity="warning", about="the key initialize", text=text, cure=cure))
    if view.members and not view.leader:
        text = f"no member of {patroni.daemon.scope} leads"
        found.append(Finding(severity="warning", about=patroni.named, text=text, cure="Start the one that is to lead."))
    return found


def required_patroni(server: Server) -> Patroni:
    """Return the Patroni that manages a server.

    Raises:
        ActionFailed: none is seen.
    """
    patroni = cluster_of(server)
    if patroni is None:
        raise ActionFailed(
            f"No Patroni that manages {server.name} is seen on {server.host}.",
            "Start it there; or name its configuration in the inventory (patroni: config).",
            left_behind="Nothing was changed.",
        )
    require_readable(patroni)
    return patroni
