"""Whether a server can write, told by its host, by its address, and by those that follow it.

What cannot be reached is never taken for dead: it is fenced only where a device says so, or where a person did.
"""

from __future__ import annotations

from actions.context import ActionContext
from actions.failover.kind import ASK_S, Kind
from actions.systems.postgres.connection import connect
from actions.systems.postgres.cures import NO_DATABASE
from actions.systems.postgres.fence_guard import GUARD, refused
from actions.systems.postgres.process import describe_data, postmaster
from actions.systems.postgres.server import Server, server_of
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.verified_connection import connect_verified

FENCE = "postgres.fence"
_RECEIVES = """
    SELECT pg_is_in_recovery() AND EXISTS (
        SELECT FROM pg_stat_wal_receiver
        WHERE status = 'streaming' AND clock_timestamp() - last_msg_receipt_time < %s * interval '1 second')
"""


class PostgresKind(Kind[Server]):
    """A PostgreSQL server, as a failover sees it."""

    prefix = "postgres"
    settings = PostgresSettings
    guard = GUARD

    def server(self, ctx: ActionContext, name: str) -> Server:
        """Return a server of the inventory."""
        return server_of(ctx, name)

    def pid(self, server: Server) -> int | None:
        """Return its postmaster."""
        return postmaster(server)

    def takes_writes(self, server: Server) -> bool:
        """Whether who answers is not in recovery."""
        with connect(server.settings, deadline_s=ASK_S) as session:
            row = session.execute("SELECT pg_is_in_recovery()").fetchone()
        return not (row and row[0])

    def leads(self, server: Server) -> bool:
        """Whether it is not in recovery, as it says itself."""
        with connect_verified(server, deadline_s=ASK_S) as session:
            row = session.execute("SELECT NOT pg_is_in_recovery()").fetchone()
        return bool(row and row[0])

    def refused(self, server: Server) -> str:
        """Try whether it would start."""
        return refused(server)

    def nothing_left(self, server: Server) -> str:
        """Return what its data directory is, where that holds no database."""
        data = describe_data(server)
        return f"its data directory is {data}" if data in NO_DATABASE else ""

    def hears(self, follower: Server, server: Server, within_s: float) -> str:
        """Return that its receiver got something within those seconds."""
        with connect(follower.settings, deadline_s=ASK_S) as session:
            row = session.execute(_RECEIVES, [within_s]).fetchone()
        return f"in the last {within_s:.0f} s" if row and row[0] else ""


KIND = PostgresKind()
standing, answers = KIND.standing, KIND.answers
