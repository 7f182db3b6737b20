"""PostgreSQL behind a pooler: which server answers, and who is still at another one."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from actions.behind import Front, Instance, Left
from actions.context import ActionContext
from actions.machine.cut import cut_after
from actions.outcome import ActionFailed
from actions.systems.postgres.connection import CannotConnect, connect, words_of
from actions.systems.postgres.server import server_of
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.tls import tls_parameters
from actions.systems.postgres.verified_connection import connect_verified

if TYPE_CHECKING:
    import psycopg

_WHO = """
    SELECT system_identifier::text, pg_postmaster_start_time()::text, pg_is_in_recovery(), current_setting('port')
    FROM pg_control_system()
"""
_SESSIONS = """
    SELECT usename, coalesce(host(client_addr), 'its own host'), count(*) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name <> 'cleo'
    AND (usename = ANY(%(roles)s) OR %(roles)s = '{}') GROUP BY 1, 2 ORDER BY 3 DESC
"""
_ASK_S = 5.0
_PAUSE_S = 0.2


def address(settings: PostgresSettings) -> str:
    """Return host and port of a server."""
    return f"{settings.address}:{settings.port}"


def instance(ctx: ActionContext, name: str) -> Instance:
    """Prove that a server of the inventory answers, and return which it is."""
    with connect_verified(server_of(ctx, name)) as session:
        return _instance(session)


def through(ctx: ActionContext, name: str, front: Front) -> Instance:
    """Ask who answers where a client comes in. It sends no startup option: PgBouncer before 1.20 refuses them."""
    import psycopg

    behind = server_of(ctx, name).settings
    secret = front.password or (None if front.user else behind.password)
    end = time.monotonic() + _ASK_S
    try:
        session = psycopg.connect(
            host=front.address,
            port=front.port,
            user=front.user or behind.user,
            password=secret.read() if secret else None,
            dbname=front.database or behind.database,
            connect_timeout=int(_ASK_S),
            application_name="cleo",
            autocommit=True,
            prepare_threshold=None,
            **tls_parameters(behind),
        )
        with closing(session), cut_after(session.fileno(), max(0.1, end - time.monotonic())):
            return _instance(session)
    except psycopg.Error as error:
        where = f"{front.database} at {front.address}:{front.port}"
        raise CannotConnect(f"{where}: {words_of(error)}", "other") from error


def answers(ctx: ActionContext, name: str) -> bool:
    """Return whether something is at a server's address; not where nothing listens, or nothing comes back."""
    try:
        with connect(server_of(ctx, name).settings, deadline_s=_ASK_S):
            return True
    except CannotConnect as error:
        ctx.log(f"Seen from here: {error.message}")
        return error.why not in ("refused", "timeout")


def sessions_left(ctx: ActionContext, name: str, within_s: float) -> Left:
    """Count the application's sessions at a server until there are none, or the time is over."""
    settings = server_of(ctx, name).settings
    end = time.monotonic() + within_s
    while True:
        try:
            with connect(settings, deadline_s=_ASK_S) as session:
                rows = session.execute(_SESSIONS.encode(), {"roles": settings.app_roles}).fetchall()
        except CannotConnect as error:
            if error.why == "refused":
                return Left(0, f"{name} is down: nobody is there")
            return Left(None, f"{name} cannot be asked who is there: {error.message}")
        if not rows or time.monotonic() > end or ctx.cancelled:
            break
        time.sleep(_PAUSE_S)
    number = sum(int(row[2]) for row in rows)
    who = ", ".join(f"{row[2]} of {row[0]} from {row[1]}" for row in rows[:3])
    return Left(number, f"{number} at {name}: {who}" if rows else f"none at {name}")


def _instance(session: psycopg.Connection[Any]) -> Instance:
    row = session.execute(_WHO).fetchone()
    if row is None:
        raise ActionFailed("The server does not say which it is.")
    what = "a standby" if row[2] else "a primary"
    return Instance(str(row[0]), str(row[1]), not row[2], f"{what} at port {row[3]}, up since {row[1]}")
