"""Which system of the inventory a run acts on."""

from __future__ import annotations

from collections.abc import Sequence

from actions.gate import Closed
from actions.inventory import Inventory, known_systems
from journal.incident.instances import acted_on
from journal.incident.records import Run
from journal.incident.roster import able, players
from journal.incident.state import Incident
from journal.plan.action_spec import ActionSpec


def aim(run: Run, spec: ActionSpec, incident: Incident, inventory: Inventory) -> str | Closed:
    """Return the system that ``run`` acts on, or why that is not one; empty where it is none in particular.

    What the inventory says now counts, whatever it said as somebody asked. In a tabletop, where there is no inventory,
    the plan's own systems are acted on.
    """
    if run.probe_of:
        return run.system  # what it looks into was aimed already
    step = incident.plan.by_id.get(run.step)
    prefix = spec.name.partition(".")[0]
    planned = step.system if step and step.system else prefix if prefix in incident.plan.systems else ""
    known = known_systems(inventory, incident.plan.systems)
    systems = able(known, spec.name)
    if not systems:  # a command, or an action that looks at all systems
        aimed = _the_only_one(players(known, planned), planned, inventory) if planned else ""
        return aimed if run.system in ("", aimed) else _gone(run, spec, inventory)
    named = acted_on(incident, step, systems) if step and step.system else [system.name for system in systems]
    if run.system:
        held = run.system in [system.name for system in systems] and incident.takes_back(spec.name, run.system)
        return run.system if held or run.system in named else _gone(run, spec, inventory)
    if not named:
        return _nobody(spec, inventory, planned)
    return named[0] if len(named) == 1 else _unclear(spec, inventory, named)


def _the_only_one(playing: Sequence[str], planned: str, inventory: Inventory) -> str:
    """Return the only system that plays the plan's, or the plan's own name where none does; empty for a fleet."""
    if not playing:
        return "" if planned in inventory.systems else planned
    return playing[0] if len(playing) == 1 else ""


def _gone(run: Run, spec: ActionSpec, inventory: Inventory) -> Closed:
    there = ", ".join(inventory.systems) or "none"
    on = f"{run.system} that {spec.name} acts on" + (f" in the step {run.step}" if run.step else "")
    return Closed("aim", f"The inventory {inventory.name} has no {on}; it has: {there}.")


def _nobody(spec: ActionSpec, inventory: Inventory, planned: str) -> Closed:
    words = f"The inventory {inventory.name} has no affected system that plays {planned}, for {spec.name} to act on"
    return Closed("aim", f"{words}. Correct the inventory (plays: {planned}), or decide again what is affected.")


def _unclear(spec: ActionSpec, inventory: Inventory, names: Sequence[str]) -> Closed:
    words = f"{spec.name} can act on several systems of the inventory {inventory.name}"
    return Closed("aim", f"{words}: say on which of them ({', '.join(names)}).")
