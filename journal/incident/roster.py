"""The inventory's systems, as the runner last read them: who plays which of the plan's systems."""

from __future__ import annotations

from collections.abc import Iterable

from journal.events.run import KnownSystem
from journal.incident.recovery_point import RecoveryPoint
from journal.plan.model import Plan

_NOBODY = " (nobody plays it)"
"""Ends the name that stands for a plan system which nobody plays, where another system of the inventory has its own."""


def players(known: Iterable[KnownSystem], plan_system: str) -> list[str]:
    """Return the names of the inventory's systems that play one of the plan's."""
    return [system.name for system in known if system.plays == plan_system]


def able(known: Iterable[KnownSystem], action: str) -> list[KnownSystem]:
    """Return those of the inventory's systems that an action can act on: they name what its name begins with."""
    prefix = action.partition(".")[0]
    return [system for system in known if prefix in system.acts]


class Roster:
    """The systems that the incident is about.

    Args:
        plan: the incident's plan.
        known: the inventory's systems; none before a runner has read it, and in a tabletop: then the plan's own count.

    Attributes:
        systems: the inventory's systems, by name.
        shown: every system that health is shown of: the plan's, by who plays them, and what else there is.
    """

    def __init__(self, plan: Plan, known: Iterable[KnownSystem] = ()) -> None:
        self._plan = plan
        self.systems = {system.name: system for system in known}
        self._players: dict[str, list[str]] = {}
        for system in self.systems.values():
            self._players.setdefault(system.plays, []).append(system.name)
        planned = [name for plan_system in plan.systems if self.has(plan_system) for name in self.players(plan_system)]
        self.shown = list(dict.fromkeys([*planned, *self.systems]))
        self._titles = {name: self._title(name) for name in self.shown}

    def __eq__(self, other: object) -> bool:
        """Return whether both hold the same systems."""
        return isinstance(other, Roster) and self.systems == other.systems

    __hash__ = None  # type: ignore[assignment]

    def players(self, plan_system: str) -> list[str]:
        """Return the systems that play one of the plan's; where none is known to, a name that no other system has."""
        return self._players.get(plan_system) or [
            f"{plan_system}{_NOBODY}" if plan_system in self.systems else plan_system
        ]

    def has(self, plan_system: str) -> bool:
        """Return whether a plan system is to be reckoned with: an optional one only where somebody plays it."""
        planned = self._plan.systems.get(plan_system)
        return not (planned and planned.optional) or plan_system in self._players

    def named(self, point: RecoveryPoint, *, by_plan: bool = False) -> RecoveryPoint:
        """Return a recovery point with the names of the systems that play the plan's.

        Args:
            point: names systems of the inventory, or of the plan.
            by_plan: it was decided before the inventory was known: all its names are the plan's.
        """
        return point.renamed(lambda name: self.players(name) if by_plan or name not in self.systems else [name])

    def title(self, system: str) -> str:
        """Return what people call a system of the inventory or of the plan."""
        return self._titles.get(system) or self._title(system)

    def _title(self, system: str) -> str:
        known = self.systems.get(system)
        if known is None and system.endswith(_NOBODY):
            return f"{self._title_of_plan(system.removesuffix(_NOBODY))}{_NOBODY}"
        planned = self._plan.systems.get(known.plays if known else system)
        if planned and (known is None or len(self.players(known.plays)) == 1):
            return planned.title
        title = planned.title if planned else known.title if known else ""
        return title if known and not planned and self._tells(known) else f"{title} {system}".strip()

    def _tells(self, known: KnownSystem) -> bool:
        """Return whether a system's own title tells which it is: it has the name in it, or is the only such standby."""
        standbys = [other for other in self.systems.values() if other.standby_of == known.standby_of]
        return known.name in known.title.split() or (bool(known.title and known.standby_of) and len(standbys) == 1)

    def _title_of_plan(self, plan_system: str) -> str:
        planned = self._plan.systems.get(plan_system)
        return planned.title if planned else plan_system
