"""``postgres.reapply_erasures``: who was erased since the recovery point is erased again, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.erasure.reapply import Held, look_again, reapply
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.postgres.identity import identity
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.side.rows import by_hand
from actions.systems.postgres.side.rows.ownership import Owned, Ownership, find_ownership, key_type
from actions.systems.postgres.side.rows.real import look_at_real
from actions.systems.postgres.side.rows.sql import SETTLE, equal, literal
from actions.systems.postgres.side.rows.tables import ForeignKey, Schema, Table
from actions.systems.postgres.verified_connection import connect_verified
from journal.wording.counting import count

if TYPE_CHECKING:
    import psycopg

_HOURS_S = 4 * 3600.0
_KEPT_BY_RULE = ("n", "d")
"""What a foreign key does on deletion that keeps the row: it is set to NULL, or to its default."""


@action("postgres.erasures_left", target=identity)
def erasures_left(ctx: ActionContext) -> Outcome:
    """Tell what is there of users who were erased since.

    Needs: the ledger of erasure requests (`erasure:` in the inventory); a server that answers.
    """
    return look_again(ctx, PostgresEraser(find_server(ctx)))


@action(
    "postgres.reapply_erasures",
    destructive=True,
    probe="postgres.erasures_left",
    resumable=True,
    touches=("data directory",),
    target=identity,
    by_hand=by_hand.reapply_erasures,
)
def reapply_erasures(ctx: ActionContext) -> Outcome:
    """Erase again who was erased since the recovery point.

    Whom, the ledger says that the inventory names. Which rows are theirs is told as for postgres.user_restore: by
    foreign keys to the table of users, and by the column of the inventory's name (`user_data`). What refers to others
    goes first; a row of somebody else that would go with them refuses all of it. People's own triggers fire, as they
    did the first time. It counts again after it; where nothing is there it does nothing.

    Needs: the ledger (`erasure:` in the inventory); a server that takes writes; a user who may delete rows of these
    tables.

    Leaves: none of these users' rows. The old data that restores kept, and the backups, stay as they are.

    Killed half way: nothing was erased, or all of it: it is one transaction. Run again it counts anew.
    """
    return reapply(ctx, PostgresEraser(find_server(ctx)))


class PostgresEraser:
    """Erases rows of one server's database.

    Args:
        server: the server.
    """

    thing = "row"

    def __init__(self, server: Server) -> None:
        self._server = server

    def look(self, users: Sequence[str]) -> Held:
        """See ``Eraser``."""
        if not users:
            return Held()
        found = self._find(users)
        with connect_verified(self._server, deadline_s=_HOURS_S, database=found.database) as session:
            session.execute(SETTLE.encode())
            places = {one.table.name: _count(session, one.table.name, one.where) for one in found.owned}
            blocked, notes = _others(session, found)
        left_out = [_left_out(line) for line in found.whose.left_out]
        return Held(
            places={place: number for place, number in places.items() if number},
            blocked=blocked,
            findings=[*found.strangers, *left_out, *notes],
        )

    def erase(self, users: Sequence[str]) -> Mapping[str, int]:
        """See ``Eraser``."""
        found = self._find(users)
        gone = {}
        with connect_verified(self._server, deadline_s=_HOURS_S, database=found.database) as session:
            session.execute(f"{SETTLE}SET lock_timeout = '30s'; RESET search_path".encode())
            with session.transaction():
                for one in reversed(found.owned):
                    done = session.execute(f"DELETE FROM {one.table.name} t WHERE {one.where}".encode())
                    gone[one.table.name] = done.rowcount
                self._require_gone(session, found)
        return {place: number for place, number in gone.items() if number}

    def _require_gone(self, session: psycopg.Connection[Any], found: _Found) -> None:
        left = {one.table.name: _count(session, one.table.name, one.where) for one in found.owned}
        if any(left.values()):
            said = "; ".join(f"{place} {number:,}" for place, number in left.items() if number)
            raise ActionFailed(
                f"A trigger or a rule of {self._server.name} keeps rows, or writes new ones: {said}.",
                "Look at the triggers and rules of these tables, and erase by hand.",
                left_behind="Nothing was erased: all of it was undone.",
            )

    def _find(self, users: Sequence[str]) -> _Found:
        """Return which rows of which tables are the users'."""
        server, say = self._server, self._server.settings.user_data
        real = look_at_real(server, server.settings.database)
        table = real.schema.find(say.users, server.name)
        if len(table.key) != 1:
            raise ActionFailed(
                f"{table.name} has no primary key of one column: nobody can tell which rows are whose.",
                "Name the table of users in the inventory (user_data: users), or erase by hand.",
            )
        keys, strange = self._keys(table, users)
        array = ", ".join(literal(key) for key in keys)
        chosen = f"SELECT unnest(ARRAY[{array}]::{key_type(table)}[])"
        whose = find_ownership(real.schema, table, chosen, say.column, say.also, copied=False)
        return _Found(
            database=real.database, schema=real.schema, whose=whose, strangers=_strangers(table, strange, server.name)
        )

    def _keys(self, table: Table, users: Sequence[str]) -> tuple[list[str], int]:
        """Return the keys that can be one in this table, and how many cannot."""
        import psycopg

        keys = []
        with connect_verified(self._server, deadline_s=60, database=self._server.settings.database) as session:
            for user in users:
                try:
                    session.execute(f"SELECT {literal(user)}::{key_type(table)}".encode())
                except psycopg.DataError:
                    continue
                keys.append(user)
        return keys, len(users) - len(keys)


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are the users', in which database."""

    database: str
    schema: Schema
    whose: Ownership
    strangers: list[Finding]

    @property
    def owned(self) -> list[Owned]:
        """The tables with rows of theirs, those that others refer to first."""
        return self.whose.owned


def _count(session: psycopg.Connection[Any], table: str, where: str) -> int:
    row = session.execute(f"SELECT count(*) FROM {table} t WHERE {where}".encode()).fetchone()
    return int(row[0]) if row else 0


def _others(session: psycopg.Connection[Any], found: _Found) -> tuple[list[str], list[Finding]]:
    """Say which rows of nobody among the users refer to rows that would go: what keeps it from being done, and what
    the database's own rule does to them."""
    owned = {one.table.name: one for one in found.owned}
    blocked, notes = [], []
    for key in found.schema.foreign_keys:
        rows = _referring(session, key, owned) if key.parent in owned else 0
        if not rows:
            continue
        said = f"{count(rows, 'row')} of others refer by {key} to rows that would go"
        if key.on_delete in _KEPT_BY_RULE:
            notes.append(
                Finding(severity="note", about=key.child, text=f"{said}; by its rule they lose that reference")
            )
        else:
            blocked.append(f"{said}{', and would go with them' if key.on_delete == 'c' else ''}")
    return blocked, notes


def _referring(session: psycopg.Connection[Any], key: ForeignKey, owned: Mapping[str, Owned]) -> int:
    """Return how many rows refer by a key to rows of the users, and are not theirs themselves."""
    going = f"SELECT * FROM {key.parent} t WHERE {owned[key.parent].where}"
    refers = f"EXISTS (SELECT FROM ({going}) p WHERE {equal(key.columns, key.refers, 't', 'p')})"
    theirs = owned[key.child].where if key.child in owned else "false"
    return _count(session, key.child, f"{refers} AND NOT coalesce(({theirs}), false)")


def _left_out(line: str) -> Finding:
    table, _, why = line.partition(": ")
    return Finding(
        severity="warning",
        about=table,
        text=f"not looked at: {why}",
        cure="Say in the inventory whose its rows are (user_data: also), and run this again; else erase by hand.",
    )


def _strangers(table: Table, strange: int, server: str) -> list[Finding]:
    if not strange:
        return []
    text = f"{count(strange, 'key')} of the ledger can be none of a user there: {table.name} has {key_type(table)}"
    cure = f"Look in the ledger whether it has another kind of key than {server} has."
    return [Finding(severity="warning", about="erasure requests", text=text, cure=cure)]
