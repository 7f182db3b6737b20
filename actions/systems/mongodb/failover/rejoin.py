"""``mongodb.rejoin`` and ``mongodb.is_rejoined``: a fenced old primary comes back as a member that follows."""

from __future__ import annotations

import time
from typing import Any

from actions.action import action
from actions.context import ActionContext, Progress
from actions.failover.rejoining import WHICH, Back, Coming, Rejoining
from actions.machine.directories import size_words
from actions.outcome import ActionFailed, Cancelled, Cure, Finding, Outcome
from actions.systems.mongodb.failover import by_hand
from actions.systems.mongodb.failover.fence import FENCING
from actions.systems.mongodb.failover.members import Set, look_at_set
from actions.systems.mongodb.failover.priority import lower, priority_of
from actions.systems.mongodb.failover.priority import told as told_priority
from actions.systems.mongodb.failover.standing import KIND, by_its_set, name_in_set
from actions.systems.mongodb.fence_guard import stands, take_out
from actions.systems.mongodb.launch import launch, require_member_of_its_set
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.start_stop import START_S, keep_promise, require_nobody_answers
from actions.systems.mongodb.state import SECONDARY, ask
from actions.systems.mongodb.verified_connection import connect_verified
from journal.errors import CleoError
from journal.wording.counting import count

_NOTHING = "Nothing was changed."
_LOOK_S, _FOLLOWS_S, _PAUSE_S = 15.0, 3600.0, 0.5
_ROLLED_BACK = r"""find "$1/rollback" -type f -printf '%s %P\n' 2>/dev/null; true"""
_NAMED = 5


class MongodbRejoining(Rejoining[Server]):
    """How a member comes back to its set."""

    fencing = FENCING
    unseen = "What it took meanwhile would be rolled back unseen."

    def old(self, ctx: ActionContext, name: str = "") -> Server:
        """Return the one aimed at, where its set has another primary, whatever the inventory says; else as always."""
        server = KIND.found(ctx)
        named = name or ctx.params.get("standby")
        return server if not named and by_its_set(server, look_at_set(server)) else super().old(ctx, name)

    def prepare(self, server: Server, *, whole: bool) -> Coming:
        """Look who leads its set, and whether it can be started as its member."""
        leader, found = _require_leader(server)
        before, running = _rolled_back(server), server.process()
        if not running:
            require_member_of_its_set(server)
            require_nobody_answers(server)

        name, mine = name_in_set(server), found.leader()
        own, led = priority_of(found, name), priority_of(found, mine.name if mine else "")

        def go() -> None:
            if own > led:
                lower(leader, server, found, name, led)
            if stands(server):
                take_out(server)
            if not running:
                launch(server, "rejoin", START_S)
                keep_promise(server)

        def prove() -> Back:
            _wait(server, leader)
            new = {name: size for name, size in _rolled_back(server).items() if name not in before}
            said = f"follows {leader.name} (term {found.term}), and has all that was there as it came"
            words = f"{said}; {count(len(new), 'file')} of what it rolled back"
            told = [*_told(server, new), *_voteless(server, found), *told_priority(server)]
            return Back(words, told, {"rolled_back": sorted(new)})

        said = f"see {server.name} through" if running else f"lift the fence of {server.name} and start it"
        if own > led:
            said = f"give {server.name} the priority {led:g}, not {own:g}, so that it does not lead by itself; {said}"
        return Coming(f"{said}, as a member that follows {leader.name}", go, prove, begun=bool(running))

    def follows(self, server: Server) -> tuple[bool, str]:
        """Return what it is in its set."""
        state = _state(server)[0]
        return state == SECONDARY, f"is {state} in its set"


REJOINING = MongodbRejoining()


@action(
    "mongodb.rejoin",
    destructive=True,
    probe="mongodb.is_rejoined",
    resumable=True,
    live={"fenced": REJOINING.no_writer, "managed": REJOINING.unmanaged},
    touches=("data directory",),
    target=REJOINING.identity,
    params={"standby": WHICH},
    by_hand=by_hand.rejoin,
)
def rejoin(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Bring a fenced old primary back as a member of its set that follows the new one.

    Its fence goes, it is started, and watched until it has what the new primary had as it came. What it took and no
    majority acknowledged it rolls back by itself, into files that are named: nobody else has that. Of a higher priority
    its set would have it lead again by itself: so it gets that of who leads, until mongodb.switch_back. Aimed at
    the new primary it is the old one that comes back.

    Needs: it fenced, its host answering; its set with another primary, whose configuration has it as a member.

    Leaves: a secondary; what it rolled back, under rollback/ in its data directory.

    Killed half way: it is fenced still, or starts and follows by itself; run again, it is seen through.
    """
    return REJOINING.rejoin(ctx, standby)


@action("mongodb.is_rejoined", target=REJOINING.identity, params={"standby": WHICH})
def is_rejoined(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell whether the server follows its set's primary.

    Needs: its address.
    """
    return REJOINING.is_rejoined(ctx, standby)


def _require_leader(server: Server) -> tuple[Server, Set]:
    """Return who leads its set, and the set.

    Raises:
        ActionFailed: nobody does, or can be asked, or the set does not have it as a member any more.
    """
    found = look_at_set(server, deadline_s=_LOOK_S)
    if not found:
        raise ActionFailed(
            f"None of the other members of the set of {server.name} can be asked: who leads it is not known.",
            "See that one of them answers; then run this again.",
            left_behind=_NOTHING,
        )
    leader = found.leader()
    if not leader or leader.system not in found.asked or leader.name == name_in_set(server):
        raise ActionFailed(
            f"The set of {server.name} has no other primary: it would come back to lead, or to wait.",
            "Have another member lead first (mongodb.promote); or, if it is to lead, lift its fence and start it.",
            left_behind=_NOTHING,
        )
    if not any(seat.name == name_in_set(server) for seat in found.seats):
        raise ActionFailed(
            f"{found.name} has no member {name_in_set(server)} any more: {server.name} would not follow it.",
            left_behind=_NOTHING,
            cures=[Cure(words="Have it copy everything as a new member.", action="mongodb.restore")],
        )
    return found.asked[leader.system], found


def _wait(server: Server, leader: Server) -> None:
    """Wait until it is secondary, and has what the leader had a moment ago.

    Raises:
        ActionFailed: it does not come so far: its set's oplog does not reach back to where it was.
    """
    with connect_verified(leader) as client:
        wanted = ask(client, "replSetGetStatus")["optimes"]["lastCommittedOpTime"]["ts"]
    end = time.monotonic() + _FOLLOWS_S
    state: tuple[str, Any, str] = ("", None, "")
    while time.monotonic() < end:
        if server.ctx.cancelled:
            raise Cancelled(f"{server.name} goes on catching up by itself.")
        try:
            state = _state(server)
        except CleoError as error:
            server.ctx.log(f"It cannot be asked for a moment: {error.message}", "err")
            if not server.process():
                break
            time.sleep(_PAUSE_S)
            continue
        if state[0] == SECONDARY and state[1] is not None and state[1] >= wanted:
            return
        if "too stale" in state[2]:
            break
        server.ctx.progress(Progress(text=f"{server.name} is {state[0]}, catching up"))
        time.sleep(_PAUSE_S)
    raise ActionFailed(
        f"{server.name} does not follow: it is {state[0] or 'down'}{f' ({state[2]})' if state[2] else ''}.",
        "See its log (mongodb.log).",
        left_behind="It is no fenced server any more, and takes no writes.",
        cures=[Cure(words="Stop it, and have it copy everything from its set anew.", action="mongodb.restore")],
    )


def _state(server: Server) -> tuple[str, Any, str]:
    """Return its state, the time stamp of its newest entry, and what it says of a trouble."""
    with connect_verified(server, deadline_s=5) as client:
        status = ask(client, "replSetGetStatus")
    own: dict[str, Any] = next((each for each in status["members"] if each.get("self")), {})
    return str(own.get("stateStr", "")), (own.get("optime") or {}).get("ts"), str(own.get("infoMessage", ""))


def _rolled_back(server: Server) -> dict[str, int]:
    """Return the files of what it rolled back, with their sizes in bytes."""
    lines = server.query(["sh", "-c", _ROLLED_BACK, "sh", server.data]).out.splitlines()
    return {name: int(size) for size, _, name in (line.partition(" ") for line in lines)}


def _told(server: Server, new: dict[str, int]) -> list[Finding]:
    if not new:
        return []
    names = ", ".join(f"{name} ({size_words(size)})" for name, size in sorted(new.items())[:_NAMED])
    more = f" and {len(new) - _NAMED} more" if len(new) > _NAMED else ""
    text = f"it rolled back what no majority had: {names}{more}, in {server.data}/rollback"
    cure = "bsondump shows it: decide with whoever owns the data what of it is to be written again."
    return [Finding(severity="warning", about=server.name, text=text, cure=cure)]


def _voteless(server: Server, found: Set) -> list[Finding]:
    own = next((seat for seat in found.seats if seat.name == name_in_set(server)), None)
    if own is None or own.votes:
        return []
    text = "it has no vote in its set: that was forced without it"
    cure = "rs.conf(): votes and priority as before, then rs.reconfig()."
    return [Finding(severity="warning", about=server.name, text=text, cure=cure)]
