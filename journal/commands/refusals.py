"""Why something cannot be written into an incident now; None where it can.

The commands raise what these functions return, and the console offers a key only where they return None: what may be
written is decided here alone. Pure: each looks at the incident's state and at nothing else. What has a command's name
is for that command.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from journal.errors import CleoError
from journal.incident.answers import answer_title
from journal.incident.known import not_met
from journal.incident.records import RunState, StepState
from journal.incident.same_run import same_run, started
from journal.incident.team import short_name

if TYPE_CHECKING:
    from journal.incident.records import DecisionRecord, Run
    from journal.incident.state import Incident
    from journal.plan.model import Step

_CLOSED = "Write a note (cleo note), or go on with it (cleo reopen)."


class NotNow(CleoError):
    """What was asked for makes no sense in the incident's present state."""


class AlreadyRunning(NotNow):
    """What was asked for is under way: somebody has asked for the same.

    Attributes:
        run: the run's id.
    """

    def __init__(self, step: Step, run: Run) -> None:
        on = f" on {run.system}" if run.system else ""
        super().__init__(f"{step.title} runs already{on}, {started(run)}.", "Its result appears here.")
        self.run = run.id


def while_closed(incident: Incident) -> NotNow | None:
    """Return why nothing but notes can be written: the incident is closed."""
    return NotNow(f"{incident.id} is closed.", _CLOSED) if incident.closed_at is not None else None


def while_active(incident: Incident, step: Step, system: str = "") -> NotNow | None:
    """Return why nothing can be said of a step: it is under way or in doubt.

    Args:
        incident: the incident's state.
        step: which step.
        system: at this one of the step's systems; empty: anywhere.
    """
    each = incident.steps[step.id].each
    states = {name: one.state for name, one in each.items() if not system or name == system}
    whole = {} if system and each else {"": incident.state(step.id)}
    for name, state in {**states, **whole}.items():
        on = f" on {name}" if name and (system or len(each) > 1) else ""
        if state and state.active:
            return NotNow(f"{step.title} is {state}{on}.", "Wait for it, or cancel it.")
        if state is StepState.IN_DOUBT:
            return NotNow(f"{step.title} is in doubt{on}.", "Look what it left, then say done, failed or run again.")
    return None


def run_at(incident: Incident, step: Step, system: str, params: Mapping[str, Any]) -> NotNow | None:
    """Return why a step cannot be asked for at a system: it is under way or in doubt.

    Args:
        incident: the incident's state.
        step: which step.
        system: at which of its systems; empty: anywhere.
        params: all parameters that it would run with.
    """
    same = same_run(incident, step.id, step.action or "command", system, params)
    return AlreadyRunning(step, same) if same else while_active(incident, step, system)


def settle(incident: Incident, step: Step) -> NotNow | None:
    """Return why a step cannot be marked done, skipped or reopened, whichever it is."""
    return while_closed(incident) or while_active(incident, step)


def skip(incident: Incident, step: Step) -> NotNow | None:
    """Return why a step cannot be left out."""
    return settle(incident, step) or _if_settled(incident, step)


def mark_done(incident: Incident, step: Step) -> NotNow | None:
    """Return why a step cannot be marked as done by hand."""
    if why := settle(incident, step):
        return why
    if step.decision is not None:
        return NotNow(f"{step.title} is a decision.", "Answer it instead.")
    return _if_settled(incident, step) or _against_what_is_known(incident, step)


def reopen(incident: Incident, step: Step) -> NotNow | None:
    """Return why what was said of a step cannot be taken back."""
    if why := settle(incident, step):
        return why
    nothing_said = incident.steps[step.id].state is None
    return (
        NotNow(f"{step.title} is {incident.state(step.id)}: there is nothing to take back.") if nothing_said else None
    )


def run(incident: Incident, step: Step) -> NotNow | None:
    """Return why a step cannot be asked for, not even as a dry run."""
    if not step.is_run:
        return NotNow(f"{step.title} has nothing to run.")
    return run_action(incident, step.action)


def run_action(incident: Incident, action: str) -> NotNow | None:
    """Return why an action cannot be asked for, not even as a dry run.

    What takes back a hold or a block that is still in force can be asked for after the close, too.
    """
    return None if incident.takes_back(action) else while_closed(incident)


def tick(incident: Incident, step: Step) -> NotNow | None:
    """Return why no item of a step can be ticked or unticked."""
    return while_closed(incident) or _if_settled(incident, step)


def take(incident: Incident, step: Step) -> NotNow | None:
    """Return why nobody can work at a step: the incident is closed, or the step is settled."""
    return while_closed(incident) or _if_settled(incident, step)


def cancel(incident: Incident, run_id: int) -> NotNow | None:
    """Return why a run cannot be asked to stop."""
    found = incident.runs.get(run_id)
    if found is None:
        return NotNow("There is nothing running to cancel.")
    return None if found.state is RunState.RUNNING else NotNow(f"The run is {found.state}.")


def close(incident: Incident) -> NotNow | None:
    """Return why the incident cannot be closed, whatever is typed: it is closed already, or something is running."""
    running = next((run for run in incident.runs.values() if not run.state.over and not run.probe_of), None)
    if running is None:
        return while_closed(incident)
    return while_closed(incident) or NotNow(
        f"{running.action} is {running.state}.", "Wait for it or cancel it, then close."
    )


def _against_what_is_known(incident: Incident, step: Step) -> NotNow | None:
    for item, fact in not_met(incident, step).items():
        return NotNow(f"{item}: that is not so ({fact.evidence}).", "Put it right, or skip the step with a reason.")
    return None


def _if_settled(incident: Incident, step: Step) -> NotNow | None:
    state = incident.state(step.id)
    already = "" if state.by_evidence else " already"
    return NotNow(f"{step.title} is {state}{already}.", "Reopen it first, or write a note.") if state.settled else None


def raise_if(why: NotNow | None) -> None:
    """Raise a refusal, if it is one.

    Raises:
        NotNow: ``why``.
    """
    if why is not None:
        raise why


def decided_since(incident: Incident, step: Step, seen: Mapping[str, DecisionRecord]) -> NotNow | None:
    """Return why an answer is not written: somebody decided the same after it was asked for.

    Args:
        incident: the incident's state.
        step: the step that asks.
        seen: by name, what had been decided as it was asked for.
    """
    name = step.decision.name if step.decision else ""
    now = incident.decisions.get(name)
    if now is None or now == seen.get(name):
        return None
    answer = answer_title(incident, name, now.answer)
    return NotNow(
        f"{step.title}: {short_name(now.by)} has decided that meanwhile: {answer}.",
        "Nothing of yours was written. Look at what is decided; u at a step decides it anew.",
    )
