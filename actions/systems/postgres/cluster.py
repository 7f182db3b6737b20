"""All databases of a cluster with their relations, as read from a server and as stored in a manifest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from actions.context import Progress
from actions.systems.postgres.definitions import definitions, roles
from actions.systems.postgres.relations import (
    LARGE_OBJECTS,
    SETTINGS,
    Relation,
    list_relations,
    read_relations,
    settle,
)
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified
from journal.wording.counting import count

if TYPE_CHECKING:
    import psycopg

_DATABASES = "SELECT datname, datallowconn, datconnlimit, datname = 'template0' FROM pg_database ORDER BY 1"
_POSITION = """
    SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0'
"""
_QUIET = """
    SELECT pg_snapshot_xmin(s) = pg_snapshot_xmax(s) AND NOT EXISTS (SELECT FROM pg_prepared_xacts)
    FROM pg_current_snapshot() s
"""
_INVALID = -2
_LOOK_S = 0.25
_BESIDES_S = 300.0
"""Seconds allowed for listing a database and cancelling the last statement, beside the time for reading."""


class Database(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One database. ``skipped`` says why it was not read, ``undefined`` why its definitions are not known."""

    relations: dict[str, Relation] = {}
    definitions: dict[str, str] = {}
    skipped: str = ""
    undefined: str = ""


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was looked at.

    ``lsn`` is the log's position in bytes as the look began; ``quiet``: no transaction was open by then, which could
    commit later what it wrote before.
    """

    lsn: int = 0
    quiet: bool = False
    databases: dict[str, Database] = {}
    roles: dict[str, str] = {}

    def damaged(self) -> list[str]:
        """Return every damaged relation with its damage, a line each."""
        return [f"{name}: {relation.damage}" for name, relation in self.relations() if relation.damage]

    def left_out(self) -> list[str]:
        """Return what was not looked at though it could have been, with the reason, a line each."""
        found = [f"{name}: {database.skipped}" for name, database in self.databases.items() if database.skipped]
        return found + [
            f"{name}: {relation.skipped}"
            for name, relation in self.relations()
            if relation.skipped and relation.kind != "foreign table"
        ]

    def relations(self) -> Iterator[tuple[str, Relation]]:
        """Yield every relation, under its own and its database's name."""
        for database, found in self.databases.items():
            for name, relation in found.relations.items():
                yield f"{database}, {name}", relation


def read_cluster(
    server: Server, *, until_s: float, settings: Mapping[str, str] = SETTINGS, say: bool = True
) -> Cluster:
    """Read every relation of every database to its last row. It can be cancelled at any time.

    Args:
        server: the server.
        until_s: seconds after which nothing more is read; what was left out says so.
        settings: those under which digests are taken.
        say: whether every relation is said in the step's output.

    Raises:
        Cancelled: somebody asked for it.
        CannotConnect: the server broke off, or another one answers.
    """
    end = time.monotonic() + until_s
    with connect_verified(server, deadline_s=60) as session:
        names = session.execute(_DATABASES).fetchall()
        position = session.execute(_POSITION).fetchone()
        quiet = session.execute(_QUIET).fetchone()
        known = roles(session)
    databases: dict[str, Database] = {}
    for name, connectable, limit, sealed in names:
        server.ctx.check_cancelled()
        if sealed:
            continue  # template0 takes no connection, and holds nothing of anybody
        if limit == _INVALID or not connectable:
            why = "invalid: a DROP DATABASE was interrupted" if limit == _INVALID else "it takes no connections"
            databases[name] = Database(skipped=why)
        else:
            databases[name] = _read_database(server, name, end, settings, say)
    return Cluster(
        lsn=int(position[0]) if position else 0, quiet=bool(quiet and quiet[0]), databases=databases, roles=known
    )


def _read_database(server: Server, name: str, end: float, settings: Mapping[str, str], say: bool) -> Database:
    ctx = server.ctx

    def interrupted() -> str:
        ctx.check_cancelled()
        return "the time for it was used up" if time.monotonic() >= end else ""

    deadline_s = max(0.0, end - time.monotonic()) + _BESIDES_S
    found: dict[str, Relation] = {}
    with connect_verified(server, deadline_s=deadline_s, database=name) as session:
        settle(session, settings)
        listed, (defined, undefined) = list_relations(session), definitions(session)
        sizes, begun = {one.name: one.bytes for one in listed}, time.monotonic()
        with _ended_with(session, lambda: ctx.cancelled or time.monotonic() >= end):
            for relation, read in read_relations(session, listed, interrupted):
                found[relation] = read
                if say:
                    ctx.log(f"{name}, {relation}: {_words(read)}", "err" if read.damage else "out")
                ctx.progress(_progress(name, found, sizes, time.monotonic() - begun))
    return Database(relations=found, definitions=defined, undefined=undefined)


@contextmanager
def _ended_with(session: psycopg.Connection[Any], over: Callable[[], bool]) -> Iterator[None]:
    """Cancel what the session is at once ``over`` says so: a table may take hours."""
    left = threading.Event()

    def watch() -> None:
        while not left.wait(_LOOK_S):
            if over():
                session.cancel()
                return

    watcher = threading.Thread(target=watch, name="cleo-cancel", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        left.set()
        watcher.join()


def _words(relation: Relation) -> str:
    if relation.damage:
        return f"DAMAGED: {relation.damage}"
    if relation.skipped:
        return f"not looked at: {relation.skipped}"
    if not relation.holds:
        return f"{relation.kind}, holds no rows itself"
    if relation.kind == "sequence":
        return f"sequence at {relation.count}"
    unlogged = ", unlogged" if relation.unlogged else ""
    unit = "object" if relation.kind == LARGE_OBJECTS else "row"
    return f"{count(relation.count, unit)}{unlogged}"


def _progress(database: str, found: Mapping[str, Relation], sizes: Mapping[str, int], seconds: float) -> Progress:
    total, done = sum(sizes.values()), sum(sizes.get(name, 0) for name in found)
    if not total:
        return Progress(text=f"{database}: {count(len(found), 'relation')} read")
    rate = done / seconds if seconds > 0 else None
    left = (total - done) / rate if rate else None
    return Progress(fraction=done / total, text=f"{database}: {len(found)} of {len(sizes)} read", rate=rate, eta_s=left)
