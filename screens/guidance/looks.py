"""What the looks that are run together saw, said at each of them: one result, whichever step the cursor is on."""

from __future__ import annotations

from journal.incident.records import Run, StepState
from journal.incident.state import Incident
from journal.incident.upcoming import next_step
from journal.plan.model import Step
from journal.wording.sanitize import sanitize
from screens.guidance.names import title
from screens.guidance.symbols import STEPS
from screens.guidance.text import Line, Span, line

_GOES_ON_WITH = (StepState.FOUND, StepState.LOOKED, StepState.TRIED)
_SEEN_TO = (StepState.DONE, StepState.MARKED_DONE, StepState.SKIPPED, StepState.TRIED)


def group(incident: Incident, step: Step) -> list[Step]:
    """Return the looks that one key runs together with ``step``, itself among them; none where it is in no group."""
    return [other for other in incident.plan.steps() if step.together and other.together == step.together]


def look_lines(incident: Incident, step: Step) -> list[Line]:
    """Return what the other looks of the step's group saw, a line each; nothing where it is no such look."""
    if incident.last_begun(step.id) is None:
        return []
    others = (other for other in group(incident, step) if other.id != step.id)
    return [_look(incident, other, run) for other in others if (run := incident.last_begun(other.id))]


def seen_last(incident: Incident, step: Step) -> list[Line]:
    """Return what looks found, or an attempt failed of, a line each, as long as ``step`` is what comes right after.

    The cursor goes on to it by itself: what was found is said there too, until something is done with it.
    """
    if next_step(incident) is not step or incident.steps[step.id].runs:
        return []
    latest = _latest(incident)
    seen = [latest, *(other for other in group(incident, latest) if other is not latest)] if latest else []
    found = [other for other in seen if incident.state(other.id) in _GOES_ON_WITH and other is not step]
    return [_look(incident, other, run) for other in found if (run := incident.last_begun(other.id))]


def _latest(incident: Incident) -> Step | None:
    """Return the step of the recovery of which something was said last; None where nothing was."""
    work = (other for other in incident.plan.steps() if not other.beside)
    said = [(at, number, other) for number, other in enumerate(work) if (at := incident.steps[other.id].at)]
    return max(said)[2] if said else None


def goes_on_from(incident: Incident, step: Step) -> bool:
    """Return whether the cursor goes on by itself from a step that somebody saw to.

    What looks found together, and what an attempt failed of, goes with it (`seen_last`). What any other step found
    stays in sight until the person goes on.
    """
    state = incident.state(step.id)
    together = bool(step.together) and state in (StepState.FOUND, StepState.LOOKED)
    return together or state in _SEEN_TO


def _look(incident: Incident, step: Step, run: Run) -> Line:
    look = STEPS[incident.state(step.id)]
    found = [str(one) for one in run.gravest_first if one.severity != "note" and one.about not in run.summary]
    said = "; ".join([run.summary.rstrip(".") or look.word, *found])
    tone = look.tone if look.tone in ("bad", "warn", "quiet") else ""  # that it was done makes nothing good that it saw
    return line(Span("", look.tone), Span(f"{title(incident, step)}  ", "strong"), Span(sanitize(said), tone),
                symbol=look.symbol)  # fmt: skip
