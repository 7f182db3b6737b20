"""``redis.promote``: a replica takes the old master's place, once that is fenced."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from actions.action import action
from actions.context import ActionContext
from actions.failover.latest import require_latest
from actions.failover.promotion_record import PromotionRecord, require_ours, still_names, whose_place
from actions.gate import Closed
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.redis.connection import CannotConnect
from actions.systems.redis.failover import by_hand
from actions.systems.redis.failover.fence import fence_identity
from actions.systems.redis.failover.follows import follow_nobody, follows_at_start
from actions.systems.redis.failover.replicas import Reached, choose, reached, require_whole
from actions.systems.redis.failover.standing import FENCE, KIND, standing
from actions.systems.redis.failover.told import lag, surprises
from actions.systems.redis.heartbeat import newest_write
from actions.systems.redis.identity import identity_of
from actions.systems.redis.login_block import bar_now, open_ways, require_not_ourselves
from actions.systems.redis.managers import managed_by
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.verified_connection import connect_verified
from journal.events.measured import Measured
from journal.events.types import Identity

_PROMOTED_S, _WRITE_S, _PAUSE_S = 30.0, 8.0, 0.1
_PROOF_MS = 60_000
_REFUSALS = (
    ("MISCONF", "Its disk takes nothing: free it, BGSAVE, and run this again."),
    (
        "NOREPLICAS",
        "On it: CONFIG SET min-replicas-to-write 0, until it has a replica; then run this again.",
    ),
    ("OOM", "Its maxmemory is used up: CONFIG SET maxmemory; then run this again."),
    ("READONLY", "Somebody made it a replica again: find who (Sentinel, an operator), then run this again."),
)
"""What a master says that takes no write, and what helps."""


def old_master_fenced(ctx: ActionContext) -> Closed | None:
    """A gate: the old master is proven not to write, now. One that is seen to write, no reason gets past."""
    master = find_server(ctx)
    seen = standing(master)
    if seen.fenced:
        ctx.log(f"{master.name} is fenced: {seen.words}.")
        return None
    message = f"{master.name} is not proven to be fenced: {seen.words}. Two masters take two sets of writes."
    return Closed("fenced", message, "never" if seen.alive else "reason and target", FENCE)


def replica_unmanaged(ctx: ActionContext) -> Closed | None:
    """A gate: no Sentinel and no operator promotes or demotes the replica on its own."""
    return managed_by(_replica(ctx))


def replica_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return the identity of the replica that would be promoted; where nobody can say which, of whom it is about."""
    try:
        return identity_of(_replica(ctx))
    except ActionFailed as error:
        ctx.log(error.message, "err")
        return fence_identity(ctx)


@action(
    "redis.promote",
    destructive=True,
    probe="redis.is_promoted",
    resumable=True,
    gates=("strategy",),
    live={"fenced": old_master_fenced, "managed": replica_unmanaged},
    touches=("data directory",),
    undone_by="redis.allow_writers",
    target=replica_identity,
    params={"standby": "the inventory's name of the replica, where it has several"},
    by_hand=by_hand.promote,
)
def promote(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Promote the replica of Redis.

    Says before what it lacks at most, by its position and its newest heartbeat, and what will be otherwise: memory,
    saving, users. Keeps the application out of it, has it follow nobody, now and at its next start, and proves that: a
    master with a history of its own, and a key that was written and read back within seconds. From then on it plays
    the old master's part in this incident.

    Needs: the old master fenced, and proven to be so now; a replica that answers, and is no part of a copy; recovery to
    the latest: a replica has nothing else, and whatever damage was replicated.

    Leaves: a master, the application kept out of it until redis.allow_writers; `replicaof` a comment in its
    configuration. The inventory's file still names the old one: change it before the incident is closed.

    Killed half way: the replica follows still, or is a master; run again, it is seen through.
    """
    master = find_server(ctx)
    server = choose(master, standby)
    require_latest(ctx, master.name)
    record = PromotionRecord.of(ctx.files, master.name)
    seen = reached(server, 30)
    if not seen.replica:
        return _finish(master, server, require_ours(record, server.name, "master"), [])
    users = [user.name for user in server.settings.app_users]
    if users:
        require_not_ourselves(server)
    require_whole(master, server, seen)
    findings = [*lag(master, server, seen), *surprises(master, server, seen)]
    for finding in findings:
        ctx.log(f"{finding.about}: {finding.text}", "err" if finding.severity != "note" else "out")
    kept = f"keep {', '.join(users)} out of {server.name}, " if users else ""
    at = f"at {seen.position:,} with {seen.keys:,} keys"
    if not ctx.effect(f"{kept}have {server.name} follow nobody, at its next start either: promote it {at}"):
        return Outcome(ok=True, summary=f"would promote {server.name}", findings=findings)
    record = PromotionRecord(standby=server.name, received=seen.position, history=seen.history)
    record.keep(ctx.files, master.name)
    return _promote(master, server, record, findings)


@action("redis.is_promoted", target=replica_identity, params={"standby": "the inventory's name of the replica"})
def is_promoted(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell whether the replica became a master, and would still be one after a restart.

    Needs: the replica's address and configuration.
    """
    server = _replica(ctx, standby)
    master = KIND.promoted(server)
    said = {None: "cannot be asked", True: "is a master", False: "is a replica"}[master]
    later = follows_at_start(server) if master else ""
    more = f", and its next start would follow {later}" if later else ""
    return Outcome(
        ok=bool(master) and not later, summary=f"{server.name} {said}{more}.", facts={"promoted": bool(master)}
    )


def _replica(ctx: ActionContext, name: str = "") -> Server:
    server = find_server(ctx)
    if whose_place(ctx.files, server.name):
        return server  # it took over already, and is asked about itself
    return choose(server, name or str(ctx.params.get("standby") or ""))


def _promote(master: Server, server: Server, record: PromotionRecord, findings: list[Finding]) -> Outcome:
    """Have it follow nobody: its file first, so that a restart in between does not take the old master's data."""
    follow_nobody(server)
    if server.settings.app_users:
        bar_now(server)
    with connect_verified(server, deadline_s=30) as session:
        client: Any = session
        client.execute_command("REPLICAOF", "NO", "ONE")
    server.ctx.log(f"{server.name} was told to follow nobody.")
    return _finish(master, server, record, findings)


def _finish(master: Server, server: Server, record: PromotionRecord, findings: list[Finding]) -> Outcome:
    """Prove the promotion, and tell what came back with it."""
    seen = _wait(server)
    if seen.history == record.history:
        raise ActionFailed(
            f"{server.name} is a master, and goes on with the history that it followed ({seen.history}).",
            "See its log (redis.log): it did not begin one of its own.",
        )
    follow_nobody(server)
    users = [user.name for user in server.settings.app_users]
    if users and open_ways(server):
        bar_now(server)
    newest = _require_write(server)
    ways = open_ways(server) if users else []
    if ways:
        raise ActionFailed(
            f"{server.name} is a master, and the application is not kept out of it: {'; '.join(map(str, ways))}.",
            "Look who gives it a way in; then run this again.",
        )
    back = Measured(recovered_to=newest, newest_commit_at=newest)
    kept_out = "writers are kept out (tried)" if users else "nobody is kept out: no app_users"
    at = f", newest heartbeat {newest:%Y-%m-%d %H:%M:%S} UTC" if newest else ""
    return Outcome(
        ok=True,
        summary=f"{server.name} is the master, {seen.keys:,} keys{at}; a key was written and read back; {kept_out}.",
        facts={"took_over": {"system": server.name, "of": master.name}, "keys": seen.keys, **back.facts()},
        findings=[*findings, *_continued(record, seen), still_names(master.name, server.name)],
    )


def _wait(server: Server) -> Reached:
    end = time.monotonic() + _PROMOTED_S
    while (seen := reached(server)).replica:
        server.ctx.check_cancelled()
        if time.monotonic() > end:
            raise ActionFailed(
                f"{server.name} was told to follow nobody, and {_PROMOTED_S:.0f} s later follows {seen.follows}.",
                "Find who told it to (Sentinel, an operator): CLIENT LIST, its log (redis.log).",
                left_behind=f"{server.name} is a replica; the application is kept out of it.",
            )
        time.sleep(_PAUSE_S)
    return seen


def _continued(record: PromotionRecord, seen: Reached) -> list[Finding]:
    """A history that goes on from the old one lets other replicas, and the old master, be told apart from it."""
    second, offset = str(seen.info.get("master_replid2", "")), int(seen.info.get("second_repl_offset", -1))
    if not record.received or (second == record.history and offset == record.received + 1):
        return []
    text = f"its history goes on from {second} at {offset:,}, not from {record.history} at {record.received + 1:,}"
    return [Finding(severity="note", about="replication", text=text, cure="More came before it was promoted.")]


def _require_write(server: Server) -> datetime | None:
    """Write a key and read it back within seconds; return the newest heartbeat.

    Raises:
        ActionFailed: it takes no write.
    """
    key, value = f"cleo:promoted:{server.ctx.incident.id}", server.ctx.incident.id
    left = f"{server.name} is a master that takes no write; the application is kept out of it."
    try:
        with connect_verified(server, deadline_s=_WRITE_S) as session:
            client: Any = session
            client.set(key, value, px=_PROOF_MS)
            back = client.get(key)
            client.delete(key)
            newest = newest_write(client, server.settings)[0]
    except CannotConnect as error:
        hint = next((hint for word, hint in _REFUSALS if word in error.message), "See its log (redis.log).")
        raise ActionFailed(
            f"{server.name} is promoted, and takes no write: {error.message}", hint, left_behind=left
        ) from error
    if back != value:
        raise ActionFailed(
            f"{server.name} is promoted, and what was written to it is not there a moment later.",
            "Is its memory full (evicted_keys)? Then CONFIG SET maxmemory, and run this again.",
            left_behind=left,
        )
    return newest
