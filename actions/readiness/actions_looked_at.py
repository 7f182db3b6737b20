"""Which of a plan's actions are looked at beforehand, at which systems, and which nobody can look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from actions.action import Action
from actions.inventory import Inventory
from actions.readiness.ready import DRY_RUN
from actions.registry import HOUSE_LOOKS, registry, shipped
from actions.system_type import SystemType
from actions.system_types import built_in, find_type
from journal.plan.model import Plan
from journal.readiness.finding import ReadyFinding
from journal.wording.counting import count

_BY_NEED = {
    "backups": "the look at each system's backups",
    "evidence": "its folder on each host",
    "cold_standby": "its host's programs and folders",
}
"""What the house looks at for its own actions, whatever the type of system."""


def checked(inventory: Inventory, plan: Plan) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Return the plan's actions that bring a look of their own, with the parameters that the plan gives them, once.

    Actions of types that the inventory has no system of are not loaded, nor those whose type says that they have none.
    """
    seen = list[tuple[str, Mapping[str, Any]]]()
    for step in plan.steps():
        one = (step.action, step.params)
        loads = step.action and acted_on(inventory, step.action) and _may_look(step.action)
        action = registry().get(step.action) if loads else None
        if action and action.ready and one not in seen:
            seen.append(one)
    return seen


def _may_look(action: str) -> bool:
    """Return whether an action may bring a look of its own: its type's declaration tells, else only loading it does."""
    if (type_ := _type_of(action)) is None:
        return action in HOUSE_LOOKS
    return not type_.ready or action in type_.own_looks


def acted_on(inventory: Inventory, action: str) -> list[str]:
    """Return the systems that an action's look is for; one empty name where the action is no type's."""
    type_ = _type_of(action)
    if type_ is None:
        return [""]
    return [
        name
        for name, one in inventory.systems.items()
        if one.type == type_.name and not one.cold and not one.standby_of
    ]


def _type_of(action: str) -> SystemType | None:
    """Return the type that an action is for; None: it is about every type. Only strange ones are looked for outside."""
    own = action.partition(".")[0]
    return built_in().get(own) if action in shipped() else find_type(own)


def _actions_of(plan: Plan) -> Iterable[str]:
    """Return the names of the plan's actions, each once."""
    return dict.fromkeys(step.action for step in plan.steps() if step.action)


def unlooked(inventory: Inventory, plan: Plan) -> Iterable[ReadyFinding]:
    """Yield the plan's actions at which nobody can look beforehand: they are not measured, and never green.

    Those that ship with Cleo are not loaded for it: that each of them is looked at or says why not is held by a test.
    """
    for name in _actions_of(plan):
        systems = acted_on(inventory, name)
        action = registry().get(name) if systems and name not in shipped() else None
        if action and not how_looked_at(action):
            yield ReadyFinding(
                about=f"action {name}",
                state="not measured",
                words="nothing of it is looked at beforehand",
                cure=f"Try it in a drill, or read its dry run: cleo run {name} --dry-run",
                systems=[one for one in systems if one],
                actions=[name],
            )


def unplayed(inventory: Inventory, plan: Plan) -> Iterable[ReadyFinding]:
    """Yield the types of system that the plan's actions are for, and of which the inventory has none."""
    present = {one.type for one in inventory.systems.values()}
    without: dict[str, list[str]] = {}
    for name in _actions_of(plan):
        type_ = _type_of(name)
        if type_ is None or type_.name in present:
            continue
        planned = plan.systems.get(type_.name)
        if not (planned and planned.optional):
            without.setdefault(type_.name, []).append(name)
    for own, names in without.items():
        yield ReadyFinding(
            about=f"systems of the type {own}",
            state="not measured",
            words=f"the inventory has none, so {count(len(names), 'action')} of the plan can be done by hand alone",
            cure="Name it in the inventory; where there is none, take its steps out of your own plan.",
            actions=names,
        )


def how_looked_at(action: Action) -> str:
    """Return how it is looked at beforehand whether an action could be done, or why nobody can; empty: not at all."""
    type_ = _type_of(action.spec.name)
    if action.unready:
        return action.unready
    if action.ready:
        return action.ready if action.ready == DRY_RUN else "a look of its own"
    if type_ and type_.ready:
        return "its type's look at each system"
    return _BY_NEED.get(action.spec.system, "")
