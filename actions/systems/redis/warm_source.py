"""The PostgreSQL that a cache is warmed from: read only, and proven to be the one that the inventory names.

Types of systems do not know each other: of the other system's entry only address, login and data directory are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, cast

from actions.context import ActionContext
from actions.machine.cut import cut_after
from actions.machine.listener import ServerKind, look
from actions.machine.machine import Machine
from actions.outcome import ActionFailed, Cure
from actions.secrets import Secret

if TYPE_CHECKING:
    import psycopg

_KIND = ServerKind("(edb-)?(postgres|postmaster)")
_CONNECT_S = 10
_FIELDS = ("address", "port", "database", "user", "password", "data_directory", "sslmode")


class SqlServer(Protocol):
    """What an inventory says of a PostgreSQL, as far as it is needed here."""

    host: str
    run_as: str
    address: str
    port: int
    database: str
    user: str
    password: Secret | None
    data_directory: str
    sslmode: str
    tls_ca_file: str
    tls_certificate_file: str


def source_settings(ctx: ActionContext, name: str) -> SqlServer:
    """Return what the inventory says of the system that is read; where another one took its place, of that one.

    Raises:
        ActionFailed: there is none, it is no PostgreSQL, or something in it is proven to be wrong.
    """
    name = ctx.incident.serving(name)
    found = ctx.inventory.systems.get(name)
    if found is None or not all(hasattr(found, field) for field in _FIELDS):
        raise ActionFailed(
            f"The inventory has no PostgreSQL {name} to read from.",
            "Name one at this system in the inventory (warm:, user_data:); without it a cache fills itself.",
        )
    if wrong := ctx.incident.found_wrong.get(name):
        verify = ctx.inventory.type_of(name).role("verify")
        raise ActionFailed(
            f"Nothing is read from {name}, which is proven to be wrong: {wrong}.",
            cures=[Cure(words=f"Recover and verify {name} first.", action=verify)],
        )
    return cast("SqlServer", found)


def _tls(settings: SqlServer) -> dict[str, Any]:
    own = settings.tls_certificate_file
    said = {"sslmode": settings.sslmode, "sslrootcert": settings.tls_ca_file, "sslcert": own, "sslkey": own}
    return {name: value for name, value in said.items() if value}


@contextmanager
def reading(ctx: ActionContext, name: str, deadline_s: float) -> Iterator[psycopg.Connection[Any]]:
    """Open a session that only reads, with the server that the inventory names.

    Raises:
        ActionFailed: it cannot be talked to, another answers, or it is still being recovered.
    """
    import psycopg

    settings = source_settings(ctx, name)
    name = ctx.incident.serving(name)
    where = f"{name} at {settings.address}:{settings.port}"
    try:
        with (
            psycopg.connect(
                host=settings.address,
                port=settings.port,
                user=settings.user,
                password=settings.password.read() if settings.password else None,
                dbname=settings.database,
                connect_timeout=_CONNECT_S,
                application_name="cleo",
                options=f"-c statement_timeout={int(deadline_s * 1000)} -c default_transaction_read_only=on",
                **_tls(settings),
            ) as session,
            cut_after(session.fileno(), deadline_s),
        ):
            _require_ours(ctx, session, settings, where)
            yield session
    except psycopg.Error as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ActionFailed(
            f"{where} cannot be read: {first}", "Bring it up and verify it first, then run the step."
        ) from error


def _require_ours(ctx: ActionContext, session: psycopg.Connection[Any], settings: SqlServer, where: str) -> None:
    """Prove that the session's own process works in the data directory that the inventory names."""
    row = session.execute("SELECT pg_backend_pid(), pg_is_in_recovery(), current_setting('server_encoding')").fetchone()
    pid, replaying, encoding = row or (0, True, "")
    machine = Machine(ctx, settings.host, settings.run_as)
    table = look(machine.query, settings.data_directory.rstrip("/"), _KIND, machine.query_ourselves)
    if not any(pid in worker.numbers for worker in table.here):
        raise ActionFailed(
            f"{where} is not proven to be the one of {settings.data_directory}: nothing is read from it.",
            "Is another server at its address? Correct that, or the inventory.",
        )
    if replaying:
        raise ActionFailed(f"{where} still replays its log, or is a standby.", "Recover and verify it first.")
    if encoding != "UTF8":
        raise ActionFailed(f"{where} has the encoding {encoding}: only UTF8 can be passed on as it is.")
