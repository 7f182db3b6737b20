"""What is left out because nothing here does it: which steps, and for what reason."""

from __future__ import annotations

from actions.system_types import built_in
from journal.incident.cures import advised_against
from journal.incident.records import StepState
from journal.incident.roster import able, players
from journal.incident.state import Incident
from journal.incident.upcoming import next_step
from journal.plan.action_spec import Catalogue
from journal.plan.model import Step

NOTHING_HERE = "nothing here does it"


def runnable(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    """Return whether the console can run the step: a command, or an action that is here, on a system that is here."""
    return step.is_run and not why_not_here(incident, step, catalogue)


def why_not_here(incident: Incident, step: Step, catalogue: Catalogue) -> str:
    """Return why nothing here can run a step's action: it is not installed, or the inventory has no system for it.

    Empty where something can, and for a step without an action.
    """
    if step.kind != "action":
        return ""
    spec = catalogue.get(step.action)
    if spec is None or not spec.available:
        return spec.broken.rstrip(".") if spec and spec.broken else f"no action {step.action} is installed"
    known = incident.roster.systems.values()
    if not known:
        return ""
    if step.system:
        return "" if players(known, step.system) else f"the inventory names no {step.system}"
    lacking = spec.system in built_in() and not able(known, step.action)
    return f"the inventory names no {spec.system}" if lacking else ""


def known_reason(incident: Incident, step: Step, catalogue: Catalogue) -> str:
    """Return the reason for leaving a step out that the program knows; empty where it knows none.

    It is what the question for a reason begins with, in every way of asking.
    """
    against = advised_against(incident, step)
    return why_not_here(incident, step, catalogue) or (against.words if against else "")


def left_out_together(incident: Incident, step: Step, catalogue: Catalogue) -> list[Step]:
    """Return the steps that are left out as one: all that nothing here does, once the first of them is next.

    Only those that every incident has (without ``when``). What applies because of an answer (a system that is affected,
    a strategy) is the recovery itself, and asked about by itself. ``step`` alone where it is none of these.
    """
    if not nothing_does(incident, step, catalogue) or next_step(incident) is not step:
        return [step]
    return [other for other in incident.plan.steps() if nothing_does(incident, other, catalogue)]


def nothing_does(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    """Return whether a step that every incident has is open, and nothing here does it."""
    is_open = incident.state(step.id) in (StepState.READY, StepState.WAITING)
    in_every_incident = incident.is_required(step) and not step.when
    return is_open and in_every_incident and bool(why_not_here(incident, step, catalogue))


def shared_reason(reason: str, own: str) -> str:
    """Return the reason that a step is left out for, of one that was given for several, and the step's own cause."""
    return ": ".join(part for part in (reason, own) if part)
