"""Asks a side instance by psql on its host: its socket is private, and a console elsewhere cannot reach it."""

from __future__ import annotations

import json
from typing import Any

from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server
from actions.systems.postgres.side.place import Side
from actions.transport import Completed

QUIET = "\\set VERBOSITY terse\n\\set SHOW_CONTEXT never\n"
"""Without details and context no row's content is in an error."""
_ASK_S = 60.0


def psql_line(server: Server, database: str) -> list[str]:
    """Return psql's command line: nothing of anybody's own settings, rows unaligned, the first error ends it."""
    settings = server.settings
    where = ["-h", settings.address, "-p", str(settings.port), "-U", settings.user, "-d", database, "-w"]
    return [server.program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", *where]


def script(side: Side, sql: str, database: str, *, timeout_s: float = _ASK_S) -> Completed:
    """Run statements in the side instance."""
    return side.server.query(psql_line(side.server, database), timeout_s=timeout_s, stdin=(QUIET + sql).encode())


def ask(side: Side, sql: str, database: str, *, before: str = "", timeout_s: float = _ASK_S) -> list[dict[str, Any]]:
    """Return the rows of a query, each by its columns' names.

    Args:
        side: the side instance.
        sql: the query, without a semicolon.
        database: which database.
        before: statements that are run first, in the same session.
        timeout_s: seconds after which it is given up.

    Raises:
        ActionFailed: it cannot be asked.
    """
    rows = f"SELECT coalesce(json_agg(row_to_json(found)), '[]') FROM ({sql}) found;"
    done = script(side, f"{before}\n{rows}\n", database, timeout_s=timeout_s)
    if done.code != 0:
        raise cannot_be_asked(side, done)
    found: list[dict[str, Any]] = json.loads(done.out)
    return found


def cannot_be_asked(side: Side, done: Completed) -> ActionFailed:
    """Return the error for a side instance that refused a statement."""
    return ActionFailed(f"{side.server.name} refuses: {last_words(done)}", "See its log (server.log, beside it).")


def require_answers(side: Side) -> int:
    """Prove that the process behind its socket is the one that works in its data directory, and return its pid.

    Raises:
        ActionFailed: it does not run, or another process has its socket.
    """
    pid = postmaster(side.server)
    if not pid:
        raise ActionFailed(f"{side.server.name} does not run any more.", "Make it again: postgres.pitr.")
    settings = side.server.settings
    lines = (side.of.read(f"{settings.address}/.s.PGSQL.{settings.port}.lock") or "").split()
    if lines[:1] != [str(pid)]:
        raise ActionFailed(
            f"The socket in {settings.address} is not that of {side.server.name} (pid {pid}).",
            "Find out what listens there; then remove the side instance: postgres.pitr_discard.",
        )
    return pid
