"""``redis.writers``, ``redis.stop_writers`` and ``redis.allow_writers``: its users, kept out and let in."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.gate import Closed
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.redis import by_hand
from actions.systems.redis.heartbeat import newest_write
from actions.systems.redis.identity import identity
from actions.systems.redis.login_block import (
    Barred,
    app_users,
    bar_at_start,
    bar_now,
    give_back,
    load_barred,
    off_at_start,
    open_ways,
    other_writers,
    require_not_ourselves,
    unknown_users,
    users_file,
)
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.start_stop import require_nobody_answers
from actions.systems.redis.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.measured import Measured
from journal.wording.counting import count

_STOP_WRITERS = "redis.stop_writers"


@action(
    _STOP_WRITERS,
    destructive=True,
    probe="redis.writers",
    resumable=True,
    touches=("data directory",),
    undone_by="redis.allow_writers",
    target=identity,
    by_hand=by_hand.stop_writers,
)
def stop_writers(ctx: ActionContext) -> Outcome:
    """Keep the application from writing to Redis.

    Its users are switched off (ACL), their connections ended, and each is tried. Reading ends, too.

    Needs: `app_users`, with passwords where it is to be tried; a user of our own that is none of them; the right to
    write the file with the users.

    Leaves: the users switched off in the server and at the end of their line in its file, until redis.allow_writers;
    what was changed is in `….cleo-writers.json`.

    Killed half way: what will be changed is written down first; run it again.
    """
    server = find_server(ctx)
    names, running, file = _names(server), server.process(), users_file(server)
    require_not_ourselves(server)
    if not running:
        return _stop_at_start(server, names, file)
    with connect_verified(server):
        pass  # another server at its address is nobody's to change
    where = file or "its memory alone"
    if not ctx.effect(f"switch {names} off in {server.name} and in {where}, and end their connections"):
        return Outcome(ok=True, summary=f"would keep {names} out")
    ended = bar_now(server)
    if ways := open_ways(server):
        raise ActionFailed(
            f"{names} are not kept out of {server.name}: {'; '.join(map(str, ways))}.",
            "Look who gives them a way in; or stop the server (redis.stop).",
            left_behind=f"They are switched off in {where}.",
        )
    return Outcome(
        ok=True,
        summary=f"{names} cannot log in ({_how_known(server)}); "
        f"{count(ended, 'connection was', 'connections were')} ended.",
        facts={"sessions_ended": ended, "users_file": file, **_last_write(server).facts()},
        findings=_findings(server, file),
    )


def _stop_at_start(server: Server, names: str, file: str) -> Outcome:
    """Keep them out of a server that is down, from its very first moment on."""
    if not file:
        text = "its users are in no file: a start lets them in"
        finding = Finding(severity="warning", about=names, text=text, cure="Stop the writers again once it runs.")
        summary = f"{server.name} is down and nobody can write; it has no file of users."
        return Outcome(ok=True, summary=summary, facts={"sessions_ended": 0}, findings=[finding])
    if not server.ctx.effect(f"switch {names} off in {file}"):
        return Outcome(ok=True, summary=f"would keep {names} out")
    bar_at_start(server)
    if left := off_at_start(server):
        text = f"has no line in {file}: a start lets it in, if it knows it"
        raise ActionFailed(
            f"{', '.join(left)} {text}.", "Correct app_users in the inventory, or the file.", left_behind="It is down."
        )
    summary = f"{server.name} is down, and {file} keeps {names} out when it starts."
    return Outcome(ok=True, summary=summary, facts={"sessions_ended": 0, "users_file": file})


@action(
    "redis.allow_writers",
    probe="redis.writers",
    resumable=True,
    gates=("sound-data",),
    touches=("data directory",),
    target=identity,
    by_hand=by_hand.allow_writers,
)
def allow_writers(ctx: ActionContext) -> Outcome:
    """Let the application write to Redis again.

    Whom somebody else had switched off stays off. Refused while something in the data is proven to be wrong.

    Needs: what redis.stop_writers needs.

    Leaves: the users and their lines exactly as they were.

    Killed half way: some may be in again and others not; run it again.
    """
    server = find_server(ctx)
    names, running, barred = _names(server), server.process(), load_barred(server)
    if not running:
        require_nobody_answers(server)
    if not barred or not barred.lines:
        return _not_barred(server, names, running=bool(running))
    if running:
        with connect_verified(server):
            pass
    back = ", ".join(barred.lines)
    if not ctx.effect(f"let {back} in again, exactly as before"):
        return Outcome(ok=True, summary=f"would let {back} in again")
    give_back(server, barred, running=bool(running))
    if not running:
        return Outcome(ok=True, summary=f"{server.name} is down; {back} can log in again once it is started.")
    return Outcome(ok=True, summary=f"{back} can log in again.", findings=_shut_out(server, barred))


@action("redis.writers", target=identity)
def writers(ctx: ActionContext) -> Outcome:
    """Tell whether the application's users are kept out of Redis.

    Needs: `app_users`, with passwords where it is to be tried.
    """
    server = find_server(ctx)
    names = _names(server)
    if server.process():
        ways = open_ways(server)
        out, seen = not ways, "; ".join(map(str, ways)) or _how_known(server)
    else:
        out, seen = not off_at_start(server), "it is down"
    word = "kept out" if out else "let in"
    return Outcome(ok=True, summary=f"{names}: {word} ({seen}).", facts={"writers_barred": out})


def writers_kept_out(ctx: ActionContext) -> Closed | None:
    """A gate: the application's users cannot log in; tried where the server runs, read where it starts from else."""
    server = find_server(ctx)
    running = server.process()
    if running:
        why = "; ".join(map(str, open_ways(server)))
    elif not users_file(server):
        return None  # it is down, and whoever starts it keeps them out then
    else:
        why = ", ".join(f"{name} comes in as soon as it starts" for name in off_at_start(server))
    if not why:
        return None
    message = f"Writers are not stopped: {why}. What they write meanwhile is lost or mixed in."
    return Closed("one-writer", message, "reason and target", _STOP_WRITERS)


def bar_writers(server: Server) -> None:
    """Keep the application's users out of the server that a restore is about to start.

    Call it only where ``effect`` said True; once is enough.
    """
    if not server.settings.app_users:
        server.ctx.log("The inventory names no app_users: nobody is kept out of the restored server.", "err")
        return
    require_not_ourselves(server)
    bar_at_start(server)
    if left := off_at_start(server):
        server.ctx.log(f"Nothing keeps {', '.join(left)} out of the server once it starts.", "err")


def _names(server: Server) -> str:
    return ", ".join(user.name for user in app_users(server))


def _how_known(server: Server) -> str:
    untried = [user.name for user in app_users(server) if user.password is None]
    return (
        f"switched off; not tried, the inventory has no password of {', '.join(untried)}"
        if untried
        else "tried as each"
    )


def _findings(server: Server, file: str) -> list[Finding]:
    found = [
        _warning(
            name, "the server has no such user: nobody is kept out by that name", "Correct app_users in the inventory."
        )
        for name in unknown_users(server)
    ]
    found += [
        _warning(name, "may write as well, and is not kept out", "Is it the application's? Then add it to app_users.")
        for name in other_writers(server)
    ]
    if not file:
        cure = "Do not restart it; or give it an aclfile."
        found.append(_warning(server.name, "its users are in no file: a restart lets them in again", cure))
    return found


def _warning(about: str, text: str, cure: str) -> Finding:
    return Finding(severity="warning", about=about, text=text, cure=cure)


def _last_write(server: Server) -> Measured:
    """Return the last write that the writers made: whatever is recovered to, what is missing of it is the loss."""
    try:
        with connect_verified(server) as client:
            newest, _trouble = newest_write(client, server.settings)
    except CleoError as error:
        server.ctx.log(f"The writers' last write is not measured: {error.message}", "err")
        return Measured()
    return Measured(newest_commit_at=newest, no_commit_after=newest)


def _not_barred(server: Server, names: str, *, running: bool) -> Outcome:
    """Nothing of ours keeps them out; whoever is off all the same was so before."""
    left = [] if running else off_at_start(server)
    out = not open_ways(server) if running else not left
    if not out:
        return Outcome(ok=True, summary=f"{names} were not kept out.")
    text = "cannot log in, though nothing of ours keeps it out"
    cure = "It was switched off before, by somebody else: ask who, then ACL SETUSER NAME on."
    return Outcome(ok=True, summary=f"{names} were not kept out by cleo.", findings=[_warning(names, text, cure)])


def _shut_out(server: Server, barred: Barred) -> list[Finding]:
    """Try to log in as each that was let in."""
    try:
        open_ = {way.user for way in open_ways(server) if "can log in" in way.how or "connected" in way.how}
    except CleoError as error:
        server.ctx.log(f"Whether they can log in was not tried: {error.message}", "err")
        return []
    tried = [user.name for user in app_users(server) if user.password and user.name in barred.lines]
    text, cure = (
        "is switched on, and cannot log in",
        "Its password is another than the inventory's: correct one of them.",
    )
    return [_warning(name, text, cure) for name in tried if name not in open_]
