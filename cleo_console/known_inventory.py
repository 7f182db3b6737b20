"""What an inventory says of a plan's systems before there is an incident: who plays them, and what is typed by hand."""

from __future__ import annotations

from collections.abc import Sequence

from actions.by_hand import Typed
from actions.inventory import Inventory, known_systems
from actions.step_by_hand import step_commands
from journal.incident.roster import able, players
from journal.plan.model import Plan, Step


class KnownInventory:
    """An inventory beside a plan.

    Args:
        inventory: the environment's systems.
        plan: the plan.

    Attributes:
        systems: the inventory's systems, with which of the plan's each plays.
    """

    def __init__(self, inventory: Inventory, plan: Plan) -> None:
        self.systems = known_systems(inventory, plan.systems)
        self._inventory = inventory

    def commands(self, step: Step) -> Sequence[Typed]:
        """Return a step's shell commands, at each system that it may act on."""
        systems = able(self.systems, step.action)
        names = players(systems, step.system) if step.system else [system.name for system in systems]
        return step_commands(step, self._inventory, names) if step.action else ()
