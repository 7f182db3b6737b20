"""``mongodb.stop_writers`` and ``mongodb.allow_writers``: take the application's users their roles, and give them back.

At a server that is down nothing can be taken from anybody: that it is to be done is written down beside the data
directory, and done as soon as cleo starts the server.
"""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.gate import Closed
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.mongodb.identity import identity
from actions.systems.mongodb.kept_out import forget_promise, is_promised, promise
from actions.systems.mongodb.login_block import (
    block_users,
    blocked_users,
    open_ways,
    others,
    release_users,
    unknown_users,
)
from actions.systems.mongodb.managers import unmanaged
from actions.systems.mongodb.primary import connect_primary
from actions.systems.mongodb.server import Server, find_server
from actions.systems.mongodb.settings import MongodbSettings
from actions.systems.mongodb.start_stop import require_nobody_answers
from actions.systems.mongodb.state import newest_write
from journal.errors import CleoError
from journal.events.measured import Measured
from journal.wording.counting import count

_STOP_WRITERS = "mongodb.stop_writers"


def _by_hand(known: ByHand) -> Sequence[CommandLine]:
    users = known.settings(MongodbSettings).app_users
    what = "write down what `db.getUser` says of each of them, then take it its roles"
    names = ", ".join(f"{user.user} (in {user.database})" for user in users)
    return [CommandLine(what=f"in mongosh: {what}: db.updateUser(NAME, {{roles: []}}): {names}")]


def _by_hand_back(known: ByHand) -> Sequence[CommandLine]:
    users = known.settings(MongodbSettings).app_users
    names = ", ".join(f"{user.user} (in {user.database})" for user in users)
    return [CommandLine(what=f"in mongosh: db.updateUser(NAME, {{roles: ROLES}}), as it had them: {names}")]


@action(
    _STOP_WRITERS,
    destructive=True,
    probe="mongodb.writers",
    resumable=True,
    live={"managed": unmanaged},
    touches=("data directory",),
    undone_by="mongodb.allow_writers",
    target=identity,
    by_hand=_by_hand,
)
def stop_writers(ctx: ActionContext) -> Outcome:
    """Keep the application from writing to MongoDB.

    Its users lose their roles at the primary, what they are doing is ended, and each tries a write that would change
    nothing. Reading ends, too.

    Needs: `app_users`, with passwords where it is to be tried; a user with userAdminAnyDatabase that is none of them.

    Leaves: their roles in the users' own `customData`, until mongodb.allow_writers; beside the data directory a file
    that says so for the next start. A backup taken now carries it along.

    Killed half way: each user has its roles or has them remembered, in one command; run it again.
    """
    server = find_server(ctx)
    names = _names(server)
    _require_not_ourselves(server)
    if not server.process():
        require_nobody_answers(server)
        if ctx.effect(f"keep {names} out of {server.name} as soon as it is started: it is down now"):
            promise(server)
        summary = f"{server.name} is down: nobody can write. {names} will be kept out when cleo starts it."
        return Outcome(ok=True, summary=summary, facts={"sessions_ended": 0})
    if not ctx.effect(f"take the roles of {names} away at {server.name}, and end what is going on"):
        return Outcome(ok=True, summary=f"would keep {names} out")
    promise(server)
    ended = block_users(server)
    return Outcome(
        ok=True,
        summary=f"{names} cannot write (tried as each); {count(ended, 'operation was', 'operations were')} ended.",
        facts={"sessions_ended": ended, **_last_write(server).facts()},
        findings=[*_not_tried(server), *_unknown(server), *others(server)],
    )


@action(
    "mongodb.allow_writers",
    probe="mongodb.writers",
    resumable=True,
    gates=("sound-data",),
    live={"managed": unmanaged},
    touches=("data directory",),
    target=identity,
    by_hand=_by_hand_back,
)
def allow_writers(ctx: ActionContext) -> Outcome:
    """Let the application write to MongoDB again.

    Refused while something in the data is proven to be wrong.

    Needs: the server running; what mongodb.stop_writers needs.

    Leaves: every user with the roles it had, and nothing of ours in its `customData`.

    Killed half way: some users may have theirs back and others not; run it again.
    """
    server = find_server(ctx)
    names = _names(server)
    if not server.process():
        require_nobody_answers(server)
        raise ActionFailed(
            f"{server.name} is down: its users cannot be given back their roles.",
            "Start it (mongodb.start) or restore it first, and verify it.",
            left_behind="Nothing was changed.",
        )
    kept = blocked_users(server)
    if not kept and not is_promised(server):
        return Outcome(ok=True, summary=f"{names} were not kept out.", findings=_still_out(server))
    if not ctx.effect(f"give back the roles of {', '.join(kept) or names} at {server.name}"):
        return Outcome(ok=True, summary="would let the writers in again")
    forget_promise(server)
    release_users(server)
    return Outcome(ok=True, summary=f"{names} can write again.", findings=_still_out(server))


@action("mongodb.writers", target=identity)
def writers(ctx: ActionContext) -> Outcome:
    """Tell whether the application's users are kept out of MongoDB.

    Needs: `app_users`, with passwords where it is to be tried.
    """
    server = find_server(ctx)
    names = _names(server)
    if not server.process():
        barred = is_promised(server)
        words = "it is down; they are kept out when cleo starts it" if barred else "it is down"
        return Outcome(ok=True, summary=f"{names}: {words}.", facts={"writers_barred": barred})
    ways = open_ways(server)
    open_ = [str(way) for way in ways if way.tried]
    said = "; ".join(open_[:3]) or ("tried just now" if not ways else "; ".join(map(str, ways[:3])))
    word = "let in" if open_ else "kept out"
    return Outcome(ok=True, summary=f"{names}: {word} ({said}).", facts={"writers_barred": not open_})


def writers_kept_out(ctx: ActionContext) -> Closed | None:
    """A gate: the application's users cannot write: tried as each, or the server is down and they are kept out then."""
    server = find_server(ctx)
    if not server.process():
        if is_promised(server):
            return None
        words = f"Writers are not stopped: {server.name} is down, and nothing keeps them out once it is started."
        return Closed("one-writer", words, "reason and target", _STOP_WRITERS)
    if not (ways := [way for way in open_ways(server) if way.tried]):
        return None
    message = f"Writers are not stopped: {ways[0]}. What they write meanwhile is lost or mixed in."
    return Closed("one-writer", message, "reason and target", _STOP_WRITERS)


def _names(server: Server) -> str:
    if not server.settings.app_users:
        raise ActionFailed(
            f"The inventory names no app_users for {server.name}: nobody knows who writes.",
            "Name the users that write for the application, under app_users:.",
        )
    return ", ".join(user.user for user in server.settings.app_users)


def _require_not_ourselves(server: Server) -> None:
    """Who is kept out must not be the console: it could not let anybody in again."""
    ours = (server.settings.user, server.settings.auth_database)
    if ours in {(user.user, user.database) for user in server.settings.app_users}:
        raise ActionFailed(
            f"cleo logs in to {server.name} as {ours[0]}, which is one of app_users: it would lock itself out.",
            "Give cleo a user of its own in the inventory (user:).",
        )


def _last_write(server: Server) -> Measured:
    """Return the last write that the writers made: whatever is recovered to, what is missing of it is the loss."""
    try:
        with connect_primary(server) as client:
            last = newest_write(client, server.settings.heartbeat)
    except CleoError as error:
        server.ctx.log(f"The writers' last write is not measured: {error.message}", "err")
        return Measured()
    return Measured(newest_commit_at=last, no_commit_after=last)


def _not_tried(server: Server) -> list[Finding]:
    cure = "Give its password in the inventory (app_users:), then stop the writers again: then it is tried."
    ways = [way for way in open_ways(server) if not way.tried]
    return [Finding(severity="warning", about=way.user, text=f"{way.said}; it has no roles", cure=cure) for way in ways]


def _unknown(server: Server) -> list[Finding]:
    text = "the server has no such user: nobody is kept out by that name"
    cure = "Correct app_users in the inventory, then stop the writers again."
    return [Finding(severity="warning", about=name, text=text, cure=cure) for name in unknown_users(server)]


def _still_out(server: Server) -> list[Finding]:
    """Return who cannot write though nothing of ours keeps it out."""
    found = {way.user for way in open_ways(server) if way.tried}
    shut = [user.user for user in server.settings.app_users if user.user not in found]
    text, cure = "cannot write, though nothing of ours keeps it out", "See its roles: db.getUser, in mongosh."
    return [Finding(severity="warning", about=name, text=text, cure=cure) for name in shut]
