"""A set in which nobody can be elected is forced to another configuration.

Without a majority it is to do without the votes of its members that are lost. A member that is hidden, delayed or of
priority 0 is to be one that may lead; where no other one can, no primary is there that could be told so.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from actions.gate import decide
from actions.outcome import ActionFailed, Cure, Finding, GateClosed
from actions.systems.mongodb.failover.members import Seat, Set
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.verified_connection import connect_verified
from journal.errors import CleoError

MAJORITY = "no-majority"


def require_forced(primary: Server, found: Set, seat: Seat) -> None:
    """Stop where no majority is there: what is forced may take back what a majority had acknowledged.

    Raises:
        GateClosed: nobody decided to force it.
    """
    lost = ", ".join(each.system or each.name for each in found.lost)
    message = (
        f"{len(found.alive)} of {len(found.voters)} voters of {found.name} are there, and it takes {found.majority} to "
        f"elect a primary: {lost} cannot be seen. Together they may have elected one of their own."
    )
    cures = [
        Cure(
            words=f"Start one of {lost}, if that can be: then the set elects by itself, and loses nothing acknowledged."
        ),
        Cure(
            words="Or force it: only once each of them is off or cut off, and kept so. Say who proved that.",
            override=MAJORITY,
            cost=f"all after {seat.position}, also what a majority acknowledged; two primaries, if one of them lives",
        ),
    ]
    closed = GateClosed(MAJORITY, message, yields="reason and target", cures=cures)
    decide(primary.ctx, closed, f"{found.name} is forced without {lost}")


def force(server: Server, found: Set, seat: Seat) -> None:
    """Force a set to a configuration in which a member can be elected. Call it only where ``effect`` said True.

    Lost members keep their place without a vote where no majority is there: whichever returns hears of the newer
    configuration, follows, and rolls back what it took alone. An arbiter cannot be without a vote, and is taken out.

    Raises:
        ActionFailed: the member refuses.
    """
    wanted = wanted_config(found, seat)
    try:
        with connect_verified(server, deadline_s=30) as client:
            client.admin.command("replSetReconfig", wanted, force=True)
    except CleoError as error:
        raise ActionFailed(
            f"{server.name} refuses the configuration: {error.message}",
            "See its log (mongodb.log).",
            left_behind="The set is as it was, without a primary.",
        ) from error
    if not found.has_majority:
        left = ", ".join(each.system or each.name for each in found.alive)
        server.ctx.log(f"{found.name} was forced to the votes of {left}.")
    if seat.never:
        server.ctx.log(f"{server.name} was {seat.never}; it may lead {found.name} now.")


def wanted_config(found: Set, seat: Seat) -> dict[str, Any]:
    """Return a set's configuration in which a member can be elected."""
    config = deepcopy(found.config) if found.has_majority else without_votes(found)
    for member in config["members"]:
        if member["host"] == seat.name and seat.never:
            member |= {"votes": 1, "priority": 1, "hidden": False}
            member |= {name: 0 for name in ("secondaryDelaySecs", "slaveDelay") if name in member}
    config.pop("term", None)
    return {**config, "version": int(found.config["version"]) + 1}


def may_lead(found: Set, seat: Seat) -> list[Finding]:
    """Return that a member's place in its set was changed for it to lead."""
    if not seat.never:
        return []
    was = next(each for each in found.config["members"] if each["host"] == seat.name)
    names = ("priority", "hidden", "votes", "secondaryDelaySecs", "slaveDelay")
    before = ", ".join(f"{name}: {was[name]}" for name in names if name in was)
    text = f"was {seat.never}, and may lead its set from now on"
    cure = f"Once another one leads: as before in rs.conf() ({before}), then rs.reconfig()."
    return [Finding(severity="warning", about=seat.system, text=text, cure=cure)]


def without_votes(found: Set) -> dict[str, Any]:
    """Return the set's configuration in which its lost members have no vote."""
    lost = {each.name for each in found.lost}
    config = deepcopy(found.config)
    kept = []
    for member in config["members"]:
        if member["host"] in lost:
            if member.get("arbiterOnly"):
                continue
            member |= {"votes": 0, "priority": 0}
        kept.append(member)
    return {**config, "members": kept}


def voteless(found: Set) -> list[Finding]:
    """Return that the lost members have no vote any more: until they do, the set stands on fewer than it seems."""
    kept = [each for each in found.lost if not each.never.startswith("an arbiter")]
    gone = [each for each in found.lost if each.never.startswith("an arbiter")]
    text = f"{', '.join(each.system or each.name for each in kept)}: no vote and no priority any more"
    cure = "Once each follows again (SECONDARY), one by one: votes and priority as before in rs.conf(), rs.reconfig()."
    told = [Finding(severity="warning", about="lost members", text=text, cure=cure)] if kept else []
    return told + [
        Finding(severity="warning", about=each.name, text="the arbiter was taken out of the set", cure="rs.addArb().")
        for each in gone
    ]
