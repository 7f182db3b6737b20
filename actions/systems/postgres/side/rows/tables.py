"""A database's tables as far as rows can be brought back into them: columns, primary key, foreign keys, triggers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from actions.outcome import ActionFailed
from journal.structs import to_struct

TABLES = """
    SELECT format('%I.%I', n.nspname, c.relname) AS name, n.nspname AS schema, c.relname AS relation,
           (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                   'generated', a.attgenerated <> '', 'identity', a.attidentity::text,
                   'collation', coalesce(k.collname, '')) ORDER BY a.attnum)
            FROM pg_attribute a LEFT JOIN pg_collation k ON k.oid = a.attcollation
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
           coalesce((SELECT json_agg(a.attname ORDER BY array_position(x.indkey::int2[], a.attnum))
            FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = ANY (x.indkey)
            WHERE x.indrelid = c.oid AND x.indisprimary), '[]') AS key,
           coalesce((SELECT json_object_agg(t.tgname, CASE t.tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END)
            FROM pg_trigger t
            WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')), '{}') AS triggers,
           CASE WHEN c.relpersistence = 'u' THEN 'it is unlogged, and so empty after every recovery'
                WHEN c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid)
                THEN 'other tables inherit from it' ELSE '' END AS refused
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'cleo_now')
"""
FOREIGN_KEYS = """
    SELECT o.conname AS name, format('%I.%I', cn.nspname, c.relname) AS child,
           format('%I.%I', pn.nspname, p.relname) AS parent, o.confdeltype::text AS on_delete,
           pg_get_constraintdef(o.oid) AS definition,
           (SELECT json_agg(a.attname ORDER BY u.i) FROM unnest(o.conkey) WITH ORDINALITY u (n, i)
            JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = u.n) AS columns,
           (SELECT json_agg(a.attname ORDER BY u.i) FROM unnest(o.confkey) WITH ORDINALITY u (n, i)
            JOIN pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = u.n) AS refers
    FROM pg_constraint o
    JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
    JOIN pg_class p ON p.oid = o.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
    WHERE o.contype = 'f' AND o.conparentid = 0 AND cn.nspname <> 'cleo_now'
"""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column. ``generated``: PostgreSQL computes it; ``identity``: ``a`` where it always numbers it itself."""

    name: str
    type: str
    generated: bool = False
    identity: str = ""
    collation: str = ""


class ForeignKey(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign key: ``columns`` of ``child`` refer to ``refers`` of ``parent``; tables by their quoted names."""

    name: str
    child: str
    parent: str
    columns: list[str]
    refers: list[str]
    on_delete: str = "a"
    definition: str = ""

    def __str__(self) -> str:
        """Name it with its two tables."""
        return f"{self.name} ({self.child} refers to {self.parent})"


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table. ``name`` is quoted and with its schema; ``key`` is its primary key.

    ``triggers`` would fire; each with what enables it again. ``refused`` says why rows of it cannot be copied.
    """

    name: str
    schema: str
    relation: str
    columns: list[Column]
    key: list[str] = []
    triggers: dict[str, str] = {}
    refused: str = ""

    @property
    def stored(self) -> list[str]:
        """The names of the columns that rows are made of: generated ones follow from them."""
        return [column.name for column in self.columns if not column.generated]

    def differs(self, other: Table) -> list[str]:
        """Say how another state of this table has other columns, a line each."""
        mine, theirs = ({column.name: column for column in one.columns} for one in (self, other))
        lines = [f"column {name} was dropped since" for name in mine.keys() - theirs.keys()]
        lines += [f"column {name} was added since" for name in theirs.keys() - mine.keys()]
        lines += [
            f"column {name} was {mine[name].type}, and is {theirs[name].type}"
            for name in mine.keys() & theirs.keys()
            if mine[name].type != theirs[name].type
        ]
        lines += [
            f"column {name} is defined otherwise"
            for name in mine.keys() & theirs.keys()
            if mine[name].type == theirs[name].type and mine[name] != theirs[name]
        ]
        if self.key != other.key:
            lines.append(f"its primary key was ({', '.join(self.key)}), and is ({', '.join(other.key)})")
        return sorted(lines)


class Schema(msgspec.Struct, frozen=True):
    """The tables of a database by their quoted names, and its foreign keys."""

    tables: Mapping[str, Table]
    foreign_keys: Sequence[ForeignKey]

    def out_of(self, table: str) -> list[ForeignKey]:
        """Return the foreign keys by which a table refers to others, and to itself."""
        return [key for key in self.foreign_keys if key.child == table]

    def into(self, table: str) -> list[ForeignKey]:
        """Return the foreign keys by which others refer to a table."""
        return [key for key in self.foreign_keys if key.parent == table and key.child != table]

    def find(self, name: str, where: str) -> Table:
        """Return the table that a person named, with or without its schema.

        Raises:
            ActionFailed: there is none, or several are called so.
        """
        plain = name.replace('"', "")
        found = [t for t in self.tables.values() if plain in (t.relation, f"{t.schema}.{t.relation}")]
        if len(found) > 1:
            names = ", ".join(table.name for table in found)
            raise ActionFailed(f"Several tables are called {name}: {names}.", "Name it with its schema.")
        if not found:
            some = ", ".join(sorted(table.relation for table in self.tables.values())[:10])
            raise ActionFailed(f"There is no table {name} in {where}.", f"There are: {some}.")
        return found[0]


def schema_of(tables: Sequence[Mapping[str, Any]], foreign_keys: Sequence[Mapping[str, Any]]) -> Schema:
    """Return what the queries ``TABLES`` and ``FOREIGN_KEYS`` told."""
    found = [to_struct({**row, "columns": row["columns"] or []}, Table) for row in tables]
    keys = sorted((to_struct(row, ForeignKey) for row in foreign_keys), key=lambda key: (key.child, key.name))
    return Schema({table.name: table for table in found}, keys)
