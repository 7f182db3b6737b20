"""``mongodb.switch_back``: the set's primary hands over to another member, as planned, and nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Sequence

from actions.action import action
from actions.context import ActionContext
from actions.failover.means import NOTHING
from actions.failover.promotion_record import PromotionRecord
from actions.failover.switching_back import WHICH, Left, SwitchingBack
from actions.gate import Closed
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.mongodb.failover import by_hand
from actions.systems.mongodb.failover.election import (
    AGAIN,
    ALLOW,
    all_stand_again,
    have_it_elected,
    others_away,
    step_down,
    wait_until_it_has_all,
)
from actions.systems.mongodb.failover.members import Seat, Set, look_at_set
from actions.systems.mongodb.failover.oplog_end import has, keep, kept, last_of, newest
from actions.systems.mongodb.failover.priority import give_back, kept_priority, priority_of
from actions.systems.mongodb.failover.promote import PROMOTING
from actions.systems.mongodb.failover.rejoin import REJOINING
from actions.systems.mongodb.failover.standing import KIND, name_in_set
from actions.systems.mongodb.failover.told import surprises, tell_set
from actions.systems.mongodb.login_block import block_users
from actions.systems.mongodb.managers import managed_by
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.state import SECONDARY
from journal.errors import CleoError

_BEHIND_S = 30
"""Seconds that a member may be behind before: writers are held until it has everything."""
_FOLLOWS_S, _PAUSE_S = 60.0, 0.2


class MongodbSwitchingBack(SwitchingBack[Server]):
    """How the lead of a set goes from one member to another: by a step-down that waits, and an election."""

    promoting = PROMOTING
    alike = "the last entry of the one that led is in the other's oplog"

    def managed(self, server: Server) -> Closed | None:
        """Return the automation or operator of a member."""
        return managed_by(server)

    def next(self, primary: Server, name: str) -> Server:
        """Return who is to lead, whatever the set prefers: whom a majority elected is who leads now."""
        behind = {one.name: one for one in KIND.followers(primary)}
        if name in behind:
            return KIND.serving(behind[name], primary)
        return super().next(primary, name)

    def leads(self, primary: Server, server: Server) -> bool:
        """Whether it leads its set already."""
        try:
            return KIND.leads(server)
        except CleoError as error:
            server.ctx.log(f"{server.name} cannot be asked: {error.message}", "err")
            self.not_asked(primary, server, server)

    def look(self, primary: Server, server: Server) -> Sequence[Finding]:
        """Look that it is a member that follows, may lead for good, and is near."""
        found = self._set(primary, server)
        tell_set(primary, found)
        seat = self._seat(primary, server, found)
        lead = self._lead(primary, server, found)
        _require_for_good(primary, server, found, seat)
        if lead:
            self._require_near(lead, server)
        return list(surprises(primary, found, seat))

    def effect(self, primary: Server, server: Server) -> str:
        """Return who is kept out, and how the lead goes over."""
        users = ", ".join(user.user for user in primary.settings.app_users)
        kept = f"keep {users} out, " if users else ""
        return (
            f"{kept}wait until {server.name} has all that {primary.name} has, have that step down for it (the others "
            f"do not stand), and {server.name} stand for election; try a majority write"
        )

    def hand_over(self, primary: Server, server: Server) -> PromotionRecord:
        """Keep the application out, wait until the member has everything, and have it elected.

        Where a run before had the primary step down, whoever leads meanwhile hands over.
        """
        lead = self._lead(primary, server, self._set(primary, server))
        if lead:
            if primary.settings.app_users:
                block_users(lead)
            keep(primary, server, wait_until_it_has_all(lead, server))
            give_back(lead, server, self._set(primary, server), name_in_set(server))
        with others_away(lead or primary, server):
            if lead:
                step_down(lead)
                keep(primary, server, newest(lead))
            have_it_elected(server, primary)
        return kept(primary, server)

    def left(self, primary: Server, server: Server) -> Left:
        """See that the last entry of the one that led is in the other's oplog, and that it follows."""
        last = last_of(kept(primary, server))
        if not has(server, last):
            raise ActionFailed(
                f"{server.name} leads, and does not have the last entry of {primary.name} ({last}).",
                f"{primary.name} keeps what it rolls back, in files under rollback/ in its data directory: look there.",
                left_behind=f"{server.name} leads; the application is kept out of it.",
            )
        server.ctx.log(f"{server.name} has the last entry of {primary.name}: {last}.")
        if server.ctx.effect("let every other member stand for election again"):
            all_stand_again(primary, server)
        end = time.monotonic() + _FOLLOWS_S
        while not (seen := _follows(primary))[0] and time.monotonic() < end:
            primary.ctx.check_cancelled()
            time.sleep(_PAUSE_S)
        if not seen[0]:
            raise ActionFailed(
                f"{primary.name} does not follow {server.name}: it {seen[1]}.",
                "See its log (mongodb.log); then run this again.",
                left_behind=f"{server.name} leads; the application is kept out of it.",
            )
        return Left(f" {primary.name} {seen[1]}.")

    def _set(self, primary: Server, server: Server) -> Set:
        found = look_at_set(primary)
        if not found or server.name not in found.asked:
            self.not_asked(primary, server, server)
        return found

    def _seat(self, primary: Server, server: Server, found: Set) -> Seat:
        seat = next(one for one in found.seats if one.system == server.name)
        if seat.state != SECONDARY:
            self.not_following(primary, server, f"is {seat.state} in {found.name}")
        if not found.has_majority:
            self.not_following(primary, server, f"would not be elected: {len(found.alive)} of {len(found.voters)} vote")
        return seat

    def _lead(self, primary: Server, server: Server, found: Set) -> Server | None:
        """Return who leads: the primary; where a run before had it step down, whoever does, or nobody."""
        leads = KIND.promoted(primary)
        if leads:
            return primary
        before = PromotionRecord.of(primary.ctx.files, primary.name)
        if not before or before.standby != server.name:
            if leads is None:
                self.not_asked(primary, server, primary)
            self.not_following(primary, server, f"is in a set that {primary.name} does not lead")
        leader = found.leader()
        return found.asked.get(leader.system) if leader else None

    def _require_near(self, lead: Server, server: Server) -> None:
        end, mine = newest(lead), newest(server)
        lead.ctx.log(f"{lead.name} is at {end}, {server.name} at {mine}.")
        if (behind := end.second - mine.second) > _BEHIND_S:
            self.too_far_behind(lead, server, f"{behind} s")


SWITCHING_BACK = MongodbSwitchingBack()


@action(
    AGAIN,
    destructive=True,
    probe="mongodb.is_switched_back",
    resumable=True,
    live={"managed": SWITCHING_BACK.unmanaged},
    touches=("data directory",),
    undone_by=ALLOW,
    target=SWITCHING_BACK.identity,
    params={"standby": WHICH},
    by_hand=by_hand.switch_back,
)
def switch_back(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Have the set's primary hand over to the member that led before, at a quiet hour, with nothing lost.

    Keeps the application out, waits until that member has all of the primary's oplog, has the primary step down, which
    waits once more, and that member elected; the others do not stand meanwhile. Proven by a majority's write, and by
    the last entry of the one that led, which is in the other's oplog. That one follows from then on.

    Needs: a majority of the set; the member following (mongodb.rejoin), with a vote and no lower priority than others.

    Leaves: the member as the primary, the application kept out until mongodb.allow_writers; the other one secondary.

    Killed half way: one of the two leads, or nobody for some seconds; the application is kept out. Run again, it is
    seen through, and every member stands for election again; without that it does within ninety seconds.
    """
    return SWITCHING_BACK.switch_back(ctx, standby)


@action("mongodb.is_switched_back", target=SWITCHING_BACK.identity, params={"standby": WHICH})
def is_switched_back(ctx: ActionContext, *, standby: str = "") -> Outcome:
    """Tell whether the member leads that mongodb.switch_back has lead.

    Needs: the member's address.
    """
    return SWITCHING_BACK.is_switched_back(ctx, standby)


def _require_for_good(primary: Server, server: Server, found: Set, seat: Seat) -> None:
    """Stop at a member that cannot be elected, or from which another one would take the lead again.

    Raises:
        ActionFailed: so it is.
    """
    own = kept_priority(server.ctx.files, server.name)
    own = priority_of(found, seat.name) if own is None else own
    more = [one for one in found.seats if priority_of(found, one.name) > own and one.healthy]
    why = f"is {seat.never}" if seat.never else ("" if seat.votes else "has no vote")
    if not why and more:
        names = ", ".join(one.system or one.name for one in more)
        why = f"has a lower priority ({own:g}) than {names}: its set would have that lead again"
    if why:
        raise ActionFailed(
            f"{server.name} {why}.",
            f"At {primary.name}: votes and priority of its place in rs.conf(), then rs.reconfig(), and run this again.",
            left_behind=NOTHING,
        )


def _follows(server: Server) -> tuple[bool, str]:
    try:
        return REJOINING.follows(server)
    except CleoError as error:
        return False, f"cannot be asked: {error.message}"
