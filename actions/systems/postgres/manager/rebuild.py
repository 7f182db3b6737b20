"""``postgres.rebuild_replica``: a replica that cannot follow is made anew from the leader, by Patroni itself."""

from __future__ import annotations

import time
from collections.abc import Sequence

from actions.action import action
from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, Cancelled, Cure, InDoubt, Outcome
from actions.systems.postgres.identity import identity_of
from actions.systems.postgres.manager import by_hand
from actions.systems.postgres.manager.pause import require_store, required_patroni
from actions.systems.postgres.patroni.cluster import Patroni, View
from actions.systems.postgres.patroni.gate import REBUILD
from actions.systems.postgres.patroni.replicas import (
    Replica,
    ask_leader,
    compare,
    inventory_names,
    lifted,
    rebuilds,
)
from actions.systems.postgres.restore_record import load_record
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn
from journal.errors import CleoError
from journal.events.types import Identity

_DAY_S = 24 * 3600.0
_STUCK_S = 120.0
_COMMIT_S = 60.0
_BETWEEN_S = 0.5
_STILL = "Patroni goes on copying the leader by itself; run it again to see it through."
_LOOK = "postgres.replicas"


class _Found:
    """A cluster with the server that leads it and one replica, as a run begins."""

    def __init__(self, server: Server, member: str) -> None:
        self.server = server
        self.patroni = required_patroni(server)
        self.view = self.patroni.look()
        self.named = inventory_names(server)
        self.leading = _leading(self.patroni, self.view, self.named)
        self.all = compare(self.view, ask_leader(self.leading), self.named)
        self.replica = self._chosen(member)

    def _chosen(self, member: str) -> Replica | None:
        """Return the replica that is named, else the only one that cannot follow; None where all follow.

        Raises:
            ActionFailed: there is none of that name, or nobody said which of several.
        """
        if member:
            named = next((one for one in self.all if member in (one.member.name, one.server)), None)
            if named is None:
                listed = ", ".join(one.member.name for one in self.all) or "none"
                raise ActionFailed(f"{self.patroni.named} has no replica {member}; it has: {listed}.")
            return named
        wrong = [one for one in self.all if one.follows is False]
        if len(wrong) > 1:
            raise ActionFailed(
                f"{', '.join(one.member.name for one in wrong)} cannot follow, and nobody said which is to be rebuilt "
                "first: one at a time, so that the others can still be read.",
                left_behind="Nothing was changed.",
                cures=rebuilds(wrong),
            )
        return next(iter(wrong), None)


def replica_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return the identity of the replica that would be rebuilt; where there is none, of the server it is about."""
    server = find_server(ctx)
    try:
        found = _Found(server, str(ctx.params.get("member") or ""))
    except CleoError as error:
        ctx.log(error.message, "err")
        return identity_of(server)
    replica = found.replica
    return identity_of(found.named[replica.member.name] if replica and replica.server else server)


@action(_LOOK, target=replica_identity, params={"member": "what Patroni calls it; without it, all are told"})
def replicas(ctx: ActionContext, *, member: str = "") -> Outcome:
    """Tell whether each replica of PostgreSQL's Patroni cluster follows the leader, by asking both servers.

    Needs: the leader in the inventory; a replica that is not there is told by the leader's word.
    """
    server = find_server(ctx)
    patroni = required_patroni(server)
    view = patroni.look()
    named = inventory_names(server)
    leading = _leading(patroni, view, named)
    seen = compare(view, ask_leader(leading), named)
    found = [one for one in seen if not member or member in (one.member.name, one.server)]
    wrong = [finding for one in found if (finding := one.finding(view.leader))]
    words = "; ".join(f"{one.member.name}: {one.words}" for one in found) or "it has none"
    ok = bool(found) and not wrong if member else True
    return Outcome(ok=ok, summary=f"Replicas of {view.leader}: {words}.", findings=wrong, cures=rebuilds(found))


@action(
    REBUILD,
    destructive=True,
    probe=_LOOK,
    resumable=True,
    touches=("data directory",),
    target=replica_identity,
    params={"member": "what Patroni calls it, or its name in the inventory (else the only one that cannot follow)"},
    by_hand=by_hand.rebuild,
)
def rebuild_replica(ctx: ActionContext, *, member: str = "") -> Outcome:
    """Rebuild a replica of PostgreSQL that cannot follow its leader (Patroni's reinitialize).

    Patroni removes its data directory and copies the leader. It counts once the replica streams on the leader's
    timeline, and a commit of the leader's was applied there: by both servers' word, not by Patroni's.

    Needs: Patroni at work (not paused), with a leader that is in the inventory, as the replica must be.

    Leaves: a replica of the recovered history. What it alone held is gone.

    Killed half way: Patroni goes on by itself; run again, it is followed to its end, or begun anew where it failed.
    """
    server = find_server(ctx)
    found = _Found(server, member)
    replica = found.replica
    if replica is None:
        return _all_follow(found)
    _require_possible(found, replica)
    target = found.named[replica.member.name]
    if replica.follows and replica.streams:
        return _proven(found, target, replica, "follows already")
    _say_what_goes(found, replica, target)
    what = f"have Patroni remove {target.data} at {target.name}, and copy it anew from {found.leading.name}"
    if not ctx.effect(what):
        return Outcome(ok=True, summary=f"would rebuild {target.name} from {found.leading.name}")
    if "creating" not in replica.member.state:
        _begin(found.patroni, replica)
    _follow(found, target, replica)
    return _proven(found, target, replica, "is rebuilt")


def _all_follow(found: _Found) -> Outcome:
    words = "; ".join(f"{one.member.name}: {one.words}" for one in found.all) or "there is none"
    doubt = [finding for one in found.all if (finding := one.finding(found.view.leader))]
    return Outcome(ok=True, summary=f"No replica is proven not to follow ({words}).", findings=doubt)


def _leading(patroni: Patroni, view: View, named: dict[str, Server]) -> Server:
    if leading := named.get(view.leader):
        return leading
    who = f"{view.leader} leads, and is not in the inventory" if view.leader else view.trouble or "nobody leads"
    raise ActionFailed(
        f"{patroni.named}: {who}; whether others follow cannot be told.",
        "Add it to the inventory, with standby_of as the others have it; or start the member that is to lead.",
        left_behind="Nothing was changed.",
    )


def _require_possible(found: _Found, replica: Replica) -> None:
    """Refuse what Patroni would refuse, or nobody could prove.

    Raises:
        ActionFailed: Patroni is paused or its store silent, or the inventory does not have the replica.
    """
    require_store(found.patroni, found.view, "told to rebuild one")
    if not replica.server:
        raise ActionFailed(
            f"{replica.member.name} is not in the inventory: nobody could prove what became of it.",
            f"Add it, or rebuild it by hand: `patronictl -c {found.patroni.daemon.config} reinit "
            f"{found.patroni.daemon.scope} {replica.member.name} --force --wait`.",
            left_behind="Nothing was changed.",
        )
    if found.view.paused:
        raise ActionFailed(
            f"{found.patroni.named} is paused: its members go their own ways until it is resumed.",
            left_behind="Nothing was changed.",
            cures=[Cure(words="Resume it first.", action="postgres.resume_manager")],
        )


def _say_what_goes(found: _Found, replica: Replica, target: Server) -> None:
    ctx = found.server.ctx
    ctx.log(f"{target.name}: {replica.words}.")
    record = load_record(found.server)
    kept = f"what was there before the restore is kept in {record.aside}" if record and record.aside else ""
    ctx.log(
        f"What {target.name} alone holds goes with its data directory: {kept or 'no copy of it is known'}.",
        "out" if kept else "err",
    )


def _begin(patroni: Patroni, replica: Replica) -> None:
    """Tell the replica's Patroni; one that is at it already says so, and is followed."""
    try:
        patroni.request("reinitialize", "POST", "/reinitialize", {"force": True}, member=replica.member.api)
    except InDoubt as error:
        patroni.server.ctx.log(f"{error}: it is looked at.", "err")


def _follow(found: _Found, target: Server, replica: Replica) -> None:
    """Wait until it follows.

    Raises:
        ActionFailed: it did not come up, or Patroni does nothing any more.
    """
    ctx, name = found.server.ctx, replica.member.name
    end, moved, last = time.monotonic() + _DAY_S, time.monotonic(), ""
    while True:
        view = found.patroni.look()
        now = next(one for one in compare(view, ask_leader(found.leading), found.named) if one.member.name == name)
        if now.follows and now.streams and "creating" not in now.member.state:
            return
        if now.member.state != last:
            last, moved = now.member.state, time.monotonic()
            ctx.progress(Progress(text=f"{name}: {last or 'not listed'}"))
            ctx.log(f"{name}: {last or 'not listed'}")
        if ctx.cancelled:
            raise Cancelled(_STILL)
        idle = "creating" not in last and time.monotonic() - moved > _STUCK_S
        if idle or time.monotonic() > end:
            raise ActionFailed(
                f"{target.name} does not follow {found.leading.name}: {now.words}; Patroni: {last or 'not listed'}.",
                f"See Patroni's log on {target.host}, and whether the leader lets its replication user in.",
                left_behind="Its old data directory may be gone already; the leader is not touched.",
            )
        time.sleep(_BETWEEN_S)


def _proven(found: _Found, target: Server, replica: Replica, how: str) -> Outcome:
    """Have the leader commit something, and see that the replica applied it.

    Raises:
        ActionFailed: it does not, in time.
    """
    timeline, lsn = commit(found.leading)
    end = time.monotonic() + _COMMIT_S
    while True:
        now = next(
            one
            for one in compare(found.view, ask_leader(found.leading), found.named)
            if one.member.name == replica.member.name
        )
        if now.follows and now.streams and (now.replayed or 0) >= lsn:
            break
        if time.monotonic() > end:
            raise ActionFailed(
                f"{target.name} streams, and did not apply a commit of {found.leading.name} within {_COMMIT_S:.0f} s: "
                f"{now.words}.",
                "See its log (L): replay may be paused, or delayed on purpose.",
            )
        time.sleep(_BETWEEN_S)
    left = [one for one in compare(found.view, ask_leader(found.leading), found.named) if one.follows is False]
    return Outcome(
        ok=True,
        summary=f"{target.name} {how}: it streams from {found.leading.name} on timeline {timeline}, and has applied a "
        f"commit made just now ({format_lsn(lsn)}).",
        facts={"rebuilt": target.name, "timeline": timeline, **lifted(target)},
        findings=[finding for one in left if (finding := one.finding(found.view.leader))],
        cures=rebuilds(left),
    )


def commit(leading: Server) -> tuple[int, int]:
    """Commit a message at a primary; return its timeline and the position behind it.

    Raises:
        CannotConnect: it does not come back in time.
        ActionFailed: it is no primary.
    """
    with connect_verified(leading, deadline_s=10) as session:
        session.execute("SELECT pg_logical_emit_message(true, 'cleo', 'looks')")
        row = session.execute("SELECT pg_walfile_name(pg_current_wal_lsn()), pg_current_wal_lsn() - '0/0'").fetchone()
    if row is None:
        raise ActionFailed(f"{leading.name} does not say where its log ends.")
    return int(str(row[0])[:8], 16), int(row[1])
