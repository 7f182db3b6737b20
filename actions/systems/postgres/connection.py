"""Connects to a PostgreSQL server, with a deadline for the whole session."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from actions import cannot_connect
from actions.machine.cut import cut_after
from actions.machine.tls import Trouble, tls_trouble, unreadable
from actions.systems.postgres.settings import PostgresSettings
from actions.systems.postgres.tls import tls_parameters, why_unverified

if TYPE_CHECKING:
    import psycopg

Why = Literal["refused", "password", "timeout", "tls", "starting", "other", "another", "unproven"]

_HINTS: dict[Why, str] = {
    "refused": "Nothing listens there: is the server down, or the address in the inventory wrong?",
    "password": (
        "Correct user and password of this system in the inventory; a restored server has the users and passwords of "
        "its recovery point, perhaps older ones."
    ),
    "timeout": "The server or its host hangs, or a firewall drops packets.",
    "tls": "Correct what is said of TLS in the inventory.",
    "starting": "Wait until it has finished.",
    "other": "See the server's log.",
    "another": "Stop that one, or correct address and port in the inventory. Nothing was asked of it.",
    "unproven": "Let cleo run programs on that host as the server's account (run_as:) or as root.",
}

_REACH_S = 10.0
"""Seconds that a server gets to answer: a long deadline is for what is asked, not for a server that is gone."""

_NO_LINE = (
    "The password is not the cause: the server's pg_hba.conf has no line for this user, address and database. Add one, "
    "reload, and try again; a restored server has the file of its backup, and writers kept out are kept out there."
)

_PLAIN: dict[Why, str] = {"refused": "connection refused", "timeout": "no answer in time"}
"""Where the client library's last line is advice rather than the reason."""
_ADVICE = ("This probably means the server", "before or while processing the request", "Is the server running")
"""How lines begin that the client library adds to a reason."""


class CannotConnect(cannot_connect.CannotConnect):
    """A PostgreSQL server cannot be talked to."""

    hints = _HINTS


class Login:
    """Who logs in: a role and its password; None: without one."""

    def __init__(self, user: str, password: str | None) -> None:
        self.user = user
        self.password = password


@contextmanager
def connect(
    settings: PostgresSettings, *, deadline_s: float = 10, database: str = "", login: Login | None = None
) -> Iterator[psycopg.Connection[Any]]:
    """Open an autocommitting session as the inventory's user, and close it afterwards.

    Args:
        settings: the server.
        deadline_s: seconds after which the whole session is cut, also when the server hangs.
        database: another database than the inventory's.
        login: another user than the inventory's.

    Raises:
        CannotConnect: there is no talking to it, a statement failed, or the session was cut.
        SecretUnavailable: its password cannot be had.
    """
    import psycopg

    end = time.monotonic() + deadline_s
    connection = _open(settings, deadline_s, database, login)
    with cut_after(connection.fileno(), max(0.1, end - time.monotonic())):
        try:
            yield connection
        except psycopg.Error as error:
            why: Why = "timeout" if time.monotonic() >= end else "other"
            raise CannotConnect(f"PostgreSQL at {settings.address}:{settings.port}: {_first(error)}", why) from error
        finally:
            connection.close()


def _open(settings: PostgresSettings, deadline_s: float, database: str, login: Login | None) -> psycopg.Connection[Any]:
    import psycopg

    who = login or Login(settings.user, settings.password.read() if settings.password else None)
    try:
        return psycopg.connect(
            host=settings.address,
            port=settings.port,
            user=who.user,
            password=who.password,
            dbname=database or settings.database,
            connect_timeout=max(2, int(min(deadline_s, _REACH_S))),
            application_name="cleo",
            options=f"-c statement_timeout={int(deadline_s * 1000)}",
            autocommit=True,
            **tls_parameters(settings),
        )
    except psycopg.OperationalError as error:
        if trouble := _tls_trouble(settings, str(error)):
            where = f"PostgreSQL at {settings.address}:{settings.port}"
            raise CannotConnect(f"{where}: {trouble.words}", "tls", trouble.hint) from None
        why = _why(error)
        words = _PLAIN.get(why) or words_of(error)
        raise CannotConnect(
            f"PostgreSQL at {settings.address}:{settings.port}: {words}",
            why,
            _NO_LINE if "pg_hba.conf" in words else "",
        ) from None


def words_of(error: psycopg.Error) -> str:
    """Return what the client library says: without its advice, and without where it was going to."""
    lines = (line.strip() for line in str(error).strip().splitlines())
    said = [line for line in lines if line and not line.startswith(_ADVICE)] or [type(error).__name__]
    return re.split(r"FATAL: +| failed: ", said[-1])[-1]


def _tls_trouble(settings: PostgresSettings, said: str) -> Trouble | None:
    """Return what an error says of TLS; None: it is about something else."""
    if "certificate" not in said and "SSL" not in said.replace("SSL encryption", "").replace("SSL off", ""):
        return None
    found = unreadable(settings)
    unverified = why_unverified(settings) if not found and "verify failed" in said else None
    return found or (tls_trouble(unverified) if unverified else None) or tls_trouble(said)


def _first(error: psycopg.Error) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _why(error: psycopg.OperationalError) -> Why:
    import psycopg

    text = str(error)
    if isinstance(error, psycopg.errors.ConnectionTimeout) or "timeout expired" in text:
        return "timeout"
    if "the database system is" in text:
        return "starting"
    if "authentication failed" in text or "no password supplied" in text or "pg_hba.conf" in text:
        return "password"
    if "refused" in text or "No such file" in text:
        return "refused"
    return "other"


def identifier(name: str) -> str:
    """Return a name as SQL wants it, for a statement that a person will type."""
    from psycopg import sql

    return sql.Identifier(name).as_string()
