"""Which systems are affected: plan systems, or, where several play one, single systems of the inventory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from journal.plan.model import AFFECTED

if TYPE_CHECKING:
    from journal.incident.state import Incident

_OF = "/"


def affected_systems(incident: Incident) -> list[str]:
    """Return the plan's systems that are affected: as was decided last, before that those of the scenario."""
    return _names(incident.answers.get(AFFECTED, ""))


def is_hit(incident: Incident, system: str) -> bool:
    """Return whether a system, or the plan's that it plays, was named as affected."""
    named = affected_systems(incident)
    return any(system in (incident.affected.get(name) or incident.roster.players(name)) for name in named)


def choices(incident: Incident) -> dict[str, str]:
    """Return what can be affected, each as an answer writes it, with its title.

    A plan system that several play is chosen by those: ``postgres/orders``.
    """
    found: dict[str, str] = {}
    for plan_system in (name for name, one in incident.plan.systems.items() if not one.optional):
        players = incident.roster.players(plan_system)
        if len(players) < 2:
            found[plan_system] = incident.plan.systems[plan_system].title
        else:
            found |= {f"{plan_system}{_OF}{name}": incident.roster.title(name) for name in players}
    return found


def choice_of(incident: Incident, system: str) -> str:
    """Return the choice that names a system of the inventory; empty where it plays nothing of the plan's."""
    plays = (name for name in incident.plan.systems if system in incident.roster.players(name))
    plan_system = next(plays, "")
    several = len(incident.roster.players(plan_system)) > 1
    return f"{plan_system}{_OF}{system}" if plan_system and several else plan_system


def chosen(incident: Incident, answer: str) -> list[str]:
    """Return the choices that an answer names; what it names beside them is returned as it is.

    A plan system that several play means all of them; a system of the inventory may be named without its plan system.
    """
    known = choices(incident)
    return list(dict.fromkeys(one for name in _names(answer) for one in _meant(known, name)))


def _meant(known: Iterable[str], name: str) -> list[str]:
    if name in known:
        return [name]
    all_of = [choice for choice in known if choice.partition(_OF)[0] == name]
    return all_of or [choice for choice in known if choice.partition(_OF)[2] == name] or [name]


def plan_systems(answer: str) -> str:
    """Return the plan systems of an answer, with commas between them."""
    return ",".join(dict.fromkeys(name.partition(_OF)[0] for name in _names(answer)))


def single_systems(answer: str) -> dict[str, list[str]]:
    """Return the systems of the inventory that an answer names, by their plan system."""
    found: dict[str, list[str]] = {}
    for name in _names(answer):
        plan_system, _, system = name.partition(_OF)
        if system:
            found.setdefault(plan_system, []).append(system)
    return found


def _names(answer: str) -> list[str]:
    """Return what an answer names, with commas between."""
    return [name.strip() for name in answer.split(",") if name.strip()]
