"""Whether a whole site is lost, by the scenario and what was decided: then nothing that lies there counts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from journal.incident.state import Incident


def is_gone(incident: Incident, system: str) -> bool:
    """Return whether a system of the inventory lives on the site that is lost."""
    known = incident.roster.systems.get(system)
    return known is not None and known.site == lost_site(incident)


def lost_site(incident: Incident) -> str:
    """Return the site that is lost with everything in it; empty where none is, or none was decided to be."""
    scenario = incident.plan.scenarios.get(incident.scenario)
    if scenario is None:
        return ""
    decided = all(incident.answers.get(name) in answers for name, answers in scenario.loses_if.items())
    return scenario.loses if decided else ""
