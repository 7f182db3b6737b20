"""Who is told: an audience, and outside the kind REAL the exercise's recipients alone."""

from __future__ import annotations

from actions.channels.settings import Communications, Recipient
from actions.outcome import ActionFailed
from journal.events.types import Kind


def recipients(found: Communications, audience: str, kind: Kind) -> list[Recipient]:
    """Return who is told. There is no other way to an address: what sends takes its recipients from here.

    Args:
        found: what the inventory says.
        audience: the audience that is meant.
        kind: the incident's kind; for any but REAL nobody of the audience is returned.

    Raises:
        ActionFailed: there is no such audience, or nobody may be told in an exercise.
    """
    if audience not in found.audiences:
        raise ActionFailed(
            f"The inventory has no audience {audience}; it has: {', '.join(found.audiences) or 'none'}.",
            "Name it under communications: audiences:, or tell them by hand.",
        )
    chosen = found.audiences[audience] if kind is Kind.REAL else found.exercise
    if not chosen and kind is not Kind.REAL:
        raise ActionFailed(
            f"This is a {kind}, and the inventory names nobody who may be told in an exercise.",
            "Name them under communications: exercise:, or say aloud whom you would tell, and mark the step done.",
        )
    if not chosen:
        raise ActionFailed(f"Nobody is in the audience {audience}.", "Add them to the inventory, or tell them by hand.")
    return list(dict.fromkeys(chosen))
