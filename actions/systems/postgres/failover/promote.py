"""``postgres.promote``: a standby takes the old primary's place, once that is fenced."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.failover.latest import require_latest
from actions.failover.promotion_record import PromotionRecord, require_ours, still_names, whose_place
from actions.gate import Closed
from actions.outcome import ActionFailed, Cancelled, Finding, Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.failover.fence import fence_identity
from actions.systems.postgres.failover.standbys import choose, reached
from actions.systems.postgres.failover.standing import FENCE, KIND, standing
from actions.systems.postgres.failover.told import lag, require_all_log, surprises
from actions.systems.postgres.heartbeat import recovered
from actions.systems.postgres.identity import identity_of
from actions.systems.postgres.login_block import block_logins, others, require_not_ourselves
from actions.systems.postgres.managers import managed_by
from actions.systems.postgres.patroni.gate import SWITCH_OVER
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn
from journal.events.measured import Measured
from journal.events.types import Identity

_PROMOTED_S = 300.0
_COMMIT_S = 8.0
_PAUSE_S = 0.2
_WAITS = """
    SELECT current_setting('synchronous_standby_names'),
           (SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'),
           (SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))
"""


def old_primary_fenced(ctx: ActionContext) -> Closed | None:
    """A gate: the old primary is proven not to write, now. One that is seen to write, no reason gets past."""
    primary = find_server(ctx)
    seen = standing(primary)
    if seen.fenced:
        ctx.log(f"{primary.name} is fenced: {seen.words}.")
        return None
    message = f"{primary.name} is not proven to be fenced: {seen.words}. Two primaries make two histories."
    return Closed("fenced", message, "never" if seen.alive else "reason and target", FENCE)


def standby_unmanaged(ctx: ActionContext) -> Closed | None:
    """A gate: no cluster manager promotes or rewinds the standby on its own."""
    return managed_by(_standby(ctx), SWITCH_OVER, paused=False)


def standby_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return the identity of the standby that would be promoted; where nobody can say which, of whom it is about."""
    try:
        return identity_of(_standby(ctx))
    except ActionFailed as error:
        ctx.log(error.message, "err")
        return fence_identity(ctx)


@action(
    "postgres.promote",
    destructive=True,
    probe="postgres.is_promoted",
    resumable=True,
    gates=("strategy",),
    live={"fenced": old_primary_fenced, "managed": standby_unmanaged},
    touches=("data directory",),
    undone_by="postgres.allow_writers",
    target=standby_identity,
    params={"standby": "the inventory's name of the standby, where it has several"},
    by_hand=by_hand.promote,
)
def promote(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Promote the standby of PostgreSQL.

    Says before what it lacks, and what does not come along: logical slots, unlogged tables, collations of another
    version. Keeps the application out of it, promotes it, and proves that: a primary, a timeline of its own, and a
    commit within seconds. From then on it plays the old primary's part in this incident.

    Needs: the old primary fenced, and proven to be so now; a standby that answers, for a superuser; recovery to the
    latest: a standby has nothing else, and whatever damage was replicated.

    Leaves: a primary on a new timeline, the application kept out of it until postgres.allow_writers; the old one
    fenced. The inventory's file still names the old one: change it before the incident is closed.

    Killed half way: the standby follows still, or goes on becoming a primary by itself; run again, it is seen through.
    """
    primary = find_server(ctx)
    server = choose(primary, standby)
    require_latest(ctx, primary.name)
    record = PromotionRecord.of(ctx.files, primary.name)
    with connect_verified(server, deadline_s=30) as session:
        seen = reached(session)
    if not seen.in_recovery:
        return finish(primary, server, require_ours(record, server.name, "primary"), [])
    require_not_ourselves(server, running=True)
    findings = [*lag(primary, server, seen), *surprises(primary, server, seen)]
    for finding in findings:
        ctx.log(f"{finding.about}: {finding.text}", "err" if finding.severity != "note" else "out")
    require_all_log(primary, server, seen)
    kept = (
        f"keep {', '.join(server.settings.app_roles)} out of {server.name}, and " if server.settings.app_roles else ""
    )
    if not ctx.effect(f"{kept}promote {server.name} at {format_lsn(seen.received)} of timeline {seen.timeline}"):
        return Outcome(ok=True, summary=f"would promote {server.name}", findings=findings)
    record = PromotionRecord(standby=server.name, timeline=seen.timeline, received=seen.received)
    record.keep(ctx.files, primary.name)
    if server.settings.app_roles:
        block_logins(server)
    tell_to_promote(server)
    return finish(primary, server, record, findings)


@action("postgres.is_promoted", target=standby_identity, params={"standby": "the inventory's name of the standby"})
def is_promoted(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell whether the standby became a primary.

    Needs: the standby's address.
    """
    server = _standby(ctx, standby)
    primary = KIND.promoted(server)
    said = {None: "cannot be asked", True: "is a primary", False: "is a standby"}[primary]
    return Outcome(ok=bool(primary), summary=f"{server.name} {said}.", facts={"promoted": primary})


def _standby(ctx: ActionContext, name: str = "") -> Server:
    server = find_server(ctx)
    if whose_place(ctx.files, server.name):
        return server  # it took over already, and is asked about itself
    return choose(server, name or str(ctx.params.get("standby") or ""))


def tell_to_promote(server: Server) -> None:
    """Tell a standby to become a primary; do not wait for it."""
    with connect_verified(server, deadline_s=30) as session:
        session.execute("SELECT pg_promote(false)")
    server.ctx.log(f"{server.name} was told to promote itself.")


def finish(primary: Server, server: Server, record: PromotionRecord, findings: list[Finding]) -> Outcome:
    """Prove the promotion, and tell what came back with it."""
    timeline = _wait(server)
    if timeline <= record.timeline:
        raise ActionFailed(
            f"{server.name} is a primary on timeline {timeline}, which is not a new one.", "See its log (L)."
        )
    if server.settings.app_roles:
        block_logins(server)
    _require_commit(server)
    with connect_verified(server, deadline_s=30) as session:
        back = recovered(session, server.settings)
    back = msgspec.structs.replace(
        back, newest_commit_at=back.recovered_to, timeline=timeline, from_timeline=record.timeline
    )
    kept_out = "writers are kept out (tried)" if server.settings.app_roles else "nobody is kept out: no app_roles"
    return Outcome(
        ok=True,
        summary=f"{server.name} is the primary, on timeline {timeline}; a commit went through{_newest(back)}; "
        f"{kept_out}.",
        facts={"took_over": {"system": server.name, "of": primary.name}, **back.facts()},
        findings=[
            *findings,
            *(others(server) if server.settings.app_roles else []),
            still_names(primary.name, server.name, primary.settings.plays),
        ],
    )


def _newest(back: Measured) -> str:
    return f", newest commit {back.recovered_to:%Y-%m-%d %H:%M:%S} UTC" if back.recovered_to else ""


def _wait(server: Server) -> int:
    """Wait until it is no standby any more, and return its timeline."""
    end = time.monotonic() + _PROMOTED_S
    question = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END"
    while True:
        with connect_verified(server, deadline_s=30) as session:
            row = session.execute(question).fetchone()
        if row and row[0]:
            return int(str(row[0])[:8], 16)
        if server.ctx.cancelled:
            raise Cancelled(
                f"{server.name} was told to promote itself, and goes on; the application is kept out of it."
            )
        if time.monotonic() > end:
            raise ActionFailed(
                f"{server.name} is still a standby {_PROMOTED_S:.0f} s after it was told to promote itself.",
                "It applies what it has received first. See its log (L), then run this again: it goes on waiting.",
                left_behind=f"{server.name} goes on becoming a primary by itself; the application is kept out of it.",
            )
        time.sleep(_PAUSE_S)


def _require_commit(server: Server) -> None:
    """Commit something within seconds: a primary that waits for a synchronous standby takes no write.

    Raises:
        ActionFailed: it does not come back.
    """
    try:
        with connect_verified(server, deadline_s=_COMMIT_S) as session:
            session.execute("SET synchronous_commit = on")
            session.execute("SELECT pg_logical_emit_message(true, 'cleo', 'promoted')")
        return
    except CannotConnect as error:
        if error.why != "timeout":
            raise
    with connect_verified(server, deadline_s=10) as session:
        names, waiting, fulfilled = session.execute(_WAITS).fetchone() or ("", 0, 0)
    left = f"{server.name} is a primary that takes no commit; the application is kept out of it."
    if waiting and not fulfilled:
        raise ActionFailed(
            f"{server.name} is promoted, and a commit hangs: synchronous_standby_names is '{names}', and no standby "
            "fulfils that.",
            "On it: ALTER SYSTEM SET synchronous_standby_names = ''; SELECT pg_reload_conf(); then run this again. "
            "Commits are on one server only, until it has a standby.",
            left_behind=left,
        )
    raise ActionFailed(
        f"{server.name} is promoted, and a commit did not come back within {_COMMIT_S:.0f} s.",
        "See its log (L): a full disk, or a lock. Then run this again.",
        left_behind=left,
    )
