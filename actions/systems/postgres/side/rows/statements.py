"""The statements that write rows into the real server, once they are staged there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from actions.systems.postgres.relations import SETTINGS
from actions.systems.postgres.side.rows.difference import Difference
from actions.systems.postgres.side.rows.sql import equal, listed, literal, quoted, tally
from actions.systems.postgres.side.rows.tables import ForeignKey, Table

Mode = Literal["missing", "update", "replace"]


def exported(one: Difference, mode: Mode) -> str:
    """Return the query, in the side instance, for the rows that are sent: the missing ones, or all that are meant."""
    table = one.table
    rows = f"SELECT {listed(table.stored, 't.')} FROM {table.name} t WHERE ({one.condition})"
    if mode == "missing":
        rows += f" AND EXISTS (SELECT FROM {one.keys} m WHERE {equal(table.key, table.key, 't', 'm')})"
    return rows


def staged(one: Difference, path: str, sent: str) -> str:
    """Return what takes the rows into a temporary table, and ends the transaction where they are not what was sent.

    Args:
        one: the table.
        path: the file that the rows are in, in COPY's binary form.
        sent: their count and digest in the side instance.
    """
    table, stage, file = one.table, _stage(one), path.replace("'", "''")
    return (
        f"CREATE TEMP TABLE then_{one.number} ON COMMIT DROP AS "
        f"SELECT {listed(table.stored, 't.')} FROM {table.name} t LIMIT 0;\n"
        f"\\copy {stage} FROM '{file}' (FORMAT binary)\nANALYZE {stage};\n"
        + _require(
            f"(SELECT {tally(table.stored)} FROM {stage} t) = {literal(sent)}",
            f"what arrived of {table.name} is not what was sent",
        )
    )


def written(one: Difference, mode: Mode, *, now: Table, children: Sequence[ForeignKey], owned: str, sent: str) -> str:
    """Return what writes the staged rows, and says how many.

    Args:
        one: the table.
        mode: as in `bring_back`.
        now: the table as the real server has it.
        children: the foreign keys that refer to it there.
        owned: for ``update``, the condition on ``t`` that a row must meet now to be changed.
        sent: count and digest of what is sent.
    """
    parts = ["RESET search_path;\n"]  # checks and functions of people's own may go by it
    parts += [f"ALTER TABLE {now.name} DISABLE TRIGGER {quoted(name)};\n" for name in now.triggers]
    if mode == "replace":
        parts = [parts[0], f"LOCK TABLE {now.name} IN SHARE ROW EXCLUSIVE MODE;\n", *parts[1:]]
        parts += [_require_unheld(one, key) for key in children]
        parts.append(_deleted(one))
    if mode in ("update", "replace"):
        parts.append(_updated(one, owned if mode == "update" else "true"))
    parts.append(_inserted(one))
    parts.append(f"SET search_path = '{SETTINGS['search_path']}';\n")
    if mode == "replace":
        whole = f"(SELECT {tally(one.table.stored)} FROM {now.name} t) = {literal(sent)}"
        parts.append(_require(whole, f"{now.name} would not be as it was then: it was changed meanwhile"))
    parts += [f"ALTER TABLE {now.name} {enable} TRIGGER {quoted(name)};\n" for name, enable in now.triggers.items()]
    return "".join(parts)


def _stage(one: Difference) -> str:
    return f"pg_temp.then_{one.number}"


def _same(one: Difference) -> str:
    return equal(one.table.key, one.table.key, "t", "n")


def _require(condition: str, otherwise: str) -> str:
    """Return the statement that ends the transaction where a condition does not hold."""
    words = literal(otherwise.replace("%", "%%"))
    return f"DO $cleo$ BEGIN IF NOT ({condition}) THEN RAISE EXCEPTION {words}; END IF; END $cleo$;\n"


def _require_unheld(one: Difference, key: ForeignKey) -> str:
    """A row that is referred to does not go: with CASCADE the rows that refer to it would go, too."""
    filled = " AND ".join(f"c.{quoted(name)} IS NOT NULL" for name in key.columns)
    there = f"EXISTS (SELECT FROM {_stage(one)} n WHERE {equal(key.columns, key.refers, 'c', 'n')})"
    held = f"SELECT FROM {key.child} c WHERE {filled} AND NOT {there}"
    return _require(f"NOT EXISTS ({held})", f"rows of {key.child} refer by {key.name} to rows that would go")


def _deleted(one: Difference) -> str:
    gone = f"DELETE FROM {one.table.name} t WHERE NOT EXISTS (SELECT FROM {_stage(one)} n WHERE {_same(one)})"
    return _said(one, "deleted", gone)


def _updated(one: Difference, owned: str) -> str:
    """Give the rows that are there the content they had; a key stays, and so does what PostgreSQL numbers itself."""
    table = one.table
    always = {column.name for column in table.columns if column.identity == "a"}
    columns = [name for name in table.stored if name not in table.key and name not in always]
    if not columns:
        return ""
    sets = ", ".join(f"{quoted(name)} = n.{quoted(name)}" for name in columns)
    differs = f"ROW({listed(columns, 't.')})::text IS DISTINCT FROM ROW({listed(columns, 'n.')})::text"
    where = f"{_same(one)} AND ({owned}) AND {differs}"
    return _said(one, "updated", f"UPDATE {table.name} t SET {sets} FROM {_stage(one)} n WHERE {where}")


def _inserted(one: Difference) -> str:
    """Insert what is not there. A row that a unique key keeps out stays out: it is told from the counts."""
    columns = listed(one.table.stored)
    rows = f"INSERT INTO {one.table.name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {_stage(one)}"
    return _said(one, "inserted", f"{rows} ON CONFLICT DO NOTHING")


def _said(one: Difference, what: str, statement: str) -> str:
    """Return a statement that prints how many rows it wrote, and nothing of them."""
    return f"WITH written AS ({statement} RETURNING 1) SELECT 'cleo {what} {one.number} ' || count(*) FROM written;\n"
