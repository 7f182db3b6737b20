"""The shell commands of a step of the plan, at each system that it acts on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.by_hand import ByHand, CommandLine, Typed, typed_lines
from actions.command_step import argv_of
from actions.context import IncidentFacts
from actions.inventory import Inventory
from actions.registry import registry
from journal.errors import CleoError
from journal.incident.recovery_point import RecoveryPoint
from journal.plan.model import Step


def step_commands(
    step: Step,
    inventory: Inventory,
    systems: Sequence[str],
    *,
    params: Mapping[str, Any] | None = None,
    incident: str = "INCIDENT",
    point: RecoveryPoint | None = None,
    facts: IncidentFacts | None = None,
) -> list[Typed]:
    """Return a step's shell commands; none where no single command does what its action does.

    Args:
        step: the step.
        inventory: the environment's systems.
        systems: those that the step acts on.
        params: replace the plan's, name by name.
        incident: the incident's id, where there is one.
        point: the incident's recovery point, where it is decided.
        facts: the incident, where there is one.
    """
    if step.kind == "command":
        return typed_lines([CommandLine(argv=argv_of(step), host=step.host)], inventory)
    given = {**step.params, **(params or {})}
    found = list[CommandLine]()
    for name in systems or ([""] if step.audience else []):  # telling people is about no system
        own = point.of(name) if point else None
        known = ByHand(inventory=inventory, system=name, params=given, point=own, incident=incident, facts=facts)
        lines = _lines(step, known)
        found += [CommandLine(what=f"--- {name} ---"), *lines] if len(systems) > 1 and lines else lines
    return typed_lines(found, inventory)


def _lines(step: Step, known: ByHand) -> Sequence[CommandLine]:
    action = registry().get(step.action)
    if action is None or action.by_hand is None:
        return ()
    try:
        return action.by_hand(known)
    except CleoError as error:
        return [CommandLine(what=error.message)]
