"""The plan of a drill that changes nothing: a step for each action that shows the test, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journal.plan.read import read_text

if TYPE_CHECKING:
    from actions.inventory import Inventory
    from cleo_console.drills.catalogue import Drill
    from journal.plan.action_spec import Catalogue
    from journal.plan.read import LoadedPlan

SCENARIO = "drill"


def routine_plan(drill: Drill, inventory: Inventory, catalogue: Catalogue) -> LoadedPlan:
    """Return the plan that a drill goes by, made of its actions.

    Its systems are those that the inventory's play, or their own names: a step for each action at each of them.
    """
    looks = {
        (action, inventory.systems[system].plays or system): inventory.type_of(system).title
        for action, systems in drill.looks.items()
        for system in systems
    }
    steps = [
        {
            "id": _step(action, system),
            "title": f"{catalogue[action].title} ({system})",
            "action": action,
            "system": system,
        }
        for action, system in looks
    ]
    titles = {system: {"title": title, "tier": "full"} for (_, system), title in looks.items()}
    full = {"title": "All was looked at", "rto": "24 h", "validated_by": []}  # a look recovers nothing
    data: dict[str, Any] = {
        "title": drill.item,
        "version": "1",
        "overview": "What shows this test of the plan is run at every system that has it. It changes nothing.",
        "objectives": {"rto": {"full": full}, "rpo": {}},
        "systems": titles,
        "scenarios": {SCENARIO: _scenario(drill, [*titles])},
        "strategies": {"look": {"title": "Look", "text": "Nothing is changed."}},
        "phases": [{"id": "drill", "title": drill.item, "sections": [{"title": drill.item, "steps": steps}]}],
    }
    return read_text(Path(f"{drill.name}.yaml"), json.dumps(data).encode())


def _scenario(drill: Drill, systems: list[str]) -> dict[str, Any]:
    return {
        "title": drill.item,
        "impact": "None, nothing is changed",
        "likelihood": "Planned",
        "severity": "low",
        "systems": systems,
        "strategy": "look",
        "untouched": True,
    }


def _step(action: str, system: str) -> str:
    return f"{action}-{system}".replace(".", "-").replace("_", "-").lower()
