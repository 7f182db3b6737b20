"""A declaration that an alert would begin with: a person reads it, completes it, and declares, or does not."""

from __future__ import annotations

from datetime import datetime

import msgspec

from journal.plan.model import Plan


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert says of what broke. All of it came from outside: it is text to be read, and nothing more.

    Attributes:
        id: tells it from others; what is told again has the same.
        source: who told it: ``Alertmanager``.
        title: what broke, in its words.
        told_at: when it was told.
        began_at: since when it is so; None: not told, or no time that can be.
        system: the inventory's system that it names; empty: it names none.
        scenario: the plan's scenario; empty: nothing tells.
        answered: it was declared: it is offered no more, though it is told again, until it is over or fires anew.
        dismissed_by: who dismissed it, to the same effect; ``dismissed_at``, ``dismissed_why``: when, and why.
        newest_at: when the newest of what it tells of began to fire; a later one is told anew.
    """

    id: str
    source: str
    title: str
    told_at: datetime
    began_at: datetime | None = None
    system: str = ""
    scenario: str = ""
    answered: bool = False
    dismissed_by: str = ""
    dismissed_at: datetime | None = None
    dismissed_why: str = ""
    newest_at: datetime | None = None

    @property
    def settled(self) -> bool:
        """Whether somebody declared or dismissed it."""
        return self.answered or bool(self.dismissed_by)

    def told_again(self, again: Offer) -> Offer:
        """Return what it is told as again: still settled, unless something of it fires that did not before."""
        if again.newest_at and (self.newest_at is None or again.newest_at > self.newest_at):
            return again
        return msgspec.structs.replace(
            again,
            answered=self.answered,
            dismissed_by=self.dismissed_by,
            dismissed_at=self.dismissed_at,
            dismissed_why=self.dismissed_why,
            newest_at=self.newest_at,
        )


def likely_scenario(plan: Plan, part: str) -> str:
    """Return the scenario that fits where nothing is known but that a system broke; empty where several fit, or none.

    One that asks for a diagnosis first (it refuses answers that would make it worse), or that gives up a whole site, is
    never proposed.

    Args:
        plan: the plan.
        part: the plan's system that broke.
    """
    fits = {
        name: len(one.systems)
        for name, one in plan.scenarios.items()
        if part in one.systems and not one.refuses and not one.untouched and not (one.loses and not one.loses_if)
    }
    nearest = [name for name, systems in fits.items() if systems == min(fits.values())]
    return nearest[0] if len(nearest) == 1 else ""
