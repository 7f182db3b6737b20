"""Reads every relation of a database completely: row count and digest, or the error that prevented it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from actions.systems.postgres.lock_holders import holders

if TYPE_CHECKING:
    import psycopg

SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "lc_monetary": "C",
    "search_path": "pg_catalog",
}
"""A row's text depends on these: they are the same whenever a digest is taken."""

LARGE_OBJECTS = "large objects"
"""Under this name all large objects of a database count as one relation; no relation's quoted name is like it."""

Kind = Literal["table", "partitioned table", "materialized view", "sequence", "foreign table", "large objects"]

_KINDS: dict[str, Kind] = {
    "r": "table",
    "p": "partitioned table",
    "m": "materialized view",
    "S": "sequence",
    "f": "foreign table",
}
LIST = """
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, n.nspname, c.relname, c.relkind::text,
           c.relpersistence = 'u' AS unlogged, c.relispopulated,
           coalesce(pg_relation_filenode(c.oid), 0)::bigint AS filenode, s.bytes
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN LATERAL (SELECT c.relpages::bigint * current_setting('block_size')::int AS bytes) s ON true
    WHERE c.relkind IN ('r', 'p', 'm', 'S', 'f') AND c.relpersistence <> 't'
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY 2
"""
"""Lists what holds data of a database's users; `listed_of` reads its rows."""
LARGE = """
    SELECT count(DISTINCT loid),
           coalesce(sum(hashtextextended(loid || ':' || pageno || ':' || encode(data, 'hex'), 0)::numeric), 0)::text
    FROM pg_largeobject
"""
_PATIENCE_S = 20.0
_PATIENCE_ALL_S = 60.0
_LEAST_S = 0.2


class Relation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One relation as it was read.

    Attributes:
        kind: what it is.
        count: its rows; of a sequence its last value.
        digest: of its content; empty where there is none to read (partitioned and foreign tables).
        unlogged: emptied by every crash and every restore.
        oid: its number, by which the log names it when it is dropped; 0: not known.
        filenode, pages: the file it was in, and how long that was: another one was written anew.
        damage: what is broken, in the server's words; ``skipped``: why it was not looked at. Both empty: it was read.
        holds: whether it holds rows of its own; a materialized view that was never filled does not.
    """

    kind: Kind = "table"
    count: int = 0
    digest: str = ""
    unlogged: bool = False
    oid: int = 0
    filenode: int = 0
    pages: int = 0
    damage: str = ""
    skipped: str = ""
    holds: bool = True

    @property
    def read(self) -> bool:
        """Whether it was read to its end."""
        return self.holds and not self.damage and not self.skipped


class Listed(msgspec.Struct, frozen=True):
    """A relation of the catalogue, before it is read. ``bytes`` is as long as it was when it was last analysed."""

    oid: int
    name: str
    schema: str
    relation: str
    kind: Kind
    unlogged: bool
    populated: bool
    filenode: int
    bytes: int


def list_relations(session: psycopg.Connection[Any]) -> list[Listed]:
    """Return every relation that holds data of its users, in the order of their names."""
    return [listed_of(row) for row in session.execute(LIST).fetchall()]


def listed_of(row: Sequence[Any]) -> Listed:
    """Return a row of ``LIST``."""
    oid, name, schema, relation, kind, *rest = row
    return Listed(oid, name, schema, relation, _KINDS[kind], *rest)


def settle(session: psycopg.Connection[Any], settings: Mapping[str, str]) -> None:
    """Give a session the settings on which the text of rows depends; what policies hide is an error, not left out."""
    for name, value in {**settings, "row_security": "off"}.items():
        session.execute("SELECT set_config(%s, %s, false)", [name, value])


def read_relations(
    session: psycopg.Connection[Any],
    listed: list[Listed],
    interrupted: Callable[[], str],
) -> Iterator[tuple[str, Relation]]:
    """Yield every relation's name and content, large objects last.

    A lock is waited for, 20 s for one relation and a minute for all; who holds it is named.

    Args:
        session: to the database; see ``settle``.
        listed: what to read.
        interrupted: why nothing more shall be read, or an empty text; asked before each.
    """
    left_s = _PATIENCE_ALL_S
    for one in listed:
        if why := interrupted():
            yield one.name, _of(one, skipped=why)
            continue
        patience_s = max(_LEAST_S, min(_PATIENCE_S, left_s))
        session.execute("SELECT set_config('lock_timeout', %s, false)", [f"{patience_s * 1000:.0f}ms"])
        found, waited = _read(session, one, patience_s, interrupted)
        left_s -= patience_s if waited else 0
        yield one.name, found
    yield LARGE_OBJECTS, _large_objects(session, interrupted)


def _of(one: Listed, **more: Any) -> Relation:
    return Relation(kind=one.kind, unlogged=one.unlogged, oid=one.oid, filenode=one.filenode, **more)


def _read(
    session: psycopg.Connection[Any], one: Listed, patience_s: float, interrupted: Callable[[], str]
) -> tuple[Relation, bool]:
    """Read one relation; the second value says whether it was waited for in vain."""
    import psycopg

    if one.kind == "foreign table":
        return _of(one, skipped="a foreign table: its rows are elsewhere"), False
    if one.kind == "partitioned table" or not one.populated:
        return _of(one, holds=False), False
    try:
        row = session.execute(relation_query(one), prepare=False).fetchone() or (0, "", 0)
        return _of(one, count=row[0], digest=row[1], pages=row[2]), False
    except psycopg.errors.LockNotAvailable:
        who = holders(session, one.oid) or "its holder is gone by now"
        return _of(one, skipped=f"locked for more than {patience_s:g} s: {who}"), True
    except psycopg.Error as error:
        return _of(one, **_why(session, error, interrupted)), False


def relation_query(one: Listed) -> Any:
    """Return what counts and digests a relation's rows, and counts its pages.

    ``(t.*)`` is the row, whatever its columns are called; ``t`` could be a column.
    """
    from psycopg import sql

    name = sql.Identifier(one.schema, one.relation)
    if one.kind == "sequence":
        return sql.SQL("SELECT last_value, last_value || ' ' || is_called, 0 FROM {}").format(name)
    rows = "count(*), coalesce(sum(pg_catalog.hashtextextended((t.*)::text, 0)::numeric), 0)::text"
    pages = "pg_relation_size(%s) / current_setting('block_size')::int"
    only = "" if one.kind == "materialized view" else "ONLY "
    return sql.SQL(f"SELECT {rows}, {pages % one.oid} FROM {only}{{}} AS t").format(name)


def _why(session: psycopg.Connection[Any], error: psycopg.Error, interrupted: Callable[[], str]) -> dict[str, Any]:
    """Tell damage from what merely stood in the way.

    Raises:
        psycopg.Error: the session is lost.
    """
    import psycopg

    if session.closed or session.broken:
        raise error
    said = (str(error).splitlines() or [type(error).__name__])[0]
    damage = (psycopg.DataError, psycopg.InternalError, psycopg.errors.UndefinedFile, psycopg.errors.IoError)
    if isinstance(error, damage):
        return {"damage": said}
    if isinstance(error, psycopg.errors.QueryCanceled) and (why := interrupted()):
        return {"skipped": why}
    return {"skipped": said}


def _large_objects(session: psycopg.Connection[Any], interrupted: Callable[[], str]) -> Relation:
    import psycopg

    if why := interrupted():
        return Relation(kind="large objects", skipped=why)
    try:
        row = session.execute(LARGE).fetchone() or (0, "0")
        return Relation(kind="large objects", count=row[0], digest=row[1])
    except psycopg.Error as error:
        return Relation(kind="large objects", **_why(session, error, interrupted))
