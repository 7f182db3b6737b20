"""File, page and statistics evidence that distinguishes a changed relation from a damaged one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from actions.systems.postgres.server import Server
from actions.systems.postgres.verified_connection import connect_verified
from journal.errors import CleoError

if TYPE_CHECKING:
    import psycopg

_WRITTEN = """
    SELECT coalesce(pg_relation_filenode(c.oid), 0)::bigint,
           coalesce(s.n_tup_ins + s.n_tup_upd + s.n_tup_del, 0),
           (pg_relation_size(c.oid) / current_setting('block_size')::int)::int, pg_relation_filepath(c.oid)
    FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid WHERE c.oid = to_regclass(%s)
"""
_NEWEST_PAGE = """
    SELECT max((((get_byte(p, 3)::bigint << 24) + (get_byte(p, 2) << 16) + (get_byte(p, 1) << 8) + get_byte(p, 0))
                << 32)
               + (get_byte(p, 7)::bigint << 24) + (get_byte(p, 6) << 16) + (get_byte(p, 5) << 8) + get_byte(p, 4))
    FROM generate_series(0, %s - 1) block,
         pg_read_binary_file(%s, block::bigint * current_setting('block_size')::int, 8) p
"""
_MOST_PAGES = 131_072
"""A file's first gigabyte: what is larger goes on in further files, and takes longer to look at than it is worth."""
_LOOK_S = 120.0


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a relation's changes.

    Attributes:
        filenode: the file it is in now.
        written: rows written as far as the server's statistics reach: they begin anew with a recovery.
        pages: how many it has.
        newest_page: the log position, in bytes, at which the newest of its pages was changed; None: not looked at.
    """

    filenode: int
    written: int
    pages: int
    newest_page: int | None = None


def look_closer(server: Server, database: str, names: list[str]) -> dict[str, Evidence]:
    """Return what is known of each of ``names``; nothing of what cannot be looked at. Pages are flushed first."""
    found: dict[str, Evidence] = {}
    try:
        with connect_verified(server, deadline_s=_LOOK_S, database=database) as session:
            if not server.ctx.dry_run:
                session.execute("CHECKPOINT")
            for name in names:
                server.ctx.check_cancelled()
                if evidence := _evidence(session, name, pages=not server.ctx.dry_run):
                    found[name] = evidence
    except CleoError as error:
        server.ctx.log(f"{database}: no evidence of what changed since the backup: {error.message}", "err")
    return found


def _evidence(session: psycopg.Connection[Any], name: str, *, pages: bool) -> Evidence | None:
    row = session.execute(_WRITTEN, [name]).fetchone()
    if row is None:
        return None
    newest = None
    if pages and 0 < row[2] <= _MOST_PAGES:
        newest = (session.execute(_NEWEST_PAGE, [row[2], row[3]]).fetchone() or (None,))[0]
    return Evidence(filenode=row[0], written=row[1], pages=row[2], newest_page=newest)
