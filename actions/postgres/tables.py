"""Reading every table: its count and digest, which tell whether two databases hold the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import psycopg

SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}
"""A row's text depends on these: they are the same whenever a digest is taken."""

_TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY 1, 2
"""


class Counted(msgspec.Struct, frozen=True):
    """One table as it was read. ``damage`` is what stood in the way, or empty."""

    count: int = 0
    digest: str = "0"
    damage: str = ""


def list_tables(session: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    """Return schema and name of every ordinary table of the database."""
    return [(row[0], row[1]) for row in session.execute(_TABLES).fetchall()]


def read_tables(session: psycopg.Connection[Any]) -> Iterator[tuple[str, Counted]]:
    """Yield every table's name and content. Every row is read, so that damaged pages show."""
    for name, value in SETTINGS.items():
        session.execute("SELECT set_config(%s, %s, false)", [name, value])
    for schema, table in list_tables(session):
        yield f"{schema}.{table}", _read(session, schema, table)


def _read(session: psycopg.Connection[Any], schema: str, table: str) -> Counted:
    import psycopg
    from psycopg import sql

    query = sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {} t")
    try:
        row = session.execute(query.format(sql.Identifier(schema, table))).fetchone()
    except (psycopg.DataError, psycopg.InternalError) as error:
        return Counted(damage=str(error).splitlines()[0])
    return Counted(row[0], row[1]) if row else Counted()
