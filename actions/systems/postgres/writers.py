"""``postgres.stop_writers`` and ``postgres.allow_writers``: block and unblock the application's logins.

One mechanism for a running, a crashed and a restored server: a block at the top of ``pg_hba.conf`` that
rejects the application's roles and their members. Unlike ``ALTER ROLE … NOLOGIN`` it needs no running
server, holds from a recovered server's very first moment, and is not undone by a restored catalogue.
"""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.postgres import by_hand
from actions.systems.postgres.cures import cures_now, without_data
from actions.systems.postgres.hba import FACT, bar, barred_files, hba_file, is_barred, require_writable, unbar
from actions.systems.postgres.heartbeat import measure
from actions.systems.postgres.identity import identity
from actions.systems.postgres.login_block import (
    block_logins,
    open_logins,
    others,
    reload_files,
    require_not_ourselves,
    unknown_roles,
)
from actions.systems.postgres.managers import unmanaged
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server, find_server
from actions.systems.postgres.start_stop import require_nobody_answers
from actions.systems.postgres.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.measured import Measured
from journal.wording.counting import count


@action(
    "postgres.stop_writers",
    destructive=True,
    probe="postgres.writers",
    resumable=True,
    live={"managed": unmanaged},
    touches=("data directory",),
    undone_by="postgres.allow_writers",
    target=identity,
    by_hand=by_hand.stop_writers,
)
def stop_writers(ctx: ActionContext) -> Outcome:
    """Keep the application from writing to PostgreSQL.

    Their logins are refused, their sessions ended, and it is tried whether each is out. Reading ends, too.

    Needs: `app_roles`; the right to write pg_hba.conf on the server's host; a user who may reload and end sessions, and
    is none of these roles.

    Leaves: a block at the top of pg_hba.conf, until postgres.allow_writers takes it out, across restarts and restores.

    Killed half way: the file has the block or has it not, never half; sessions may go on. Run it again.
    """
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
            "It cannot be kept from writing. Bring that file back, or stop the server (postgres.stop).",
            cures=without_data(server),
        )
    require_not_ourselves(server, running=bool(running))
    require_writable(server, hba)
    if not ctx.effect(f"reject {roles} in {hba}, and end their sessions"):
        return Outcome(ok=True, summary=f"would keep {roles} out")
    if not running:
        bar_writers(server)
        summary = (
            f"{server.name} is down, and {hba} keeps {roles} out when it starts; replay tries that before it ends."
        )
        return Outcome(ok=True, summary=summary, facts={"sessions_ended": 0, FACT: hba})
    ended = block_logins(server)
    findings = [*_unknown(server), *others(server)]
    return Outcome(
        ok=True,
        summary=f"{roles} cannot connect (tried as each); {count(ended, 'session was', 'sessions were')} ended.",
        facts={"sessions_ended": ended, FACT: hba, **_last_commit(server).facts()},
        findings=findings,
    )


def _unknown(server: Server) -> list[Finding]:
    text = "the server has no such role: nobody is kept out by that name"
    cure = "Correct app_roles in the inventory, then stop the writers again."
    return [Finding(severity="warning", about=name, text=text, cure=cure) for name in unknown_roles(server)]


def _last_commit(server: Server) -> Measured:
    """Return the last commit that the writers made: whatever is recovered to, what is missing of it is the loss."""
    try:
        with connect_verified(server) as session:
            return measure(session, server.settings, writers_out=True)
    except CleoError as error:
        server.ctx.log(f"The writers' last commit is not measured: {error.message}", "err")
        return Measured()


@action(
    "postgres.allow_writers",
    probe="postgres.writers",
    resumable=True,
    gates=("sound-data",),
    touches=("data directory",),
    target=identity,
    by_hand=by_hand.allow_writers,
)
def allow_writers(ctx: ActionContext) -> Outcome:
    """Let the application write again.

    Refused while something in the data is proven to be wrong.

    Needs: what postgres.stop_writers needs.

    Leaves: pg_hba.conf without our block, otherwise as it was, and read again by the server.

    Killed half way: the block may be gone, and the server not have read that; run it again.
    """
    server = find_server(ctx)
    if not hba_file(server):
        raise ActionFailed(
            f"{server.name} has no pg_hba.conf.",
            "Without it nobody can come in. Bring it back, from configuration management or a backup of it.",
            cures=without_data(server) if postmaster(server) else cures_now(server),
        )
    running = postmaster(server)
    if not running:
        require_nobody_answers(server)
    barred = barred_files(server)
    if not barred:
        return _not_barred(server, running=bool(running))
    if not ctx.effect(f"let {_roles(server)} in again ({', '.join(barred)})"):
        return Outcome(ok=True, summary="would let the writers in again")
    for path in barred:
        unbar(server, path)
    if not running:
        return Outcome(
            ok=True, summary=f"{server.name} is down; {_roles(server)} can connect again once it is started."
        )
    reload_files(server)
    return Outcome(ok=True, summary=f"{_roles(server)} can connect again.")


def _not_barred(server: Server, *, running: bool) -> Outcome:
    """No block stands; a server that shuts them out all the same may not have read that yet: a runner died before."""
    roles = _roles(server)
    if not running or open_logins(server):
        return Outcome(ok=True, summary=f"{roles} were not kept out.")
    if not server.ctx.effect(f"have {server.name} read its files again: no block stands, yet {roles} cannot connect"):
        return Outcome(ok=True, summary="would let the writers in again")
    reload_files(server)
    if open_logins(server):
        return Outcome(ok=True, summary=f"{roles} can connect again (tried): the server had not read its file.")
    text = "cannot connect, though no block of ours stands"
    cure = "See the server's log: it says which line of pg_hba.conf turns them away."
    finding = Finding(severity="warning", about=roles, text=text, cure=cure)
    return Outcome(ok=True, summary=f"{roles} were not kept out by cleo.", findings=[finding])


@action("postgres.writers", target=identity)
def writers(ctx: ActionContext) -> Outcome:
    """Tell whether the application's roles are kept out of PostgreSQL.

    Tries to log in as each role and member, by socket, TCP and for replication; what is down is read only.

    Needs: `app_roles` in the inventory; psql on the server's host.
    """
    server = find_server(ctx)
    roles = _roles(server)
    ways = open_logins(server) if postmaster(server) else None
    barred = are_kept_out(server) if ways is None else not ways
    seen = {None: "it is down", True: "tried just now", False: "; ".join(map(str, (ways or [])[:3]))}
    word = "kept out" if barred else "let in"
    summary = f"{roles}: {word} ({seen[None if ways is None else barred]})."
    return Outcome(ok=True, summary=summary, facts={"writers_barred": barred})


def bar_writers(server: Server) -> None:
    """Put the block at the top of ``pg_hba.conf``; once is enough. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: there is no ``pg_hba.conf``, or it cannot be written.
    """
    if not server.settings.app_roles:
        server.ctx.log("The inventory names no app_roles: nobody is kept out of the restored server.", "err")
        return
    if not (hba := hba_file(server)):
        raise ActionFailed(
            f"{server.name} has no pg_hba.conf: without it nobody can be kept out, nor can it be started.",
            "Put one where its configuration says (hba_file), then run this step again.",
        )
    bar(server, hba)


def are_kept_out(server: Server) -> bool:
    """Whether the block stands in the ``pg_hba.conf`` that counts."""
    hba = hba_file(server)
    return bool(hba) and is_barred(server, hba)


def _roles(server: Server) -> str:
    if not server.settings.app_roles:
        raise ActionFailed(
            f"The inventory names no app_roles for {server.name}: nobody knows who writes.",
            "Name the roles that write for the application, under app_roles:.",
        )
    return ", ".join(server.settings.app_roles)
