"""Which standby takes a primary's place: the one that is named, else the only one that is there for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from actions.cannot_connect import CannotConnect
from actions.context import ActionContext
from actions.failover.kind import Kind, S
from actions.gate import decide
from actions.outcome import ActionFailed, Cure, GateClosed

LEFT_OUT = "left-out"
_NOTHING = "Nothing was changed."
_STRATEGY = Cure(words="Choose another strategy: there is nothing to promote.", decision="strategy")


class Says(NamedTuple):
    """What a standby says of itself.

    Attributes:
        order: the higher, the more it has.
        words: how far it came.
        left_out: why it is not for taking over; empty: it is.
    """

    order: tuple[int, ...]
    words: str
    left_out: str = ""


def choose(kind: Kind[S], primary: S, name: str, says: Callable[[S], Says] | None = None) -> S:
    """Return the standby that is named, else the only one, as it serves in its primary's place.

    Args:
        kind: their type.
        primary: whose standbys.
        name: which; empty: nobody said.
        says: asks one; then one that is kept late, or never to lead, is only for who names it. None: none is left out.

    Raises:
        ActionFailed: there is none, or none of that name, or nobody said which of several.
    """
    found = {one.name: kind.serving(one, primary) for one in kind.followers(primary)}
    if name in found:
        return found[name]
    if not found:
        raise ActionFailed(
            f"Nothing in the inventory stands by for {primary.name}.", left_behind=_NOTHING, cures=[_STRATEGY]
        )
    told = {one.name: said for one in found.values() if says and (said := _asked(one, says))}
    out = {n: said.left_out for n, said in told.items() if said.left_out}
    able = [n for n in found if n not in out]
    if len(able) == 1 and not name:
        for left, why in out.items():
            primary.ctx.log(f"{left} is left out: {why}.")
        return found[able[0]]
    which = f"{name} is none" if name else "nobody said which"
    none = "; ".join(f"{n} {why}" for n, why in out.items())
    message = f"{', '.join(found)} stand by for {primary.name}, and {which if able else f'none is to lead: {none}'}."
    cures = [] if able else [_STRATEGY]
    cures += [_naming(kind, n, told[n]) for n in sorted(told, key=lambda n: (not out.get(n), told[n].order))[::-1]]
    raise ActionFailed(message, left_behind=_NOTHING, cures=cures)


def _naming(kind: Kind[S], name: str, said: Says) -> Cure:
    words = f"Promote {name}: {said.words}" if not said.left_out else f"Or {name}, which {said.left_out}: {said.words}"
    return Cure(words=f"{words}.", action=f"{kind.prefix}.promote", params={"standby": name})


def _asked(standby: S, says: Callable[[S], Says]) -> Says | None:
    try:
        return says(standby)
    except CannotConnect as error:
        standby.ctx.log(f"{standby.name} cannot be asked how far it came: {error.message}", "err")
        return None


def require_meant(ctx: ActionContext, name: str, why: str, cost: str) -> None:
    """Stop at a standby that somebody named, and that is not for taking over.

    Args:
        ctx: the promotion's context.
        name: which.
        why: why it is not ("applies 4 h late on purpose"); empty: it is.
        cost: what promoting it takes away.

    Raises:
        GateClosed: nobody gave a reason.
    """
    if not why:
        return
    cures = [
        Cure(words="Promote another one, or choose another strategy.", decision="strategy"),
        Cure(words=f"Or promote {name} all the same.", override=LEFT_OUT, cost=cost),
    ]
    closed = GateClosed(LEFT_OUT, f"{name} {why}.", yields="reason and target", cures=cures)
    decide(ctx, closed, f"{name} is promoted although it {why}")
