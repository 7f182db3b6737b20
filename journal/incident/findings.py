"""Findings of runs: the state they give to their steps, and what is known to be wrong in a system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.incident.records import FoundWrong, Run, StepState
from journal.wording.counting import count

if TYPE_CHECKING:
    from journal.events import types as e
    from journal.incident.state import Incident


def found_state(body: e.ActionFinished) -> StepState:
    """Return the state of a step whose run succeeded: done only if it looked at everything and found nothing."""
    if body.partial:
        return StepState.LOOKED
    return StepState.FOUND if any(finding.severity != "note" for finding in body.findings) else StepState.DONE


def keep_found(incident: Incident, event: e.Event, body: e.ActionFinished, run: Run) -> None:
    """Keep what a run proved to be wrong; it replaces what was known of systems that the run examined completely."""
    for system in body.examined:
        incident.found_wrong.pop(system, None)
    wrong = [finding for finding in body.findings if finding.severity == "wrong" and finding.system]
    for system in dict.fromkeys(finding.system for finding in wrong):
        found = [finding for finding in wrong if finding.system == system]
        incident.found_wrong[system] = FoundWrong(event.at, run.action, found)


def found_words(incident: Incident, step_id: str) -> str:
    """Return a step's state in words, where its last run found something: ``2 findings``, ``looked: quick check``.

    Empty where it found nothing, or the step has another state by now.
    """
    state, run = incident.state(step_id), incident.last_begun(step_id)
    if run is None or state not in (StepState.FOUND, StepState.LOOKED):
        return ""
    seen = count(len(run.warnings), "finding") if run.warnings else ""
    if state is StepState.FOUND:
        return seen
    return ", ".join(part for part in (f"looked: {run.partial}", seen) if part)
