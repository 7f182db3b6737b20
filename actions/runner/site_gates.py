"""Gates against two primaries, and against users at a site that is stale: told from the incident alone."""

from __future__ import annotations

from actions.gate import Closed
from actions.runner.gate_input import GateInput, last_done
from actions.system_types import role
from journal.incident.records import RunState, StepState
from journal.incident.state import Incident


def fenced(asked: GateInput) -> Closed | None:
    """No second primary: a run fenced the old one. A fence that failed, was skipped or done by hand proves nothing.

    A run that is aimed at no single system (in a tabletop) asks for each fence of the plan that applies.
    """
    steps = [step for step in asked.incident.plan.steps() if step.action.endswith(".fence")]
    if asked.run.system or asked.role("fence") in {step.action for step in steps}:
        fences = [asked.role("fence")]
    else:
        fences = [s.action for s in steps if asked.incident.state(s.id) is not StepState.NOT_APPLICABLE]
    open_ = next((fence for fence in fences if last_done(asked, fence) != fence), "")
    if not open_:
        return None
    states = [asked.incident.state(step.id) for step in steps if step.action == open_]
    said = f" ({open_} is {states[0]})" if states else ""
    message = f"The old primary is not proven to be fenced{said}: it may come back, and then there are two."
    return Closed("fenced", message, "reason and target", open_)


def second_primary(asked: GateInput) -> Closed | None:
    """In a tabletop: nothing was promoted in the place of the system."""
    promote = asked.role("promote")
    if last_done(asked, promote) != promote:
        return None
    message = f"{promote} was done: another server is the primary, and this would be a second one."
    return Closed("second-primary", message, "reason and target")


def stale_site(asked: GateInput) -> Closed | None:
    """Users are not sent back to a site that was fenced, or whose data is behind what another one took since."""
    why = _was_fenced(asked) or _wrote_elsewhere(asked.incident)
    if not why:
        return None
    message = f"{why}: users would be sent to a site that is fenced, or whose data is behind. Fail back first."
    return Closed("stale-site", message, "reason and target")


def _was_fenced(asked: GateInput) -> str:
    """Return that something was fenced, by a run or by hand (a step of the plan whose id says that it fences)."""
    incident, done = asked.incident, {StepState.DONE, StepState.MARKED_DONE}
    for run in incident.runs.values():
        known = incident.roster.systems.get(run.system)
        fence = role(known.type, "fence") if known else f"{run.action.partition('.')[0]}.fence"
        if run.action == fence and run.changes_step and run.state is RunState.SUCCEEDED:
            return f"{run.system or run.action} was fenced"
    steps = [step for step in incident.plan.steps() if "fence" in step.id.split("-")]
    return next((f"{step.title} is done" for step in steps if incident.state(step.id) in done), "")


def _wrote_elsewhere(incident: Incident) -> str:
    """Return that another site became the one that is written to: promoted, or opened to users."""
    made = ("promote", "activate", "enable_traffic")
    for run in incident.runs.values():
        if run.action.partition(".")[2] in made and run.changes_step and run.state is RunState.SUCCEEDED:
            return f"{run.action} was done"
    return ""
