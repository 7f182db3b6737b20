"""What an inventory says of a plan's systems before there is an incident: who plays them, and what is typed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from actions.by_hand import Typed
from actions.inventory import Inventory, known_systems
from actions.step_by_hand import step_commands
from actions.system_types import built_in
from journal.incident.roster import able, players
from journal.plan.action_spec import ActionSpec, Catalogue
from journal.plan.model import Plan, Step


class KnownInventory:
    """An inventory beside a plan.

    Args:
        inventory: the environment's systems.
        plan: the plan.

    Attributes:
        systems: the inventory's systems, with which of the plan's each plays.
        told: the audiences that it has channels to.
        played: the plan's systems that it has.
    """

    def __init__(self, inventory: Inventory, plan: Plan) -> None:
        self.systems = known_systems(inventory, plan.systems)
        self.played = {system.plays for system in self.systems}
        self.told = inventory.communications.told if inventory.communications else []
        self._inventory = inventory

    def offered(self, plan: Plan, catalogue: Catalogue) -> Catalogue:
        """Return the plan's actions, but for those of a type of which the inventory has no system; without one, all."""
        found = {step.action: spec for step in plan.steps() if step.action and (spec := catalogue.get(step.action))}
        return {name: spec for name, spec in found.items() if not self._lacks(spec)}

    def _lacks(self, spec: ActionSpec) -> bool:
        return bool(self.systems) and spec.system in built_in() and not able(self.systems, spec.name)

    def commands(self, step: Step) -> Mapping[str, Sequence[Typed]]:
        """Return a step's shell commands by the system that they are typed for, at each that it may act on."""
        if not step.action:
            return {}
        systems = able(self.systems, step.action)
        names = players(systems, step.system) if step.system else [system.name for system in systems]
        found = {name: step_commands(step, self._inventory, [name]) for name in names}
        return {name: commands for name, commands in found.items() if commands}
