"""Which member of a set shall lead it once its old primary is fenced."""

from __future__ import annotations

from actions.outcome import ActionFailed, Cure
from actions.systems.mongodb.failover.members import Seat, Set, others
from actions.systems.mongodb.failover.standing import KIND
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.state import PRIMARY

_NOTHING = "Nothing was changed."
_STRATEGY = Cure(words="Choose another strategy: there is nothing to promote.", decision="strategy")


def require_set(primary: Server, found: Set | None) -> Set:
    """Return the set that the other members tell.

    Raises:
        ActionFailed: it is no set, or none of its other members could be asked.
    """
    if found:
        return found
    names = ", ".join(one.name for one in others(primary))
    if not names:
        alone = f"{primary.name} is alone: nothing in the inventory stands by for it."
        raise ActionFailed(alone, left_behind=_NOTHING, cures=[_STRATEGY])
    raise ActionFailed(
        f"Who can lead in the place of {primary.name} is not known: "
        f"none of {names} could be asked, or none is in a set.",
        left_behind=_NOTHING,
        cures=[
            Cure(words="See in the output why they could not be asked; run this again once one of them answers."),
            Cure(words="Or choose another strategy, where they are lost too.", decision="strategy"),
        ],
    )


def choose(primary: Server, found: Set, name: str) -> tuple[Server, Seat]:
    """Return who leads already, else who is named, else who came furthest of those that can.

    One that is hidden, delayed or of priority 0 is only for who names it.

    Raises:
        ActionFailed: nobody can, or the one that is named.
    """
    leader = found.leader()
    if leader and leader.system and leader.system != primary.name:
        if name and name != leader.system:
            primary.ctx.log(f"{found.name} has elected {leader.system} already, not {name}.", "err")
        return KIND.serving(found.asked[leader.system], primary), leader
    able = found.electable()
    if name:
        seat = next((each for each in found.willing() if each.system == name), None)
        if seat is None:
            raise _cannot(found, name)
        return KIND.serving(found.asked[name], primary), seat
    if not able:
        raise _cannot(found, "")
    return KIND.serving(found.asked[able[0].system], primary), able[0]


def _cannot(found: Set, name: str) -> ActionFailed:
    seats = [f"{each.system or each.name} ({each.never or each.state or 'not seen'})" for each in found.seats]
    said = f"{name} cannot" if name else "nobody can"
    primary = next((each.name for each in found.seats if each.state == PRIMARY), "")
    more = f" {primary} says it leads, without a majority." if primary else ""
    return ActionFailed(
        f"Of the members of {found.name}, {said} lead it: {', '.join(seats)}.{more}",
        left_behind=_NOTHING,
        cures=[_STRATEGY, *(_naming(each) for each in found.willing() if each.never and each.system)],
    )


def _naming(seat: Seat) -> Cure:
    at = f", newest entry {seat.at:%H:%M:%S} UTC" if seat.at else ""
    words = f"Or {seat.system}, which is {seat.never}: its set's configuration is changed for it{at}."
    return Cure(words=words, action=f"{KIND.prefix}.promote", params={"standby": seat.system})
