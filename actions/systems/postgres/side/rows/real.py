"""The real server as rows are read from it and written to it: by psql on its host, and only if it is the proven one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import msgspec

from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.postgres.server import Server
from actions.systems.postgres.side.ask import QUIET, psql_line
from actions.systems.postgres.side.place import Side
from actions.systems.postgres.side.rows.sql import SETTLE, literal, quoted
from actions.systems.postgres.side.rows.tables import FOREIGN_KEYS, TABLES, Schema, Table, schema_of
from actions.systems.postgres.tls import tls_environment
from actions.systems.postgres.verified_connection import connect_verified
from actions.transport import Completed

_READ_S = 3600.0
_LOCK_S = 10


class Real(msgspec.Struct, frozen=True, kw_only=True):
    """The real server's database. ``started`` is when the server that was proven to be it started, as it says."""

    server: Server
    database: str
    started: str
    schema: Schema

    def prologue(self) -> str:
        """Return the statements that begin every session: no other server is written to, nothing waits for long."""
        wrong = literal(f"another server answers than {self.server.name}")
        return (
            f"{QUIET}{SETTLE}SET lock_timeout = '{_LOCK_S}s';\n"
            f"DO $$ BEGIN IF pg_postmaster_start_time()::text <> {literal(self.started)} OR pg_is_in_recovery() "
            f"THEN RAISE EXCEPTION {wrong}; END IF; END $$;\n"
        )

    def line(self, *more: str) -> list[str]:
        """Return psql's command line for it."""
        return [*psql_line(self.server, self.database), *more]

    def environment(self) -> Mapping[str, str]:
        """Return the variables that its psql needs."""
        password = self.server.settings.password
        secret = {"PGPASSWORD": self.server.ctx.secret(password.read())} if password else {}
        return {**tls_environment(self.server.settings), **secret}


def look_at_real(server: Server, database: str) -> Real:
    """Return the real server's database, proven to be it.

    Raises:
        CannotConnect: it does not answer, or another one does.
        ActionFailed: it replays.
    """
    with connect_verified(server, deadline_s=60, database=database) as session:
        session.execute("SELECT set_config('search_path', 'pg_catalog', false)")
        found: list[list[dict[str, object]]] = []
        for query in (TABLES, FOREIGN_KEYS):
            row = session.execute(f"SELECT coalesce(json_agg(f), '[]') FROM ({query}) f".encode()).fetchone()
            found.append(row[0] if row else [])
        session.execute(SETTLE.encode())
        row = session.execute("SELECT pg_postmaster_start_time()::text, pg_is_in_recovery()").fetchone()
    if not row or row[1]:
        raise ActionFailed(f"{server.name} replays its log: nothing can be written to it.", "Promote it first.")
    return Real(server=server, database=database, started=str(row[0]), schema=schema_of(found[0], found[1]))


def carry(side: Side, real: Real, question: str, into: str, *, made_there: bool = False) -> None:
    """Copy rows of a query on the real server into a table of the side instance, in binary form; nothing is written
    to the real server, and what lies between in a file is removed.

    Args:
        side: the side instance.
        real: the real server.
        question: the query; or where ``made_there``, a query in the side instance whose one text is that query.
        into: the side instance's table, as SQL names it.
        made_there: see ``question``.

    Raises:
        ActionFailed: it cannot be read or written.
    """
    ask, text, rows = (shlex.quote(f"{side.root}/carried.{name}") for name in ("ask", "sql", "rows"))
    there = shlex.join(psql_line(side.server, real.database))
    made = f"{there} -f {ask} >>{text}" if made_there else f"cat {ask} >>{text}"
    steps = [
        f'umask 077; cat >{ask}; printf "%s" "$1" >{text}',
        made,
        f"{shlex.join(real.line())} -f {text} >{rows}",
        f"{there} -c {shlex.quote(f'COPY {into} FROM STDIN (FORMAT binary)')} <{rows}",
    ]
    body = f"{QUIET}{SETTLE}{question}" if made_there else f"COPY ({question}) TO STDOUT (FORMAT binary)"
    done = side.of.query(
        [
            "sh",
            "-c",
            f"{{ {' && '.join(steps)}; }}; code=$?; rm -f {ask} {text} {rows}; exit $code",
            "sh",
            real.prologue(),
        ],
        timeout_s=_READ_S,
        env=real.environment(),
        stdin=f"{body};\n".encode(),
    )
    require_done(done, f"The rows of {real.server.name} cannot be compared")


def require_done(done: Completed, what: str, hint: str = "Mend what it says, then run the step again.") -> None:
    """Go on only where psql succeeded.

    Raises:
        ActionFailed: it did not; its words hold no row.
    """
    if done.code != 0:
        raise ActionFailed(f"{what}: {last_words(done)}.", hint, left_behind="Nothing was changed.")


def sequences_behind(real: Real, table: Table) -> list[str]:
    """Name the table's own sequences that stand before the highest number in it: the next row would take one again."""
    behind = []
    with connect_verified(real.server, deadline_s=60, database=real.database) as session:
        for column in table.stored:
            row = session.execute("SELECT pg_get_serial_sequence(%s, %s)", [table.name, column]).fetchone()
            if not row or not row[0]:
                continue
            said = f"SELECT s.last_value, (SELECT max({quoted(column)}) FROM {table.name}) FROM {row[0]} s"
            last = session.execute(said.encode()).fetchone()
            if last and last[1] is not None and last[0] < last[1]:
                behind.append(f"SELECT setval('{row[0]}', {last[1]})")
    return behind
