"""Which positions the systems of an incident understand as a recovery point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from journal.incident.recovery_point import Forms

if TYPE_CHECKING:
    from actions.system_type import SystemType
    from journal.incident.state import Incident
    from journal.plan.model import Plan


def position_forms(incident: Incident) -> Forms:
    """Return which positions the systems of an incident understand.

    They are those of the inventory, as a runner read it; before that, those of the plan that are named after a type.
    """
    from actions.system_types import find_type

    if not incident.roster.systems:
        return planned_forms(incident.plan)
    return _forms({name: find_type(system.type) for name, system in incident.roster.systems.items()})


def planned_forms(plan: Plan) -> Forms:
    """Return which positions the systems of a plan understand, by those that are named after a type."""
    from actions.system_types import built_in

    return _forms({name: built_in().get(name) for name in plan.systems})


def _forms(types: Mapping[str, SystemType | None]) -> Forms:
    known = {name: type_.positions for name, type_ in types.items() if type_ and type_.positions}
    return {name: {form.name: form for form in positions} for name, positions in known.items()}
