"""A cold standby: which it is, and what its type adds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from actions.backups.offsite.standby import cold_standbys
from actions.failover.promotion_record import whose_place
from actions.gate import Closed
from actions.outcome import ActionFailed, Cure
from actions.system_type import load

if TYPE_CHECKING:
    from actions.context import ActionContext

ACTIVATE = "cold_standby.activate"
NOTHING = "Nothing was changed."


class CopiedThere(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in the second place, before it is fetched.

    Attributes:
        system: whose copies they are.
        newest: the label of the newest whole backup.
        read: returns the text of a small file there, by its name below the system's folder.
    """

    system: str
    newest: str
    read: Callable[[str], str]


class ColdWay(msgspec.Struct, frozen=True, kw_only=True):
    """What a type of system adds to the activation of its cold standbys.

    Attributes:
        fenced: tells by the old system's context why it may still write, and come back; None: it cannot.
        require: refuses, by the standby's context, a host that is not prepared.
        fits: refuses copies that the standby cannot restore, by its context, before they are fetched.
        stop: the action that stops its server: until a restore nothing is there that could be; empty: it has none.
    """

    fenced: Callable[[ActionContext], Closed | None]
    require: Callable[[ActionContext], None] = lambda ctx: None
    fits: Callable[[ActionContext, CopiedThere], None] = lambda ctx, copied: None
    stop: str = ""


def way_of(ctx: ActionContext) -> ColdWay:
    """Return what the type of the context's system adds.

    Raises:
        ActionFailed: it is restored on its own host alone.
    """
    type_ = ctx.inventory.type_of(ctx.system)
    if not type_.cold:
        raise ActionFailed(
            f"A {type_.title} is not restored on another host by this program.",
            "Bring its copies there by hand (cleo backup fetch --to), and restore them there.",
            left_behind=NOTHING,
        )
    found: ColdWay = load(type_.cold)
    return found


def standby_name(ctx: ActionContext, named: str) -> str:
    """Return which system stands by cold for the context's: the one that is named, else the only one.

    One that took over in this incident is asked about itself.

    Raises:
        ActionFailed: there is none, none of that name, or nobody said which of several.
    """
    if whose_place(ctx.files, ctx.system):
        return ctx.system
    systems, found = ctx.inventory.systems, cold_standbys(ctx.inventory, ctx.system)
    if named in found or (len(found) == 1 and not named):
        return named or found[0]
    if not found:
        raise ActionFailed(
            f"Nothing in the inventory stands by cold for {ctx.system}: no other host is named on which it could be "
            "restored.",
            left_behind=NOTHING,
            cures=[
                Cure(
                    words=f"Name one in the inventory (standby_of: {ctx.system}, cold: true, a host of another site)."
                ),
                Cure(words="Or choose another strategy.", decision="strategy"),
            ],
        )
    said = f"{named} is none" if named else "nobody said which"
    raise ActionFailed(
        f"{', '.join(found)} stand by cold for {ctx.system}, and {said}.",
        left_behind=NOTHING,
        cures=[
            Cure(words=f"Take {one}, on {systems[one].host}.", action=ACTIVATE, params={"standby": one})
            for one in found
        ],
    )
