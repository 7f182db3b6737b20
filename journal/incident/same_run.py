"""Whether what somebody asks for is under way already, because somebody else has asked for the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from journal.incident.records import Run, RunState
from journal.incident.state import Incident
from journal.incident.team import short_name
from journal.wording.instants import clock

_BUSY = "busy"
"""The gate that refuses what is at work already."""
_GOES_ON = (RunState.REQUESTED, RunState.RUNNING)


def same_run(incident: Incident, step: str, action: str, system: str, params: Mapping[str, Any]) -> Run | None:
    """Return the run under way that does what is asked for, with the same parameters; None where there is none.

    Args:
        incident: its state.
        step: the step.
        action: what is run.
        system: at which system; empty: at the only one there is.
        params: all parameters.
    """
    runs = (run for run in incident.runs.values() if run.step == step and run.state in _GOES_ON)
    return next((run for run in runs if _is_same(run, action, system, params)), None)


def refused_for(incident: Incident, run: Run) -> Run | None:
    """Return the run for which the runner refused another one that does the same; None where it refused it otherwise.

    Args:
        incident: its state.
        run: the refused run.
    """
    refusal = run.refusal
    if refusal is None or refusal.gate != _BUSY:
        return None
    for other in incident.runs.values():
        at_work = other.started_at and other.started_at <= refusal.at
        lasted = other.finished_at is None or other.finished_at >= run.requested_at
        if other.step == run.step and at_work and lasted and _is_same(other, run.action, run.system, run.params):
            return other
    return None


def started(run: Run) -> str:
    """Return who had a run started, and when: ``started by ana at 03:14 UTC``."""
    return f"started by {short_name(run.requested_by)} at {clock(run.requested_at)}"


def _is_same(run: Run, action: str, system: str, params: Mapping[str, Any]) -> bool:
    at_it = not run.system or not system or run.system == system
    return run.changes_step and run.action == action and at_it and run.params == params
