"""The shell commands of a step, to be shown, copied and typed by hand; and those that its last run began."""

from __future__ import annotations

import shlex

from actions.by_hand import Typed
from journal.incident.state import Incident
from journal.plan.model import Step

NONE = "No single command does what this step does."
NO_INVENTORY = "There is no inventory, so nobody knows where to type what."


def nothing(incident: Incident, step: Step) -> Typed:
    """Return what is said of a step that has no command."""
    why = NONE if incident.inventory or step.kind != "action" else NO_INVENTORY
    plan = [f"The plan says: {step.script}"] if step.script else []
    return Typed("", [why, *plan], "")


def begun(incident: Incident, step: Step) -> list[Typed]:
    """Return the programs that the step's last run began, as they were begun."""
    runs = [incident.runs[run] for run in incident.steps[step.id].runs]
    last = next((run for run in reversed(runs) if run.programs), None)
    if last is None:
        return []
    said = [f"begun by run {last.id}, on {last.system}" if last.system else f"begun by run {last.id}"]
    return [
        Typed(f"on {program.host}" if program.host else "here", said, shlex.join(program.argv))
        for program in last.programs
    ]
