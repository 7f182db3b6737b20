"""``postgres.promote``: a standby takes the old primary's place, once that is fenced."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.failover.promoting import Promoting, Proven, TookOver
from actions.failover.promotion_record import PromotionRecord
from actions.gate import Closed
from actions.outcome import ActionFailed, Cancelled, Cure, Finding, Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.connection import CannotConnect
from actions.systems.postgres.failover.fence import FENCING
from actions.systems.postgres.failover.left_log import still_left
from actions.systems.postgres.failover.standbys import Reached, choose_next, late, reached
from actions.systems.postgres.failover.told import ACTIVATE, lag, require_all_log, slots_at_fence, surprises
from actions.systems.postgres.heartbeat import recovered
from actions.systems.postgres.identity import identity_of
from actions.systems.postgres.login_block import block_logins, others, require_not_ourselves
from actions.systems.postgres.managers import managed_by
from actions.systems.postgres.patroni.gate import SWITCH_OVER
from actions.systems.postgres.server import Server
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


class _Chosen(NamedTuple):
    server: Server
    seen: Reached

    @property
    def already(self) -> bool:
        return not self.seen.in_recovery


class PostgresPromoting(Promoting[Server, _Chosen]):
    """How a standby of PostgreSQL is promoted."""

    fencing = FENCING
    no_users = "app_roles"

    def choose(self, primary: Server, name: str) -> Server:
        """Return the standby that is named, else the only one that is not kept late."""
        return choose_next(primary, name)

    def look(self, primary: Server, name: str) -> _Chosen:
        """Return it with how far it came."""
        server = choose_next(primary, name)
        return _Chosen(server, _reached(server))

    def managed(self, server: Server) -> Closed | None:
        """Return the cluster manager of a standby: Patroni promotes itself, paused or not."""
        return managed_by(server, SWITCH_OVER, paused=False)

    def identity_of(self, server: Server) -> Sequence[Identity]:
        """Return what tells a server from every other."""
        return identity_of(server)

    def told(self, primary: Server, chosen: _Chosen) -> list[Finding]:
        """Return what it lacks, and what does not come along."""
        require_not_ourselves(chosen.server, running=True)
        left = still_left(primary, chosen.seen.received, promoting=True)
        return [*lag(primary, *chosen), *left, *surprises(primary, *chosen, slots_at_fence(primary))]

    def left_out(self, chosen: _Chosen) -> tuple[str, str]:
        """Return that it is kept late."""
        return late(chosen.seen), "what it was kept late for: it applies all that it has at once"

    def require_fit(self, primary: Server, chosen: _Chosen) -> None:
        """Stop where the archive has log that it lacks."""
        require_all_log(primary, *chosen)

    def effect(self, chosen: _Chosen) -> str:
        """Return who is kept out, and where it is promoted."""
        server, seen = chosen
        roles = ", ".join(server.settings.app_roles)
        kept = f"keep {roles} out of {server.name}, and " if roles else ""
        return f"{kept}promote {server.name} at {format_lsn(seen.received)} of timeline {seen.timeline}"

    def record(self, chosen: _Chosen) -> PromotionRecord:
        """Return its timeline and how much log it has."""
        server, seen = chosen
        return PromotionRecord(standby=server.name, timeline=seen.timeline, received=seen.received)

    def take_over(self, primary: Server, chosen: _Chosen) -> TookOver[Server]:
        """Keep the application out, and tell it to promote itself."""
        if chosen.server.settings.app_roles:
            block_logins(chosen.server)
        tell_to_promote(chosen.server)
        return TookOver(chosen.server)

    def prove(self, server: Server, record: PromotionRecord) -> Proven:
        """Wait for a timeline of its own, and commit something within seconds."""
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
        words = f"is the primary, on timeline {timeline}; a commit went through{_newest(back)}"
        return Proven(words, back, others(server) if server.settings.app_roles else [])

    def keeps_out(self, server: Server) -> bool:
        """Whether there are roles to keep out."""
        return bool(server.settings.app_roles)


PROMOTING = PostgresPromoting()
standby_identity, standby_unmanaged, finish = PROMOTING.identity, PROMOTING.unmanaged, PROMOTING.finish


@action(
    "postgres.promote",
    destructive=True,
    probe="postgres.is_promoted",
    resumable=True,
    gates=("strategy",),
    live={"fenced": PROMOTING.old_fenced, "managed": standby_unmanaged},
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
    return PROMOTING.promote(ctx, standby)


@action("postgres.is_promoted", target=standby_identity, params={"standby": "the inventory's name of the standby"})
def is_promoted(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell whether the standby became a primary.

    Needs: the standby's address.
    """
    return PROMOTING.is_promoted(ctx, standby)


def _reached(server: Server) -> Reached:
    try:
        with connect_verified(server, deadline_s=30) as session:
            return reached(session)
    except CannotConnect as error:
        words = f"If {server.name} is down, or replays archived log only: bring it to the end of the archive first."
        raise ActionFailed(
            error.message, error.hint, left_behind="Nothing was changed.", cures=[Cure(words=words, action=ACTIVATE)]
        ) from error


def tell_to_promote(server: Server) -> None:
    """Tell a standby to become a primary; do not wait for it."""
    with connect_verified(server, deadline_s=30) as session:
        session.execute("SELECT pg_promote(false)")
    server.ctx.log(f"{server.name} was told to promote itself.")


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
