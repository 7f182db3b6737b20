"""Which keys apply at a step now: asked by the key line, the key handlers and line mode.

What may be written is decided in `journal.commands.refusals`. A key is offered for less: only where it is of use.
"""

from __future__ import annotations

from collections.abc import Callable

from journal.commands import refusals
from journal.incident.called import to_take_back
from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.incident.upcoming import beside, next_step
from journal.plan.action_spec import Catalogue
from journal.plan.model import Step
from screens.guidance.attention import attention
from screens.guidance.left_out import runnable
from screens.guidance.logs import log_of
from screens.guidance.next_action import PrimaryAction, enter_action, refused_run

Rule = Callable[[Incident, Step, Catalogue], bool]


def _act(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    return enter_action(incident, step, catalogue) is not PrimaryAction.NOTHING


def _dry_run(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    return runnable(incident, step, catalogue) and refusals.settle(incident, step) is None


def _skip(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    return refusals.skip(incident, step) is None


def _mark_done(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    return refusals.mark_done(incident, step) is None


def _reopen(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    if to_take_back(incident, step):
        return True
    return refusals.reopen(incident, step) is None and incident.state(step.id).settled


def _take(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    return refusals.take(incident, step) is None


def _role(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    return refusals.while_closed(incident) is None


def _override(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    if not _dry_run(incident, step, catalogue):
        return False
    run = refused_run(incident, step.id)
    yields = run is not None and run.refusal is not None and run.refusal.yields != "never"
    return yields or incident.state(step.id) is StepState.WAITING


def _cancel(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    return cancellable(incident, step) is not None


def cancellable(incident: Incident, step: Step) -> int | None:
    """Return the id of the step's run that can be asked to stop, or None."""
    runs = reversed(incident.steps[step.id].runs)
    return next((run for run in runs if refusals.cancel(incident, run) is None), None)


def _output(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    return any(incident.runs[run].started_at for run in incident.steps[step.id].runs)


def _commands(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    return step.is_run


def _run_with(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    spec = catalogue.get(step.action) if step.action else None
    return bool(spec and spec.params) and _dry_run(incident, step, catalogue)


def _log(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    return incident.closed_at is None and log_of(incident, step, catalogue) is not None


def _jump(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    return attention(incident, step.id) not in ("", step.id)


def _go_next(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    return _is_next(incident) not in ("", step.id)


def _is_next(incident: Incident) -> str:
    found = next_step(incident) if incident.closed_at is None else None
    return found.id if found else ""


def _is_beside(incident: Incident) -> str:
    found = beside(incident) if incident.closed_at is None else []
    return found[0].id if found else ""


LEADS: dict[str, Callable[[Incident], str]] = {"jump": attention, "go_next": _is_next, "go_due": _is_beside}
"""Keys that lead to a step, by action, each with the step's id, or nothing; from a heading to whichever step it is."""


def _go_due(incident: Incident, step: Step, catalogue: Catalogue) -> bool:
    return incident.closed_at is None and any(other.id != step.id for other in beside(incident))


RULES: dict[str, Rule] = {
    "act": _act,
    "dry_run": _dry_run,
    "skip": _skip,
    "mark_done": _mark_done,
    "reopen": _reopen,
    "override": _override,
    "cancel": _cancel,
    "take": _take,
    "role": _role,
    "output": _output,
    "commands": _commands,
    "run_with": _run_with,
    "log": _log,
    "jump": _jump,
    "go_next": _go_next,
    "go_due": _go_due,
}
"""The rule by action; an action without a rule always applies."""
