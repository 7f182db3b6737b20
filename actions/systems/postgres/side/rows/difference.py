"""What would come back, be changed or go, counted in the side instance: of the real server rows are only read."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from actions.outcome import ActionFailed
from actions.systems.postgres.side.ask import ask, cannot_be_asked, script
from actions.systems.postgres.side.place import Side
from actions.systems.postgres.side.rows.real import Real, carry
from actions.systems.postgres.side.rows.sql import SETTLE, equal, listed, literal, quoted, row_mark
from actions.systems.postgres.side.rows.tables import ForeignKey, Schema, Table
from journal.wording.counting import count

_COUNT_S = 3600.0
SCHEMA = "cleo_now"
"""Where in the side instance it lies what of the real server is compared."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One table, as it was and as it is.

    Attributes:
        table: as it was.
        number: by which its work tables are called.
        where: which rows of it are meant, as a condition on ``t`` in the side instance; empty: all.
        rows: how many there were.
        missing: rows that were there then and are not now.
        changed: rows that are there with another content.
        extra: rows that are there now and were not then; only counted where all rows are meant.
        orphans: for each foreign key out of the table, how many of the missing rows refer to a row that is not there.
        left: for each foreign key into it, how many rows then referred to the missing ones.
        held: for each foreign key into it, how many of the extra rows are referred to now.
    """

    table: Table
    number: int
    where: str = ""
    rows: int = 0
    missing: int = 0
    changed: int = 0
    extra: int = 0
    orphans: dict[str, int] = {}
    left: dict[str, int] = {}
    held: dict[str, int] = {}

    @property
    def work(self) -> str:
        """The side instance's table with the keys and marks of the rows that there are now."""
        return f"{SCHEMA}.now_{self.number}"

    @property
    def keys(self) -> str:
        """The side instance's table with the keys of the missing rows."""
        return f"{SCHEMA}.missing_{self.number}"

    @property
    def condition(self) -> str:
        """The condition on ``t`` for the rows that are meant."""
        return self.where or "true"

    def __str__(self) -> str:
        """Say it in counts."""
        parts = [f"{self.table.name}: {count(self.rows, 'row')} then", f"{self.missing:,} missing now"]
        parts += [f"{self.changed:,} changed"] if self.changed else []
        parts += [f"{self.extra:,} new since"] if self.extra else []
        return ", ".join(parts)


def prepare(side: Side, database: str) -> None:
    """Make room in the side instance for what is compared, and forget what was compared before."""
    _do(side, database, f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA};")


def forget(side: Side, database: str) -> None:
    """Remove what was compared from the side instance, so that it is as it was."""
    _do(side, database, f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE;")


def compare(side: Side, real: Real, table: Table, number: int, *, where: str = "") -> Difference:
    """Compare one table, or the rows of it that ``where`` names, by primary key and content.

    Of a table that is not there now every row is missing.

    Raises:
        ActionFailed: its rows cannot be told apart or copied, or it cannot be read.
    """
    if table.refused:
        raise ActionFailed(f"Rows of {table.name} cannot be copied: {table.refused}.", "Copy what is needed by hand.")
    if not table.key:
        raise ActionFailed(
            f"{table.name} has no primary key: its rows cannot be told apart.",
            "Copy from the side instance by hand (its socket and port are in server.log), or restore as a whole.",
        )
    found = Difference(table=table, number=number, where=where)
    key, mark = listed(table.key, "t."), row_mark(table.stored)
    made = f"CREATE TABLE {found.work} AS SELECT {key}, {mark} AS mark FROM {table.name} t LIMIT 0;"
    rows = _one(side, real.database, f"SELECT count(*) AS n FROM {table.name} t WHERE {found.condition}", made)
    question = f"SELECT {key}, {mark} FROM {table.name} t"
    if table.name not in real.schema.tables:
        return _counted(side, real.database, found, rows)
    if not where:
        carry(side, real, question, found.work)
    elif rows:
        values = _values(table, table.key, f"{table.name} t WHERE {where}")
        carry(side, real, _only(question, table.key, values), found.work, made_there=True)
    return _counted(side, real.database, found, rows)


def _counted(side: Side, database: str, found: Difference, rows: int) -> Difference:
    table, same = found.table, equal(found.table.key, found.table.key, "t", "n")
    missing = (
        f"{SETTLE}CREATE INDEX ON {found.work} ({listed(table.key)}); ANALYZE {found.work};\n"
        f"CREATE TABLE {found.keys} AS SELECT {listed(table.key, 't.')} FROM {table.name} t WHERE {found.condition} "
        f"AND NOT EXISTS (SELECT FROM {found.work} n WHERE {same}); ANALYZE {found.keys};"
    )
    mark, meant = row_mark(table.stored), found.condition
    changed = f"SELECT count(*) FROM {table.name} t JOIN {found.work} n ON {same} WHERE n.mark <> {mark} AND ({meant})"
    extra = f"SELECT count(*) FROM {found.work} n WHERE NOT EXISTS (SELECT FROM {table.name} t WHERE {same})"
    counts = f"SELECT (SELECT count(*) FROM {found.keys}) AS missing, ({changed}) AS changed, ({extra}) AS extra"
    told = ask(side, counts, database, before=missing, timeout_s=_COUNT_S)[0]
    if found.where:
        told["extra"] = 0  # rows of others are not looked at
    return msgspec.structs.replace(found, rows=rows, **told)


def check_references(
    side: Side, real: Real, found: Difference, schema: Schema, together: Iterable[Difference]
) -> Difference:
    """Count what the foreign keys out of the table and into it have to say about the missing rows.

    Args:
        side: the side instance.
        real: the real server.
        found: the table.
        schema: the tables as they were then.
        together: what comes back in the same transaction: what refers to it, or is referred to by it, comes back, too.
    """
    if not found.missing:
        return found
    others = {each.table.name: each for each in together}
    there = found.table.name in real.schema.tables
    now = enumerate((real.schema if there else schema).out_of(found.table.name))
    orphans = {str(key): _orphans(side, real, found, key, others, number) for number, key in now}
    left = {
        str(key): _left(side, real.database, found, key)
        for key in schema.into(found.table.name)
        if key.child not in others
    }
    return msgspec.structs.replace(found, orphans=_some(orphans), left=_some(left))


def check_held(side: Side, real: Real, found: Difference) -> Difference:
    """Count which rows that would go are referred to now."""
    held = {}
    for number, key in enumerate(real.schema.into(found.table.name) if found.extra else []):
        at = f"{SCHEMA}.child_{found.number}_{number}"
        _do(side, real.database, f"CREATE TABLE {at} AS SELECT {listed(key.refers, 't.')} FROM {key.parent} t LIMIT 0;")
        filled = " AND ".join(f"t.{quoted(name)} IS NOT NULL" for name in key.columns)
        carry(side, real, f"SELECT DISTINCT {listed(key.columns, 't.')} FROM {key.child} t WHERE {filled}", at)
        gone = f"NOT EXISTS (SELECT FROM {found.table.name} t WHERE {equal(key.refers, key.refers, 't', 'c')})"
        held[str(key)] = _one(side, real.database, f"SELECT count(*) AS n FROM {at} c WHERE {gone}")
    return msgspec.structs.replace(found, held=_some(held))


def _orphans(
    side: Side, real: Real, found: Difference, key: ForeignKey, others: dict[str, Difference], number: int
) -> int:
    """Return how many of the missing rows refer by ``key`` to a row that neither is there nor comes back with them."""
    at, database = f"{SCHEMA}.parent_{found.number}_{number}", real.database
    table, filled = found.table, " AND ".join(f"t.{quoted(name)} IS NOT NULL" for name in key.columns)
    missing = f"{table.name} t JOIN {found.keys} m ON {equal(table.key, table.key, 't', 'm')} WHERE {filled}"
    made = f"CREATE TABLE {at} AS SELECT {listed(key.refers, 't.')} FROM {key.parent} t LIMIT 0;"
    if not _one(side, database, f"SELECT count(*) AS n FROM {missing}", made):
        return 0
    if key.parent in real.schema.tables:
        values = _values(table, key.columns, missing, distinct=True)
        question = f"SELECT DISTINCT {listed(key.refers, 't.')} FROM {key.parent} t"
        carry(side, real, _only(question, key.refers, values), at, made_there=True)
    there = f"EXISTS (SELECT FROM {at} p WHERE {equal(key.columns, key.refers, 't', 'p')})"
    if key.parent in others:
        other = others[key.parent]
        joined = f"{key.parent} p JOIN {other.keys} k ON {equal(other.table.key, other.table.key, 'p', 'k')}"
        there += f" OR EXISTS (SELECT FROM {joined} WHERE {equal(key.columns, key.refers, 't', 'p')})"
    return _one(side, database, f"SELECT count(*) AS n FROM {missing} AND NOT ({there})")


def _left(side: Side, database: str, found: Difference, key: ForeignKey) -> int:
    """Return how many rows of ``key``'s child then referred to the missing rows."""
    table = found.table
    joined = f"{table.name} t JOIN {found.keys} m ON {equal(table.key, table.key, 't', 'm')}"
    refer = equal(key.columns, key.refers, "c", "t")
    return _one(side, database, f"SELECT count(*) AS n FROM {key.child} c JOIN ({joined}) ON {refer}")


def _values(table: Table, columns: list[str], rows: str, *, distinct: bool = False) -> str:
    """Return the query, in the side instance, whose one text is the ``VALUES`` of some columns of some rows."""
    types = {column.name: column.type for column in table.columns}
    one = " || ', ' || ".join(f"format({literal('%L::' + types[name])}, t.{quoted(name)})" for name in columns)
    each = f"SELECT {'DISTINCT ' if distinct else ''}'(' || {one} || ')' AS v FROM {rows}"
    return f"SELECT 'VALUES ' || string_agg(v, ', ') FROM ({each}) f"


def _only(question: str, columns: list[str], values: str) -> str:
    """Return the query that makes the statement which copies the rows of ``question`` whose columns are in values."""
    begin = literal(f"COPY ({question} WHERE ({listed(columns, 't.')}) IN (")
    return f"SELECT {begin} || ({values}) || ')) TO STDOUT (FORMAT binary);'"


def _some(counts: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in counts.items() if number}


def _do(side: Side, database: str, sql: str) -> None:
    done = script(side, sql, database, timeout_s=_COUNT_S)
    if done.code != 0:
        raise cannot_be_asked(side, done)


def _one(side: Side, database: str, question: str, before: str = "") -> int:
    return int(ask(side, question, database, before=SETTLE + before, timeout_s=_COUNT_S)[0]["n"])
