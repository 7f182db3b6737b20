"""What a closed gate says, and the gates that ask the system itself: what was once done does not prove what is now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from actions.outcome import Cancelled, Cure, GateClosed, said
from journal.events.types import ClosedGate

if TYPE_CHECKING:
    from actions.context import ActionContext
    from journal.events.types import Override

Closed = ClosedGate

LiveGate = Callable[["ActionContext"], Closed | None]
"""Looks at the system, changes nothing, and returns why it is closed. It is asked again before every effect."""


def overridden(closed: Closed, overrides: Sequence[Override]) -> bool:
    """Return whether a person gave what ``closed`` yields to. That a typed target is right, the worker has compared."""
    if closed.yields == "never":
        return False
    given = next((o for o in overrides if o.gate == closed.gate and o.reason.strip()), None)
    return given is not None and (closed.yields == "reason" or bool(given.target.strip()))


def live_closed(live: Mapping[str, LiveGate], ctx: ActionContext) -> Iterator[Closed]:
    """Yield the gates of ``live`` that are closed now. One that cannot look is not open."""
    for name, gate in live.items():
        try:
            closed = gate(ctx)
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001  # a broken system may answer anything; that opens no gate
            closed = Closed(name, f"It cannot be told whether this is safe: {said(error)}", "reason and target")
        if closed:
            yield closed


def decide(ctx: ActionContext, closed: GateClosed, decided: str) -> None:
    """Stop at a gate that the action itself found closed, unless a person opened it for this run.

    Args:
        ctx: the run's context.
        closed: the gate, and what to say where nobody opened it.
        decided: what is logged where somebody did, before their reason.

    Raises:
        GateClosed: nobody opened it.
    """
    reason = ctx.overridden(closed.gate)
    if not reason:
        raise closed
    ctx.log(f"{decided}, as was decided: {reason}", "err")


def require_open(live: Mapping[str, LiveGate], ctx: ActionContext, overrides: Sequence[Override]) -> None:
    """Ask every gate of ``live`` again.

    Raises:
        GateClosed: one is closed, and nobody gave what it yields to.
    """
    for closed in live_closed(live, ctx):
        if not overridden(closed, overrides):
            cures = [_opening(closed)] if closed.opens else []
            raise GateClosed(closed.gate, closed.message, yields=closed.yields, opens=closed.opens, cures=cures)


def _opening(closed: Closed) -> Cure:
    """Return what opens a gate: an action, or a decision that is taken anew."""
    words = f"First: {closed.message}"
    return Cure(words=words, action=closed.opens) if "." in closed.opens else Cure(words=words, decision=closed.opens)
