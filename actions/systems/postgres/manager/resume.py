"""``postgres.resume_manager``: Patroni takes over again, once nothing of the recovery would be lost by that."""

from __future__ import annotations

import time

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Outcome
from actions.systems.postgres.identity import identity
from actions.systems.postgres.manager import by_hand
from actions.systems.postgres.manager.pause import (
    LOOK,
    RESUME,
    change,
    require_readable,
    require_store,
    troubles,
    wait_for,
)
from actions.systems.postgres.patroni.cluster import Patroni, View, cluster_of
from actions.systems.postgres.patroni.replicas import (
    Replica,
    ask_leader,
    inventory_names,
    lifted,
    rebuilds,
    settled,
)
from actions.systems.postgres.process import control, postmaster
from actions.systems.postgres.restore_record import load_record
from actions.systems.postgres.server import Server, find_server, server_of
from journal.wording.counting import count

_KEY_S = 15.0
_FOLLOW_S = 20.0
_BETWEEN_S = 0.5
_START, _APPLY_WAL = "postgres.start", "postgres.apply_wal"


@action(RESUME, probe=LOOK, resumable=True, touches=("data directory",), target=identity, by_hand=by_hand.resume)
def resume_manager(ctx: ActionContext) -> Outcome:
    """Let what manages PostgreSQL (Patroni) work again, and look whether every replica follows.

    Refused while that would undo the recovery: where the recovered server is down or still replays, where another
    member leads, or where the store behind Patroni holds another database's identifier. A replica that cannot follow
    the restored server's history is named: Patroni itself lists it as running, with no lag.

    Needs: the recovered server up, on Patroni's host; Patroni's interface, and the store behind it.

    Leaves: Patroni at work as before the pause.

    Killed half way: it is paused or it is not, as postgres.manager tells; run it again.
    """
    server = find_server(ctx)
    patroni = cluster_of(server)
    if patroni is None:
        return Outcome(ok=True, summary=f"No Patroni of {server.name} is seen: there is nothing to resume.")
    require_readable(patroni)
    view = patroni.look(store=True)
    require_store(patroni, view, "resumed")
    if view.paused is False and not view.not_as(paused=False):
        return _outcome(patroni, view, server, "works, and was not paused")
    _require_recovered(server)
    _require_same_database(patroni, view, server)
    named = inventory_names(server)
    view = _require_leads(patroni, view, server, next((n for n, one in named.items() if one.name == server.name), ""))
    if not ctx.effect(f"resume {patroni.named}: {view.leader} leads, and the others are to follow it"):
        return Outcome(ok=True, summary=f"would resume {patroni.named}")
    change(patroni, paused=False)
    return _outcome(patroni, wait_for(patroni, paused=False), server, "works again")


def _require_recovered(server: Server) -> None:
    """Refuse while the server is down or a restore is under way: another member would be promoted in its place.

    Raises:
        ActionFailed: so it is.
    """
    record = load_record(server)
    if record and record.state != "recovered":
        cure = _APPLY_WAL if record.state in ("restored", "recovering") else "postgres.restore"
        raise ActionFailed(
            f"{server.name} is restored from {record.backup}, and its recovery is not at its end ({record.state}): "
            "resumed now, Patroni would promote another member, with the data of before.",
            left_behind="Nothing was changed.",
            cures=[Cure(words="First recover it to its end.", action=cure)],
        )
    if not postmaster(server):
        raise ActionFailed(
            f"{server.name} is down: resumed now, Patroni would promote another member, or start it as a replica.",
            left_behind="Nothing was changed.",
            cures=[Cure(words="Start it first.", action=_START)],
        )


def _require_leads(patroni: Patroni, view: View, server: Server, name: str) -> View:
    """Wait until Patroni has the server as its leader: in pause it takes the key for a primary that was started.

    Raises:
        ActionFailed: it does not: resumed, the server would be made to follow another one.
    """
    end = time.monotonic() + _KEY_S
    while view.leader != name or not name:
        if not name or time.monotonic() > end:
            raise _leads_another(patroni, view, server, name)
        time.sleep(_BETWEEN_S)
        view = patroni.look()
    if not ask_leader(server).timeline:
        raise ActionFailed(
            f"{server.name} is in recovery: it takes no writes, though Patroni has it as its leader.",
            "See its log (L).",
            left_behind="Nothing was changed.",
            cures=[Cure(words="Replay its log to the end first.", action=_APPLY_WAL)],
        )
    return view


def _leads_another(patroni: Patroni, view: View, server: Server, name: str) -> ActionFailed:
    if not name:
        return ActionFailed(
            f"No Patroni runs beside {server.name}: resumed now, the cluster would go on without it.",
            "Start Patroni on its host first (its unit), and see postgres.manager list it.",
            left_behind="Nothing was changed.",
        )
    leads = f"{view.leader} leads" if view.leader else "nobody leads"
    return ActionFailed(
        f"Patroni's cluster {patroni.daemon.scope} has {name} ({server.name}) not as its leader: {leads}. Resumed now, "
        f"{server.name} would be made to follow another history, and lose what was recovered.",
        f"While it is paused, stop the PostgreSQL of {view.leader or 'the other'} (pg_ctl stop): its key ends "
        f"after ttl, and {name} takes it. Then run this again.",
        left_behind="Nothing was changed; it stays paused.",
    )


def _require_same_database(patroni: Patroni, view: View, server: Server) -> None:
    """Refuse where the store holds another database's identifier: the member would end as soon as it is resumed.

    Raises:
        ActionFailed: so it is.
    """
    found = control(server)
    if found is None or view.initialize is None:
        server.ctx.log("Whether the store holds this database's identifier (initialize) was not seen.", "err")
        return
    if view.initialize in ("", found.system_identifier):
        return
    raise ActionFailed(
        f"The store behind Patroni holds {view.initialize} as this cluster's database (initialize); {server.name} is "
        f"{found.system_identifier}. Resumed now, its Patroni ends: system ID mismatch.",
        f"Either restore a backup of {view.initialize}; or, if this one is right, have the key corrected by hand while "
        f"it is paused (etcd: NAMESPACE/{patroni.daemon.scope}/initialize), and reinitialize the other members.",
        left_behind="Nothing was changed; it stays paused.",
    )


def _outcome(patroni: Patroni, view: View, server: Server, how: str) -> Outcome:
    replicas = _replicas(patroni, view, server)
    wrong = [found for one in replicas if (found := one.finding(view.leader))]
    follow = len(replicas) - len(wrong)
    free = [lifted(server_of(server.ctx, one.server)) for one in replicas if one.follows and one.streams and one.server]
    words = f"{follow} of {count(len(replicas), 'replica')} seen to follow" if replicas else "it has no replica"
    return Outcome(
        ok=True,
        summary=f"{patroni.named} {how}: {view.leader or 'nobody'} leads, {words}.",
        facts={
            "managed": True,
            "paused": False,
            "leader": view.leader,
            "stale": [one.member.name for one in replicas if one.follows is False],
            **next(filter(None, free), {}),
        },
        findings=[*troubles(patroni, view), *wrong],
        cures=rebuilds(replicas),
    )


def _replicas(patroni: Patroni, view: View, server: Server) -> list[Replica]:
    named = inventory_names(server)
    leading = named.get(view.leader)
    if leading is None:
        server.ctx.log(
            f"{view.leader or 'The leader'} is not in the inventory: whether others follow is not seen.", "err"
        )
        return []
    found = settled(patroni, leading, named, _FOLLOW_S)
    for one in found:
        server.ctx.log(f"{one.member.name}: {one.words}")
    return found
