"""The writers' gate: ``postgres.stop_writers`` and ``postgres.allow_writers``.

One mechanism for a running, a crashed and a restored server: a block at the top of ``pg_hba.conf`` that
rejects the application's roles and their members. Unlike ``ALTER ROLE … NOLOGIN`` it needs no running
server, holds from a recovered server's very first moment, and is not undone by a restored catalogue.
"""

from __future__ import annotations

import re
import time

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Outcome
from actions.postgres.heartbeat import measure
from actions.postgres.identity import identity
from actions.postgres.managers import unmanaged
from actions.postgres.process import postmaster
from actions.postgres.proven import proven
from actions.postgres.server import Server, find_server
from actions.postgres.start_stop import require_nobody_answers
from journal.counting import count
from journal.errors import CleoError
from journal.measured import Measured

_BEGIN = "# cleo: the application's roles are kept out until `postgres.allow_writers` (begin)"
_END = "# cleo: (end)"
_BLOCK = re.compile(rf"^{re.escape(_BEGIN)}\n.*?^{re.escape(_END)}\n", re.MULTILINE | re.DOTALL)
_SETTLE_S = 15.0
_SESSIONS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity a
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND EXISTS (
        SELECT FROM pg_roles w WHERE w.rolname = ANY(%s)
        AND (a.usename = w.rolname OR (pg_has_role(a.usesysid, w.oid, 'MEMBER')
             AND NOT (SELECT rolsuper FROM pg_roles r WHERE r.oid = a.usesysid))))
"""


@action(
    "postgres.stop_writers",
    destructive=True,
    probe="postgres.writers",
    resumable=True,
    live={"managed": unmanaged},
    touches=("data directory",),
    undone_by="postgres.allow_writers",
    target=identity,
)
def stop_writers(ctx: ActionContext) -> Outcome:
    """Keep the application from writing to PostgreSQL."""
    server = find_server(ctx)
    roles = _roles(server)
    running = postmaster(server)
    hba = hba_file(server)
    if not hba and not running:
        summary = f"{server.name} is down and has no pg_hba.conf: nobody can write. A restore keeps {roles} out."
        return Outcome(ok=True, summary=summary, facts={"sessions_ended": 0})
    if not hba:
        raise ActionFailed(
            f"{server.name} runs, and its pg_hba.conf is lost.",
            "It cannot be kept from writing: stop it (postgres.stop).",
        )
    if not ctx.effect(f"reject {roles} in {hba}, and end their sessions"):
        return Outcome(ok=True, summary=f"would keep {roles} out")
    bar_writers(server)
    ended = _apply(server) if running else 0
    last = _last_commit(server) if running else Measured()
    state = "" if running else " It is down, and will keep them out when it starts."
    summary = f"{roles} cannot connect; {count(ended, 'session was', 'sessions were')} ended.{state}"
    return Outcome(ok=True, summary=summary, facts={"sessions_ended": ended, **last.facts()})


def _last_commit(server: Server) -> Measured:
    """Return the last commit that the writers made: whatever is recovered to, what is missing of it is the loss."""
    try:
        with proven(server) as session:
            return measure(session, server.settings, writers_out=True)
    except CleoError as error:
        server.ctx.log(f"The writers' last commit is not measured: {error.message}", "err")
        return Measured()


@action(
    "postgres.allow_writers",
    probe="postgres.writers",
    resumable=True,
    live={"managed": unmanaged},
    touches=("data directory",),
    target=identity,
)
def allow_writers(ctx: ActionContext) -> Outcome:
    """Let the application write again."""
    server = find_server(ctx)
    hba = hba_file(server)
    if not hba:
        raise ActionFailed(f"{server.name} has no pg_hba.conf.", "Restore it first.")
    running = postmaster(server)
    if not running:
        require_nobody_answers(server)
    text = server.read(hba) or ""
    if _BEGIN not in text:
        return Outcome(ok=True, summary=f"{_roles(server)} were not kept out.")
    if not ctx.effect(f"let {_roles(server)} in again ({hba})"):
        return Outcome(ok=True, summary="would let the writers in again")
    server.write(hba, _BLOCK.sub("", text))
    if not running:
        return Outcome(
            ok=True, summary=f"{server.name} is down; {_roles(server)} can connect again once it is started."
        )
    _reload(server)
    return Outcome(ok=True, summary=f"{_roles(server)} can connect again.")


@action("postgres.writers", target=identity)
def writers(ctx: ActionContext) -> Outcome:
    """Tell whether the application's roles are kept out of PostgreSQL."""
    server = find_server(ctx)
    barred = are_kept_out(server)
    word = "kept out" if barred else "let in"
    return Outcome(ok=True, summary=f"{_roles(server)}: {word}.", facts={"writers_barred": barred})


def bar_writers(server: Server) -> None:
    """Put the block at the top of ``pg_hba.conf``; once is enough. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: there is no ``pg_hba.conf``, or it cannot be written.
    """
    hba = hba_file(server)
    if not hba:
        raise ActionFailed(f"{server.name} has no pg_hba.conf.", "Without it the server cannot be started either.")
    if not server.settings.app_roles:
        server.ctx.log("The inventory names no app_roles: nobody is kept out of the restored server.", "err")
        return
    text = server.read(hba) or ""
    server.write(hba, _block(server) + _BLOCK.sub("", text))


def are_kept_out(server: Server) -> bool:
    """Whether the block stands in the server's ``pg_hba.conf``."""
    hba = hba_file(server)
    return bool(hba) and _BEGIN in (server.read(hba) or "")


def hba_file(server: Server) -> str:
    """Return the path of ``pg_hba.conf``: beside the data, or in Debian's place; empty where there is none."""
    places = [server.data]
    if "/var/lib/postgresql/" in server.data:
        places.append(server.data.replace("/var/lib/postgresql/", "/etc/postgresql/"))
    return next((f"{p}/pg_hba.conf" for p in places if server.exists(f"{p}/pg_hba.conf")), "")


def _roles(server: Server) -> str:
    if not server.settings.app_roles:
        raise ActionFailed(
            f"The inventory names no app_roles for {server.name}: nobody knows who writes.",
            "Name the roles that write for the application, under app_roles:.",
        )
    return ", ".join(server.settings.app_roles)


def _block(server: Server) -> str:
    who = ",".join(f'"{role}",+"{role}"' for role in server.settings.app_roles)
    return f"{_BEGIN}\nlocal all {who} reject\nhost all {who} all reject\n{_END}\n"


def _apply(server: Server) -> int:
    """Load the file, and end the writers' sessions until a look finds none; returns how many were ended."""
    _reload(server)
    end, ended = time.monotonic() + _SETTLE_S, 0
    while True:
        with proven(server) as session:
            row = session.execute(_SESSIONS, [server.settings.app_roles]).fetchone()
        found = int(row[0]) if row else 0
        if not found:
            return ended
        ended += found
        if time.monotonic() > end:
            raise ActionFailed("The writers' sessions do not end.", "Stop the application itself, then try again.")
        time.sleep(0.1)


def _reload(server: Server) -> None:
    """Make the server read its files, and wait until new sessions see it."""
    with proven(server) as session:
        wrong = session.execute("SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL").fetchone()
        if wrong:
            raise ActionFailed(
                f"pg_hba.conf, line {wrong[0]}: {wrong[1]}", "Mend the line: the server ignores the file."
            )
        row = session.execute("SELECT pg_conf_load_time()").fetchone()
        before = row[0] if row else None
        session.execute("SELECT pg_reload_conf()")
    end = time.monotonic() + _SETTLE_S
    while time.monotonic() < end:
        with proven(server) as session:
            row = session.execute("SELECT pg_conf_load_time()").fetchone()
        if row and row[0] != before:
            return
        time.sleep(0.05)
    raise ActionFailed(f"{server.name} does not read its configuration again.", "See its log.")
