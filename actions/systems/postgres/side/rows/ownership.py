"""Which rows of which tables are some users': by foreign keys to the table of users, and by columns of one name.

A row is somebody's by one column alone. Where several could say whose it is, nobody guesses: the table is left out, and
named. What has no such column belongs to whom the row belongs that it refers to (a message to its conversation's user).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from actions.systems.postgres.side.rows.sql import equal, literal, quoted
from actions.systems.postgres.side.rows.tables import ForeignKey, Schema, Table


class Owned(msgspec.Struct, frozen=True, kw_only=True):
    """A table with rows of the users: ``where`` is their condition on ``t``, ``by`` says in words how it is told."""

    table: Table
    where: str
    by: str


class Ownership(msgspec.Struct, frozen=True, kw_only=True):
    """Every table with rows of the user, those that others refer to first; and what is left out, with the reason."""

    owned: list[Owned]
    left_out: list[str] = []


def find_ownership(
    schema: Schema, users: Table, chosen: str, column: str, also: Sequence[str] = (), *, copied: bool = True
) -> Ownership:
    """Return where the rows of some users are.

    Args:
        schema: the tables as they were.
        users: the table of users, whose primary key is one column.
        chosen: a query for the users' keys, in one column of that type.
        column: what a column is called that says whose a row is.
        also: further such columns, ``table.column``, where nobody could tell.
        copied: the rows are to be copied: what has no primary key, and cannot be, is left out.
    """
    itself = Owned(table=users, where=f"t.{quoted(users.key[0])} IN ({chosen})", by="the user")
    found, left_out = {users.name: itself}, list[str]()
    for table in schema.tables.values():
        keys = [key for key in schema.out_of(table.name) if key.parent == users.name]
        one = None if table.name == users.name else _direct(table, keys, itself, chosen, column, also)
        if isinstance(one, Owned):
            found[table.name] = one
        elif one:
            left_out.append(one)
    refused = {line.split(":")[0] for line in left_out}
    while further := _further(schema, found, refused):
        found |= {one.table.name: one for one in further}
    if copied:
        left_out += [f"{name}: {why}" for name, one in found.items() if (why := _unfit(one.table))]
    owned = [one for one in found.values() if not (copied and _unfit(one.table))]
    return Ownership(owned=_ordered(schema, owned), left_out=left_out)


def _unfit(table: Table) -> str:
    return table.refused or ("" if table.key else "it has no primary key, so its rows cannot be told apart")


def _direct(
    table: Table, keys: list[ForeignKey], users: Owned, chosen: str, column: str, also: Sequence[str]
) -> Owned | str | None:
    """Return the table's rows of the user by a column of its own; words where nobody can tell; None: it has none."""
    names = {one.name: one for one in table.columns}
    named = [
        name
        for name in names
        if f"{table.relation}.{name}" in also or f"{table.schema}.{table.relation}.{name}" in also
    ]
    told = named or [name for name in names if name == column]
    if told:
        key = next((key for key in keys if key.columns == told[:1]), None)
        return _by_key(table, key, users, chosen) if key else _by_column(table, told[0], chosen)
    if len(keys) > 1:
        which = " and ".join(", ".join(key.columns) for key in keys)
        return f"{table.name}: {which} refer to users; name the one that says whose a row is (also)"
    return _by_key(table, keys[0], users, chosen) if keys else None


def _by_column(table: Table, name: str, chosen: str) -> Owned:
    where = f"t.{quoted(name)}::text IN (SELECT u.key::text FROM ({chosen}) u (key))"
    return Owned(table=table, where=where, by=f"{name}, without a foreign key")


def _by_key(table: Table, key: ForeignKey, users: Owned, chosen: str) -> Owned:
    if key.refers == users.table.key:
        return Owned(table=table, where=f"t.{quoted(key.columns[0])} IN ({chosen})", by=key.columns[0])
    return Owned(table=table, where=_refers_to(users, key), by=", ".join(key.columns))


def _refers_to(parent: Owned, key: ForeignKey) -> str:
    rows = f"SELECT * FROM {parent.table.name} t WHERE {parent.where}"
    return f"EXISTS (SELECT FROM ({rows}) p WHERE {equal(key.columns, key.refers, 't', 'p')})"


def _further(schema: Schema, found: dict[str, Owned], refused: set[str]) -> list[Owned]:
    """Return the tables not found yet that refer to those that are, and say whose a row is in no other way."""
    further = []
    for table in schema.tables.values():
        keys = [key for key in schema.out_of(table.name) if key.parent in found]
        if table.name in found or table.name in refused or not keys:
            continue
        parts = []
        for key in keys:
            empty = " OR ".join(f"t.{quoted(name)} IS NULL" for name in key.columns)
            parts.append(f"({empty} OR {_refers_to(found[key.parent], key)})")
        some = " OR ".join(_refers_to(found[key.parent], key) for key in keys)
        names = ", ".join(key.parent for key in keys)
        further.append(
            Owned(table=table, where=f"{' AND '.join(parts)} AND ({some})", by=f"what it refers to ({names})")
        )
    return further


def _ordered(schema: Schema, owned: Iterable[Owned]) -> list[Owned]:
    """Return the tables so that none comes before one that it refers to; of a circle, in any order."""
    left, done = {one.table.name: one for one in owned}, list[Owned]()
    while left:
        free = [
            name for name in left if not any(key.parent in left and key.parent != name for key in schema.out_of(name))
        ]
        for name in free or list(left):
            done.append(left.pop(name))
    return done


def key_literal(users: Table, user: str) -> str:
    """Return the user's key as SQL writes it, with the type that it has in the table of users."""
    return f"{literal(user)}::{key_type(users)}"


def key_type(users: Table) -> str:
    """Return the type of the users' keys."""
    return next(column.type for column in users.columns if column.name == users.key[0])
