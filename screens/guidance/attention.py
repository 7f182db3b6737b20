"""What needs a person's attention: what runs, is in doubt or failed, and which step to open an incident at."""

from __future__ import annotations

from typing import NamedTuple

from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.incident.upcoming import next_step
from screens.guidance.text import Line, Span, Tone, line


class Counts(NamedTuple):
    """How many runs and steps need attention."""

    running: int
    in_doubt: int
    failed: int


def counts(incident: Incident) -> Counts:
    """Return how many runs are under way or in doubt, and how many steps failed."""
    states = incident.states().values()
    under_way = [run for run in incident.runs.values() if not run.state.over]
    failed = sum(state is StepState.FAILED for state in states)
    return Counts(len(under_way), len(incident.in_doubt()), failed)


def attention(incident: Incident, after: str = "") -> str:
    """Return the id of the next step, after the step ``after``, that needs attention: in doubt, failed, running.

    Each kind in the order of the plan; beyond the last one it begins anew. Empty where nothing does.
    """
    wanted = [
        step.id
        for states in ((StepState.IN_DOUBT,), (StepState.FAILED,), _UNDER_WAY)
        for step in incident.in_state(*states)
    ]
    if not wanted:
        return ""
    return wanted[(wanted.index(after) + 1) % len(wanted)] if after in wanted else wanted[0]


def first_step(incident: Incident) -> str:
    """Return the id of the step to open an incident at: what is in doubt, what runs, what is next, the first."""
    doubtful, running = next(incident.in_state(StepState.IN_DOUBT), None), next(incident.in_state(*_UNDER_WAY), None)
    return (doubtful or running or next_step(incident) or next(incident.plan.steps())).id


_UNDER_WAY = (StepState.RUNNING, StepState.CANCELLING, StepState.REQUESTED)


def count_line(found: Counts) -> Line:
    """Return how many runs are under way or in doubt, and how many steps failed; loud where there are any."""
    return line(
        Span(f"{found.running} running", "busy" if found.running else "quiet"),
        " · ",
        _alarm(found.in_doubt, "in doubt"),
        " · ",
        _alarm(found.failed, "failed"),
    )


def _alarm(number: int, what: str) -> Span:
    tone: Tone = "bad" if number else "quiet"
    return Span(f"{number} {what.upper() if number else what}", tone)
