"""What each test of the plan is as a drill here: run unattended, walked through by answers, or held by people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import msgspec

from journal.plan.routine import HeldBy

if TYPE_CHECKING:
    from actions.inventory import Inventory
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Plan

How = Literal["restore", "looks", "walk", "people", "nothing"]
_STRANGE = re.compile(r"[^a-z0-9]+")
_RESTORES = ".drill"
_WALKED = "changes systems, so people decide: beforehand (--answers FILE), in the console (cleo declare --kind DRILL)"
_PLAYED = "or as a tabletop (--tabletop"


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """A test of the plan as a drill.

    Attributes:
        name: what it is called by on the command line: the test's title in small letters.
        how: ``restore`` (`cleo drill restore` does it), ``looks`` (its actions change nothing: unattended), ``walk``
            (the plan is walked through, and systems change: a person decides), ``people`` (no action shows it),
            ``nothing`` (the inventory has no system that it could be held on).
        looks: what is run, and at which systems, by action.
        scenarios: of the plan, those that show it; none: any.
        actions: those that show it, or patterns of them; none: any.
        steps: those that must all be done to show it; none: any.
        words: how it is held, in words.
    """

    name: str
    item: str
    every: str
    how: How
    words: str
    looks: dict[str, list[str]] = {}
    scenarios: list[str] = []
    actions: list[str] = []
    steps: list[str] = []

    def asks_for(self, action: str) -> bool:
        """Return whether an action is one of those that show it."""
        return HeldBy(actions=self.actions).asks_for(action)

    @property
    def unattended(self) -> bool:
        """Whether it needs no person."""
        return self.how in ("restore", "looks")


def drills_of(plan: Plan, inventory: Inventory, catalogue: Catalogue) -> list[Drill]:
    """Return the tests of a plan as drills on an inventory's systems, in the plan's order."""
    return [
        _drill(item, test.every, test.held_by.get(item), inventory, catalogue)
        for test in plan.tests
        for item in test.items
    ]


def _drill(item: str, every: str, held_by: HeldBy | None, inventory: Inventory, catalogue: Catalogue) -> Drill:
    name = _STRANGE.sub("-", item.lower()).strip("-")
    looks = _actions(held_by, inventory)
    how, words = _how(item, held_by, looks, catalogue) if inventory.systems else _nowhere(item, held_by, inventory)
    return Drill(
        name=name,
        item=item,
        every=every,
        how=how,
        words=words,
        looks=looks if how == "looks" else {},
        scenarios=held_by.scenarios if held_by else [],
        actions=held_by.actions if held_by else [],
        steps=held_by.steps if held_by else [],
    )


def _nowhere(item: str, held_by: HeldBy | None, inventory: Inventory) -> tuple[How, str]:
    """Say that there is no system at all: of which file that is so, or that there is none."""
    if held_by is None:
        return _how(item, None, {}, {})
    why = "there is no inventory" if inventory.is_none else f"the inventory {inventory.name} has no systems"
    return "nothing", f"{why}, so there is nothing to hold it on: name one in CLEO_INVENTORY, or play it (--tabletop)"


def _how(item: str, held_by: HeldBy | None, found: dict[str, list[str]], catalogue: Catalogue) -> tuple[How, str]:
    if held_by is None:
        return "people", f'no action shows it: hold it with people, and note it: cleo note "Test {item}: who, what"'
    if held_by.scenarios:
        return "walk", f"{_WALKED}, {_PLAYED}: {', '.join(held_by.scenarios)})"
    if not found:
        return "nothing", f"the inventory has no system with {', '.join(held_by.actions)}"
    if all(action.endswith(_RESTORES) for action in found):
        return "restore", f"unattended, beside the real systems: {_systems(found)}"
    if any(catalogue[action].changes_something for action in found):
        return "walk", f"{_WALKED}; it counts by {', '.join(found)}"
    return "looks", f"unattended, changes nothing: {', '.join(found)}"


def _actions(held_by: HeldBy | None, inventory: Inventory) -> dict[str, list[str]]:
    """Return the actions that show a test and that the inventory has systems for, each with these systems."""
    found: dict[str, list[str]] = {}
    if held_by is None:
        return found
    for system, settings in inventory.systems.items():
        if not settings.standby_of:
            for action in filter(held_by.asks_for, sorted(inventory.type_of(system).actions)):
                found.setdefault(action, []).append(system)
    return found


def _systems(found: dict[str, list[str]]) -> str:
    return ", ".join(dict.fromkeys(system for systems in found.values() for system in systems))
