"""Keys that a PostgreSQL database has, by a query of one column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from actions.by_hand import CommandLine
from actions.systems.postgres.command_lines import as_client, psql_words
from actions.systems.postgres.connection import connect
from actions.systems.postgres.settings import PostgresSettings
from journal.errors import CleoError


def stored_keys(settings: PostgresSettings, ask: Mapping[str, str], *, deadline_s: float) -> Iterator[str]:
    """Yield the first column of ``sql``, read in a transaction that cannot write; NULL is no key.

    Raises:
        CleoError: it cannot be read.
    """
    if set(ask) != {"sql"}:
        raise CleoError("PostgreSQL is asked by sql: alone.", "Write ask: {sql: SELECT …} in the inventory.")
    with connect(settings, deadline_s=deadline_s) as session, session.transaction():
        session.execute("SET TRANSACTION READ ONLY")
        with session.cursor(name="cleo_keys") as rows:
            rows.itersize = 10_000
            rows.execute(ask["sql"].encode())
            yield from (str(row[0]) for row in rows if row[0] is not None)


def by_hand(settings: PostgresSettings, ask: Mapping[str, str]) -> CommandLine:
    """Return what prints the same keys, one a line."""
    return as_client(settings, *psql_words(settings), "-At", "-c", ask.get("sql", "SQL"))
