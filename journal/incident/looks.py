"""Looks: read-only probes of what a run left, if it is in doubt or left something in force."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from journal.incident.records import Run, RunState

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.action_spec import Catalogue

REATTACH = "reattach"
"""The name of the probe that finds a run's programs on their hosts again."""
_SAW = (RunState.SUCCEEDED, RunState.FAILED)
"""The states of a look that saw something; one that was refused or cancelled did not."""


def looks_into(incident: Incident, run_id: int) -> list[Run]:
    """Return the looks at a run, in order."""
    return [run for run in incident.runs.values() if run.probe_of == run_id]


def next_look(incident: Incident, run: Run, catalogue: Catalogue) -> str:
    """Return the action that looks at ``run`` next; empty where there is none.

    While the end of one of its programs is not known, `REATTACH` comes first, and the action's own probe after it,
    whatever that saw; then both again.
    """
    spec = catalogue.get(run.action)
    probe = spec.probe if spec else ""
    if all(program.finished_at for program in run.programs):
        return probe
    over = [look for look in looks_into(incident, run.id) if look.state.over]
    return probe if probe and over and over[-1].action == REATTACH else REATTACH


def goes_on(incident: Incident, look: Run, catalogue: Catalogue) -> bool:
    """Return whether ``look`` saw programs only, so that the look at the data comes next."""
    run = incident.runs.get(look.probe_of)
    if run is None or run.verdict or look.action != REATTACH or not look.state.over:
        return False
    return next_look(incident, run, catalogue) not in ("", REATTACH)


def look_words(look: str) -> str:
    """Return in words what a look looks at."""
    return "what became of its programs" if look == REATTACH else f"what it left, with {look}"


def not_done(incident: Incident, run_id: int) -> str:
    """Return what the last looks saw that contradicts the verdict "done"; empty where nothing does."""
    seen = [look for look in looks_into(incident, run_id) if look.state in _SAW]
    data = [look for look in seen if look.action != REATTACH]
    if data and data[-1].state is RunState.FAILED:
        return f"The look at what it left says: {data[-1].summary}"
    programs = [look for look in seen if look.action == REATTACH]
    if programs and programs[-1].facts.get("running"):
        return f"The look at its programs says: {programs[-1].summary}"
    return ""


def to_look_at(incident: Incident, catalogue: Catalogue) -> dict[int, str]:
    """Return the read-only look for the last run of each hold or block in force at which the system can be asked."""
    undone_by = {held.runs[-1]: catalogue.get(held.undone_by) for held in incident.in_force.values()}
    return {run: spec.probe for run, spec in undone_by.items() if spec and spec.available and spec.probe}


def seen_in_force(incident: Incident, runs: Sequence[int]) -> str:
    """Return in words what the last look at what ``runs`` left in force saw, and when, by the journal's clock."""
    looks = [look for run in runs for look in looks_into(incident, run) if look.action != REATTACH]
    if not looks:
        return "not measured"
    last = max(looks, key=lambda look: look.id)
    if last.state is RunState.SUCCEEDED and last.finished_at:
        return f"seen at {last.finished_at:%H:%M:%S} UTC: {last.summary}"
    if not last.state.over:
        return "not measured yet"
    return f"not measured: {last.refusal.message if last.refusal else last.summary or last.in_doubt}"
