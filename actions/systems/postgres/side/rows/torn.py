"""Transactions that a restore of one table would tear: they wrote to it and to others, which stay as they are.

The log has every row that was written since the side instance's point, each with its transaction and its table's file.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from actions.outcome import ActionFailed, Finding
from actions.systems.postgres.dropped import oldest_there
from actions.systems.postgres.pgbackrest.archive import read_path
from actions.systems.postgres.pgbackrest.command import read_repository
from actions.systems.postgres.process import Control, control
from actions.systems.postgres.server import Server
from actions.systems.postgres.side.ask import ask
from actions.systems.postgres.side.place import Side, exact
from actions.systems.postgres.side.rows.real import Real
from actions.systems.postgres.side.rows.tables import Table
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import Fork, format_lsn, parse_history, parse_lsn
from actions.systems.postgres.wal_tail import archived_lines, committed_at
from journal.errors import CleoError
from journal.wording.counting import count

_LIVE_S, _ARCHIVE_S = 120.0, 60.0
_NAMED = 20
_BEFORE = 1
"""Segments before the point that are read, too: a transaction that was open there had written already."""
_TABLES = """
    SELECT d.oid::bigint AS database, pg_relation_filenode(c.oid)::bigint AS file,
           format('%I.%I', n.nspname, c.relname) AS name, coalesce(pg_partition_root(c.oid), c.oid)::bigint AS root
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_database d
    WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND d.datname = current_database() AND pg_relation_filenode(c.oid) IS NOT NULL
"""
_AWK = r"""
/^rmgr: Heap/ && / desc: (INSERT|UPDATE|HOT_UPDATE|DELETE|MULTI_INSERT)/ {
    tx = $0; sub(/.* tx: +/, "", tx); sub(/,.*/, "", tx)
    if (match($0, /rel [0-9]+\/[0-9]+\/[0-9]+/)) {
        file = substr($0, RSTART + 4, RLENGTH - 4); sub(/^[0-9]+\//, "", file)
        key = "R " tx " " file " " (/ desc: DELETE/ ? "gone" : "written")
        if (!(key in seen)) { seen[key]; print key }
    }
}
/ desc: COMMIT/ { print }
"""
_LIVE = 'where=$1 dump=$2 awk=$3 && shift 3 && "$dump" --path="$where" "$@" 2>/dev/null | awk "$awk"'
_HISTORY = 'ls "$1"/pg_wal/*.history | sort | tail -n 1 | xargs -r cat'
_TX = re.compile(r" tx: +(\d+), lsn: ([0-9A-F]+/[0-9A-F]+),")
_PARTS = re.compile(r"subxacts:([ \d]+)")
_FILES = re.compile(r" rels:([^;]*)")


class Torn(msgspec.Struct, frozen=True):
    """One transaction: when it was committed, and the other tables that it wrote to."""

    xid: str
    at: datetime
    others: list[str]


def say_torn(side: Side, real: Real, table: Table, *, replace: bool) -> list[Finding]:
    """Return a warning for each transaction since the side instance's point that the restore of a table would tear.

    Args:
        side: the side instance.
        real: the real server.
        table: the table that is restored.
        replace: all of it becomes what it was; else only what was deleted comes back.
    """
    try:
        torn = _torn(side, real, table, replace=replace)
    except CleoError as error:
        text = f"which transactions it would tear is not known: {error.message}"
        return [
            Finding(severity="warning", about=table.name, text=text, cure="Ask what wrote to it together with others.")
        ]
    found = [
        Finding(
            severity="warning",
            about=table.name,
            text=f"transaction {one.xid}, committed {exact(one.at)}, wrote to {', '.join(one.others)} as well, which "
            "stays as it is",
            cure="Bring those rows back, too, or correct them by hand.",
        )
        for one in torn[:_NAMED]
    ]
    if len(torn) > _NAMED:
        text = f"{count(len(torn) - _NAMED, 'more transaction')} wrote to it and to other tables"
        found.append(Finding(severity="warning", about=table.name, text=text))
    return found


def _torn(side: Side, real: Real, table: Table, *, replace: bool) -> list[Torn]:
    names, mine = _files(side, real, table)
    point = _point(side)
    written: dict[str, set[tuple[str, str]]] = {}
    commits: dict[str, str] = {}
    for line in _log(side, point):
        if line.startswith("R "):
            _, xid, file, how = line.split()
            written.setdefault(xid, set()).add((file, how))
        elif (found := _TX.search(line)) and parse_lsn(found[2]) >= point.lsn:
            commits[found[1]] = line
    torn = [_one(xid, line, written, names, mine, replace=replace) for xid, line in commits.items()]
    return sorted((one for one in torn if one), key=lambda one: one.at)


def _one(
    xid: str,
    commit: str,
    written: Mapping[str, set[tuple[str, str]]],
    names: Mapping[str, str],
    mine: set[str],
    *,
    replace: bool,
) -> Torn | None:
    """Return a transaction that the restore tears; None: it does not."""
    parts = [xid, *(found[1].split() if (found := _PARTS.search(commit)) else [])]
    did = set[tuple[str, str]]().union(*(written.get(part, set()) for part in parts))
    files = found[1].split() if (found := _FILES.search(commit)) else []
    did |= {("/".join(file.split("/")[-2:]), "gone") for file in files}  # truncated or rewritten
    touched = any(file in mine and (replace or how == "gone") for file, how in did)
    others = sorted({names[file] for file, _ in did if file in names and file not in mine})
    at = committed_at(commit)
    return Torn(xid, at, others) if touched and others and at else None


def _files(side: Side, real: Real, table: Table) -> tuple[dict[str, str], set[str]]:
    """Return the names of all tables by their files, then and now, and which of the files are the table's."""
    rows: list[Mapping[str, Any]] = list(ask(side, _TABLES, real.database))
    with connect_verified(real.server, deadline_s=60, database=real.database) as session:
        cursor = session.execute(_TABLES.encode())
        columns = [one.name for one in cursor.description or ()]
        rows += [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        root = session.execute("SELECT %s::regclass::oid::bigint", [table.name]).fetchone()
    names = {f"{row['database']}/{row['file']}": str(row["name"]) for row in rows}
    mine = {f"{row['database']}/{row['file']}" for row in rows if root and row["root"] == root[0]}
    return names, mine


def _point(side: Side) -> Fork:
    """Return where the side instance left the real server's log.

    Raises:
        ActionFailed: its history does not say.
    """
    text = side.of.query(["sh", "-c", _HISTORY, "sh", side.server.data]).out
    forks = parse_history(text)
    if not forks:
        raise ActionFailed(f"{side.server.name} has no history that says where it stands.")
    return forks[-1]


def _log(side: Side, point: Fork) -> Iterable[str]:
    """Yield what the real server's log has since a point, and from a little before.

    Raises:
        ActionFailed: it cannot be read back to there in time.
    """
    server = side.of
    here = control(server)
    if here is None:
        raise ActionFailed(f"{server.data} has no control file.")
    size = here.segment_bytes
    first = max(1, point.lsn // size - _BEFORE)
    oldest = oldest_there(server, here, first)
    if oldest > point.lsn // size:
        path = read_path(server, read_repository(server), here.timeline)
        until = time.monotonic() + _ARCHIVE_S
        for segment in path.segments(point.lsn // size, oldest - 1, size):
            server.ctx.check_cancelled()
            if time.monotonic() > until:
                raise ActionFailed(f"the archived log since then is too long to be read ({segment.name(size)} of it)")
            yield from archived_lines(server, segment.name(size), _AWK)
    yield from _live(server, here, oldest * size)


def _live(server: Server, here: Control, start: int) -> list[str]:
    argv = ["sh", "-c", _LIVE, "sh", f"{server.data}/pg_wal", server.program("pg_waldump"), _AWK]
    argv += [f"--timeline={here.timeline}", f"--start={format_lsn(start)}"]
    return server.query(argv, timeout_s=_LIVE_S, env={"TZ": "UTC"}).out.splitlines()
