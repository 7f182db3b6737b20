"""The recovery point objective of a system of the inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from journal.incident.state import Incident


def objective_of(incident: Incident, system: str) -> int | None:
    """Return how many seconds of its data may be lost; None: the plan has no data in it."""
    for name, planned in incident.plan.systems.items():
        if planned.data and system in incident.roster.players(name):
            return int(incident.plan.objectives.rpo[planned.data].rpo)
    return None
