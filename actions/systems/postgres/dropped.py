"""When relations that a backup holds were dropped: the log has the commit that did it.

From PostgreSQL 15 on a commit names the relations that it dropped ("dropped stats: 2/DATABASE/OID"). Before that it
names only files that it deleted, which a rewrite (VACUUM FULL, TRUNCATE) does as well.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from actions.systems.postgres.comparison import Comparison
from actions.systems.postgres.last_commit import log_segments
from actions.systems.postgres.manifest import Manifest
from actions.systems.postgres.pgbackrest.archive import read_path
from actions.systems.postgres.pgbackrest.command import read_repository
from actions.systems.postgres.process import Control, control
from actions.systems.postgres.relations import Relation
from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified
from actions.systems.postgres.wal import format_lsn, parse_lsn
from actions.systems.postgres.wal_tail import archived_lines, committed_at
from journal.errors import CleoError
from journal.events.damage import DamageBegan
from journal.wording.counting import count

_MOST = 200
"""Relations that are looked for at once: of a dropped schema the first tell when it went."""
_LIVE_S, _ARCHIVE_S = 60.0, 60.0
"""Seconds for the server's own log, and for the archived log before it, newest first."""
_LIVE = 'where=$1 dump=$2 awk=$3 && shift 3 && "$dump" --path="$where" --rmgr=Transaction "$@" 2>/dev/null | awk "$awk"'
_COMMIT = re.compile(r" tx: +(\d+), lsn: ([0-9A-F]+/[0-9A-F]+),")
_STATS = re.compile(r"dropped stats:([^;]*)")
_FILES = re.compile(r" rels:([^;]*)")


class _Wanted(msgspec.Struct, frozen=True):
    """A relation that is missing: its object and its file, as the log names them."""

    database: str
    name: str
    object: str
    file: str
    rows: int


class Commit(msgspec.Struct, frozen=True):
    """One transaction's commit, with what it dropped and which files it deleted."""

    at: datetime
    xid: str
    lsn: str
    objects: frozenset[str]
    files: frozenset[str]


def find_drops(server: Server, manifest: Manifest | None, compared: Comparison) -> list[DamageBegan]:
    """Return the commits that dropped what the newest backup has and the server lacks, the earliest first.

    The server's own log is read, and before that the archive's, back to the backup, for a minute. What cannot be read
    is said in the step's output.

    Args:
        server: a server that runs.
        manifest: the backup's.
        compared: the server beside it.
    """
    if manifest is None or not (wanted := _wanted(server, manifest, compared)):
        return []
    found: dict[_Wanted, Commit] = {}
    try:
        for commit in commits(server, parse_lsn(manifest.lsn), _filter(wanted)):
            for one in wanted:
                if one.object in commit.objects or (one.file in commit.files and one not in found):
                    found[one] = commit
            if all(one in found and one.object in found[one].objects for one in wanted):
                break
    except CleoError as error:
        server.ctx.log(f"{server.name}: when it was dropped is not known: {error.message} {error.hint}".rstrip(), "err")
    return _described(wanted, found)


def _wanted(server: Server, manifest: Manifest, compared: Comparison) -> list[_Wanted]:
    """Return what is missing of databases that are there, as far as the manifest knows it by number."""
    missing = [case for case in compared.of("missing") if case.name][:_MOST]
    if not missing:
        return []
    with connect_verified(server) as session:
        numbers = dict(session.execute("SELECT datname, oid::bigint FROM pg_database").fetchall())
    known = manifest.known(server.settings.database)
    held = [(case, known[case.database].relations[case.name]) for case in missing if case.database in numbers]
    return [
        _Wanted(case.database, case.name, *_named(numbers[case.database], was), was.count)
        for case, was in held
        if was.oid or was.filenode
    ]


def _named(database: int, was: Relation) -> tuple[str, str]:
    return f"2/{database}/{was.oid}", f"{database}/{was.filenode or was.oid}"


def _filter(wanted: list[_Wanted]) -> str:
    """Return the awk program that picks the commits which name one of them."""
    names = {name for one in wanted for name in (one.object.partition("/")[2], one.file)}
    either = "|".join(sorted(name.replace("/", r"\/") for name in names))
    return rf"/ desc: COMMIT/ && /\/({either})([ ;]|$)/"


def commits(server: Server, since: int, awk: str) -> Iterator[Commit]:
    """Yield the commits that ``awk`` picks from the log, the newest first, back to the position ``since``.

    The server's own log is read, and before that the archive's, for a minute each.
    """
    here = control(server)
    if here is None:
        return
    first = since // here.segment_bytes
    oldest = oldest_there(server, here, first)
    yield from _parsed(_live(server, here, max(since, oldest * here.segment_bytes), awk))
    path = read_path(server, read_repository(server), here.timeline)
    until = time.monotonic() + _ARCHIVE_S
    for segment in reversed(list(path.segments(first, oldest - 1, here.segment_bytes))):
        server.ctx.check_cancelled()
        name = segment.name(here.segment_bytes)
        if time.monotonic() > until:
            server.ctx.log(f"{server.name}: the archived log up to {name} was not searched: it takes too long.", "err")
            return
        yield from _parsed(archived_lines(server, name, awk))


def oldest_there(server: Server, here: Control, first: int) -> int:
    """Return the number of the oldest segment, from ``first`` on, from which the server's own log is unbroken."""
    numbers = {one.number for one in log_segments(server, here) if one.timeline == here.timeline}
    oldest = here.redo // here.segment_bytes
    while oldest - 1 in numbers and oldest > first:
        oldest -= 1
    return oldest


def _live(server: Server, here: Control, start: int, awk: str) -> list[str]:
    argv = ["sh", "-c", _LIVE, "sh", f"{server.data}/pg_wal", server.program("pg_waldump"), awk]
    argv += [f"--timeline={here.timeline}", f"--start={format_lsn(start)}"]
    return server.query(argv, timeout_s=_LIVE_S, env={"TZ": "UTC"}).out.splitlines()


def _parsed(lines: Iterable[str]) -> Iterator[Commit]:
    """Yield the commits on lines of ``pg_waldump``, the last line's first."""
    for line in reversed(list(lines)):
        named, at = _COMMIT.search(line), committed_at(line)
        if named and at:
            stats, files = _STATS.search(line), _FILES.search(line)
            yield Commit(
                at,
                named[1],
                named[2],
                frozenset(stats[1].split() if stats else ()),
                frozenset("/".join(file.split("/")[-2:]) for file in (files[1].split() if files else ())),
            )


def _described(wanted: list[_Wanted], found: Mapping[_Wanted, Commit]) -> list[DamageBegan]:
    """Return a line for each commit, with all that it dropped."""
    by_commit: dict[Commit, list[_Wanted]] = {}
    for one in wanted:
        if one in found:
            by_commit.setdefault(found[one], []).append(one)
    return sorted((_line(commit, dropped) for commit, dropped in by_commit.items()), key=lambda one: one.at)


def _line(commit: Commit, dropped: list[_Wanted]) -> DamageBegan:
    certain = all(one.object in commit.objects for one in dropped)
    first = f"{dropped[0].database}, {dropped[0].name} ({count(dropped[0].rows, 'row')})"
    more = f" and {len(dropped) - 1} more" if len(dropped) > 1 else ""
    what = "was dropped" if certain else "was dropped, or rewritten and dropped later"
    seen = f"transaction {commit.xid}, in the log at {commit.lsn}"
    return DamageBegan(at=commit.at, text=f"{first}{more} {what}", seen=seen, certain=certain)
