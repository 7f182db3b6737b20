"""``mongodb.promote``: another member of the set leads it, elected by a majority; without one only by force."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from actions.action import action
from actions.context import ActionContext
from actions.failover.promoting import Promoting, Proven, TookOver
from actions.failover.promotion_record import PromotionRecord
from actions.failover.standing import UNSEEN
from actions.gate import Closed
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.mongodb.connection import CannotConnect
from actions.systems.mongodb.failover import by_hand
from actions.systems.mongodb.failover.choice import choose, require_set
from actions.systems.mongodb.failover.fence import FENCING
from actions.systems.mongodb.failover.force import force, may_lead, require_forced, voteless
from actions.systems.mongodb.failover.members import Seat, Set, look_at_set
from actions.systems.mongodb.failover.priority import lower, outranks, priority_of
from actions.systems.mongodb.failover.priority import told as told_priority
from actions.systems.mongodb.failover.standing import name_in_set
from actions.systems.mongodb.failover.told import lacks, surprises, tell_set
from actions.systems.mongodb.identity import identity_of
from actions.systems.mongodb.login_block import block_users, others
from actions.systems.mongodb.managers import managed_by
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.state import PRIMARY, ask, newest_write
from actions.systems.mongodb.verified_connection import connect_verified
from journal.errors import CleoError
from journal.events.measured import Measured
from journal.events.types import Identity

_ELECTED_S, _WRITE_S, _PAUSE_S = 60.0, 8.0, 0.5
_BY_ITSELF_S = 12.0
"""Seconds in which a set elects a primary by itself (electionTimeoutMillis is ten)."""


class _Chosen(NamedTuple):
    server: Server
    seat: Seat
    found: Set
    old: str
    """What the set calls the old primary."""
    already: bool = False
    """Never: whom a majority elected is taken, whoever asked for that."""


class MongodbPromoting(Promoting[Server, _Chosen]):
    """How another member comes to lead a set."""

    fencing = FENCING
    no_users = "app_users"

    def choose(self, primary: Server, name: str) -> Server:
        """Return who leads already, else who is named, else who came furthest."""
        return choose(primary, require_set(primary, look_at_set(primary)), name)[0]

    def look(self, primary: Server, name: str) -> _Chosen:
        """Return the same with its set."""
        found = require_set(primary, _without_what_is_down(primary, look_at_set(primary)))
        tell_set(primary, found)
        server, seat = choose(primary, found, name)
        return _Chosen(server, seat, found, name_in_set(primary))

    def managed(self, server: Server) -> Closed | None:
        """Return the automation or operator of a member."""
        return managed_by(server)

    def identity_of(self, server: Server) -> Sequence[Identity]:
        """Return what tells a server from every other."""
        return identity_of(server)

    def told(self, primary: Server, chosen: _Chosen) -> list[Finding]:
        """Return what it lacks, and what will be otherwise once it leads."""
        findings, _ = lacks(primary, chosen.server, chosen.seat)
        return [*findings, *surprises(primary, chosen.found, chosen.seat)]

    def left_out(self, chosen: _Chosen) -> tuple[str, str]:
        """Return that it is never to lead, by its set's configuration."""
        never = chosen.seat.never
        late = "what it has not applied, where no other member has it; " if "delayed" in never else ""
        return (f"is {never}", f"{late}its set's configuration is forced for it") if never else ("", "")

    def require_fit(self, primary: Server, chosen: _Chosen) -> None:
        """Stop where no majority is there."""
        if not chosen.found.has_majority:
            require_forced(primary, chosen.found, chosen.seat)

    def effect(self, chosen: _Chosen) -> str:
        """Return how it comes to lead, and who is kept out."""
        words = _words(chosen.server, chosen.found, chosen.seat, forced=not chosen.found.has_majority)
        preferred = chosen.found.has_majority and outranks(chosen.found, chosen.old, chosen.seat.name)
        return f"{words}; have {chosen.old}, of a higher priority, not lead again by itself" if preferred else words

    def record(self, chosen: _Chosen) -> PromotionRecord:
        """Return the set's term and the member's newest entry."""
        received = chosen.seat.position.packed
        return PromotionRecord(standby=chosen.server.name, timeline=chosen.found.term, received=received)

    def take_over(self, primary: Server, chosen: _Chosen) -> TookOver[Server]:
        """Force the set where nobody could be elected as it is, and wait until a member leads it."""
        found, seat = chosen.found, chosen.seat
        if found.has_majority and not seat.never:
            return TookOver(_elected(primary, chosen.server, found))
        force(chosen.server, found, seat)
        lost = [] if found.has_majority else voteless(found)
        return TookOver(_elected(primary, chosen.server, found), " (forced)", [*may_lead(found, seat), *lost])

    def prove(self, server: Server, record: PromotionRecord) -> Proven:
        """Keep the application out, and have a majority acknowledge an entry within seconds."""
        users = self.keeps_out(server)
        if users:
            block_users(server)
        term = _require_write(server)
        with connect_verified(server) as client:
            newest = newest_write(client, server.settings.heartbeat)
        at = f", newest write {newest:%Y-%m-%d %H:%M:%S} UTC" if newest else ""
        words = f"leads the set in term {term}{at}; a majority acknowledged a write"
        back = Measured(recovered_to=newest, newest_commit_at=newest)
        return Proven(words, back, others(server) if users else [])

    def hold_back(self, primary: Server, server: Server) -> list[Finding]:
        """Give the old one the new one's priority, where its own is higher: one cut off needs no start to be back."""
        found, old, new = look_at_set(server), name_in_set(primary), name_in_set(server)
        if found and outranks(found, old, new):
            lower(server, primary, found, old, priority_of(found, new))
        return told_priority(primary)

    def keeps_out(self, server: Server) -> bool:
        """Whether there are users to keep out."""
        return bool(server.settings.app_users)


PROMOTING = MongodbPromoting()
old_primary_fenced = PROMOTING.old_fenced


@action(
    "mongodb.promote",
    destructive=True,
    probe="mongodb.is_promoted",
    resumable=True,
    gates=("strategy",),
    live={"fenced": old_primary_fenced, "managed": PROMOTING.unmanaged},
    touches=("data directory",),
    undone_by="mongodb.allow_writers",
    target=PROMOTING.identity,
    params={"standby": "the inventory's name of the member, where the one that came furthest shall not lead"},
    by_hand=by_hand.promote,
)
def promote(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Have another member lead the set.

    Says of each member what it is and how far it came. Where a majority is there and has elected one, that is taken;
    else the one that came furthest is asked to step up. Where no majority is there, the set is forced to do without
    the lost members, which is decided with a reason: they keep their place without a vote. One that is hidden, delayed
    or of priority 0 leads for who names it, with a reason: its place in the set is changed. Keeps the application out,
    and proves it by a write that a majority acknowledges. An old primary of a higher priority gets that of the new one,
    until mongodb.switch_back: else it leads again by itself once it is back. The new one plays the old one's part.

    Needs: the old primary fenced, by us or by an election, and proven to be so now; recovery to the latest.

    Leaves: another primary, the application kept out of it until mongodb.allow_writers. The inventory's file still
    names the old one: change it before the incident is closed.

    Killed half way: the set has a primary or has none; run again, it is seen through.
    """
    return PROMOTING.promote(ctx, standby)


@action("mongodb.is_promoted", target=PROMOTING.identity, params={"standby": "the inventory's name of the member"})
def is_promoted(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell whether another member leads the set, and whether a majority acknowledged that.

    Needs: the member's address.
    """
    server = PROMOTING.standby(ctx, standby)
    try:
        with connect_verified(server, deadline_s=5) as client:
            status = ask(client, "replSetGetStatus")
    except CleoError as error:
        return Outcome(ok=False, summary=f"{server.name} cannot be asked: {error.message}", facts={"promoted": None})
    leads = int(status.get("myState", 0)) == 1
    committed = int(status["optimes"]["lastCommittedOpTime"].get("t", -1)) == int(status["term"])
    said = "leads its set" if leads else "does not lead its set"
    more = "" if committed or not leads else ", and no majority acknowledged anything of it yet"
    return Outcome(ok=leads and committed, summary=f"{server.name} {said}{more}.", facts={"promoted": leads})


def _without_what_is_down(primary: Server, found: Set | None) -> Set | None:
    """What was stopped a moment ago other members take for healthy for some seconds: its host knows better."""
    try:
        if not found or primary.process():
            return found
    except UNSEEN:
        return found
    own = name_in_set(primary)
    seats = [msgspec.structs.replace(s, healthy=False, state="down") if s.name == own else s for s in found.seats]
    return found._replace(seats=seats)


def _words(server: Server, found: Set, seat: Seat, *, forced: bool) -> str:
    users = [user.user for user in server.settings.app_users]
    let = f", which is {seat.never}, be one that may lead," if seat.never else ""
    kept = f", keep {', '.join(users)} out of it" if users else ""
    if forced:
        lost = ", ".join(each.system or each.name for each in found.lost)
        without = f"force {found.name} to do without the votes of {lost}"
        return f"{without}, have {server.name}{let} lead it at {seat.position}{kept}"
    if seat.state == PRIMARY:
        return f"take {server.name} for the primary, which {found.name} has elected{kept}; try a majority write"
    if let:
        place = f"force the configuration of {found.name}: have {server.name}{let}"
        return f"{place} and stand for election at {seat.position}{kept}; try a majority write"
    return f"have {server.name} stand for election at {seat.position}{kept}; try a majority write"


def _elected(primary: Server, wanted: Server, found: Set) -> Server:
    """Wait until a member leads, and return it: the one that was asked to, or whom the set preferred.

    Raises:
        ActionFailed: none does.
    """
    begun, asked = time.monotonic(), False
    while time.monotonic() < begun + _ELECTED_S:
        primary.ctx.check_cancelled()
        now = look_at_set(primary)
        leader = now.leader() if now else None
        if now and leader and leader.system:
            return choose(primary, now, "")[0]
        if not asked and (found.lost or time.monotonic() > begun + 1):
            asked = _step_up(wanted) or time.monotonic() > begun + _BY_ITSELF_S
        time.sleep(_PAUSE_S)
    raise ActionFailed(
        f"{found.name} has no primary {_ELECTED_S:.0f} s after {wanted.name} was asked to lead it.",
        "See its log (mongodb.log): who did not vote for it, and why. Then run this again.",
        left_behind="The set has no primary; the application cannot write.",
    )


def _step_up(server: Server) -> bool:
    """Ask a member to stand for election; a set that just elects another one refuses, which is no failure."""
    try:
        with connect_verified(server, deadline_s=15) as client:
            ask(client, "replSetStepUp")
    except CleoError as error:
        server.ctx.log(f"{server.name} was not elected: {error.message}", "err")
        return False
    server.ctx.log(f"{server.name} stood for election.")
    return True


def _require_write(server: Server) -> int:
    """Have a majority acknowledge an entry within seconds, without touching data; return the term.

    Raises:
        ActionFailed: it does not.
    """
    note = {"cleo": f"promoted, incident {server.ctx.incident.id}"}
    concern = {"w": "majority", "wtimeout": int(_WRITE_S * 1000)}
    left = f"{server.name} leads the set; the application is kept out of it."
    try:
        with connect_verified(server, deadline_s=_WRITE_S + 5) as client:
            said = client.admin.command("appendOplogNote", 1, data=note, writeConcern=concern)
            if trouble := said.get("writeConcernError"):  # the client library does not take that for an error
                raise CannotConnect(str(trouble.get("errmsg", trouble)), "other")
            return int(ask(client, "replSetGetStatus")["term"])
    except CleoError as error:
        raise ActionFailed(
            f"{server.name} leads the set, and no majority acknowledges a write: {error.message}",
            left_behind=left,
            cures=[
                Cure(words="Start the members that are down: a majority of those with data must answer."),
                Cure(words="Then have it seen through.", action="mongodb.promote"),
            ],
        ) from error
