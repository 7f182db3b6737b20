"""Reads every relation of a side instance to its end, as `cluster.read_cluster` reads the real server's."""

from __future__ import annotations

import time
from typing import Any

from msgspec.structs import replace

from actions.context import Progress
from actions.systems.postgres.cluster import Cluster, Database
from actions.systems.postgres.definitions import DEFINITION_DIGESTS
from actions.systems.postgres.relations import (
    LARGE,
    LARGE_OBJECTS,
    LIST,
    SETTINGS,
    Listed,
    Relation,
    listed_of,
    relation_query,
)
from actions.systems.postgres.side.ask import ask
from actions.systems.postgres.side.place import Side

_DATABASES = "SELECT datname FROM pg_database WHERE datallowconn AND datconnlimit <> -2 ORDER BY 1"
_FUNCTION = """
CREATE FUNCTION pg_temp.cleo_read(name text, query text, OUT relation text, OUT rows bigint, OUT digest text,
                                  OUT error text)
LANGUAGE plpgsql AS $$
BEGIN
    relation := name;
    EXECUTE query INTO rows, digest;
EXCEPTION WHEN OTHERS THEN
    error := sqlstate || ' ' || sqlerrm;
END $$;
"""
"""What cannot be read is said of the relation itself, and the others are read all the same."""
_DAMAGE = ("22", "XX", "58")
"""Classes of errors that damage makes (data, internal, input and output); others merely stand in the way, such as an
extension that wants to be preloaded."""
_READ_S = 6 * 3600.0


def databases_of(side: Side) -> list[str]:
    """Return the databases that it holds and that take connections; of one restored alone only that."""
    if side.record.database:
        return [side.record.database]
    return [row["datname"] for row in ask(side, _DATABASES, "postgres")]


def read_side(side: Side) -> Cluster:
    """Read every relation of every database.

    Raises:
        ActionFailed: it does not answer any more.
    """
    found: dict[str, Database] = {}
    begun = time.monotonic()
    names = databases_of(side)
    for done, name in enumerate(names):
        side.of.ctx.check_cancelled()
        side.of.ctx.progress(Progress(fraction=done / len(names), text=f"reading {name} of the side instance"))
        defined = ask(side, DEFINITION_DIGESTS, name)
        found[name] = Database(relations=_read(side, name), definitions={row["name"]: row["digest"] for row in defined})
    side.of.ctx.log(f"The side instance was read to its end in {time.monotonic() - begun:.1f} s.")
    return Cluster(databases=found)


def _read(side: Side, database: str) -> dict[str, Relation]:
    listed = [listed_of(tuple(row.values())) for row in ask(side, LIST, database)]
    queries = {one.name: relation_query(one).as_string() for one in listed if _holds(one)}
    rows = ask(side, _calls({**queries, LARGE_OBJECTS: LARGE}), database, before=_before(), timeout_s=_READ_S)
    read = {row["relation"]: row for row in rows}
    large = read[LARGE_OBJECTS]
    objects = _filled(Relation(kind="large objects"), large)
    return {one.name: _relation(one, read.get(one.name)) for one in listed} | {LARGE_OBJECTS: objects}


def _holds(one: Listed) -> bool:
    return one.kind not in ("foreign table", "partitioned table") and one.populated


def _relation(one: Listed, row: dict[str, Any] | None) -> Relation:
    """Return what was read of a relation, as `relations.read_relations` would; None: it holds no rows itself."""
    base = Relation(kind=one.kind, unlogged=one.unlogged, oid=one.oid, filenode=one.filenode)
    if row is None:
        skipped = "a foreign table: its rows are elsewhere" if one.kind == "foreign table" else ""
        return replace(base, skipped=skipped, holds=False)
    return _filled(base, row)


def _filled(base: Relation, row: dict[str, Any]) -> Relation:
    if not (error := row["error"]):
        return replace(base, count=row["rows"] or 0, digest=row["digest"] or "")
    return replace(base, damage=error) if error.startswith(_DAMAGE) else replace(base, skipped=error)


def _before() -> str:
    """Return the statements that give the session what rows' texts depend on."""
    settings = {**SETTINGS, "row_security": "off", "max_parallel_workers_per_gather": "2"}
    lines = [f"SET {name} = '{value}';" for name, value in settings.items()]
    return "\n".join([_FUNCTION, *lines])


def _calls(queries: dict[str, str]) -> str:
    """Return one query that reads all, relation by relation."""
    from psycopg import sql

    calls = [
        f"SELECT * FROM pg_temp.cleo_read({sql.Literal(name).as_string()}, {sql.Literal(query).as_string()})"
        for name, query in queries.items()
    ]
    return "\nUNION ALL\n".join(calls)
