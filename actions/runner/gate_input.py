"""What a gate may look at: the run that is asked for, the incident, and what runs meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from actions.gate import Closed
from actions.inventory import Inventory
from actions.system_types import role
from journal.incident.records import Run, RunState
from journal.incident.state import Incident
from journal.plan.action_spec import ActionSpec


@dataclass(frozen=True, slots=True)
class GateInput:
    """The run and the state that a gate may look at. ``live`` names the gates that will ask the system itself."""

    run: Run
    spec: ActionSpec
    incident: Incident
    inventory: Inventory
    at_work: Sequence[tuple[Run, ActionSpec]]
    live: Collection[str] = ()

    def role(self, name: str) -> str:
        """Return the action that plays a role at the type of system that is acted on."""
        known = self.incident.roster.systems.get(self.run.system)
        return role(known.type if known else self.spec.system, name)

    def concerns(self, run: Run) -> bool:
        """Return whether another run is about the same system."""
        return not run.system or not self.run.system or run.system == self.run.system


Gate = Callable[[GateInput], Closed | None]


def last_done(asked: GateInput, *actions: str) -> str:
    """Return which of ``actions`` was last done at the system; empty where none ran, or the last one failed."""
    runs = [run for run in asked.incident.runs.values() if run.action in actions and asked.concerns(run)]
    tried = [run for run in runs if run.changes_step and run.started_at]
    last = max(tried, key=lambda run: run.id, default=None)
    return last.action if last and last.state is RunState.SUCCEEDED else ""
