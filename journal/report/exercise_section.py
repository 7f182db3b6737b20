"""The after-action part of an exercise with a script, from ``journal.exercise.assessment``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journal.exercise.assessment import InjectResult
from journal.exercise.moments import say
from journal.exercise.script import Inject, exercise_from_data
from journal.report.review import AfterAction, FacilitatorNote, InjectEntry
from journal.wording.durations import exact_duration

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.report.gather import Gathered


def after_action(gathered: Gathered) -> AfterAction | None:
    """Return the assessment of the exercise; None where the incident was none, or had no script.

    Raises:
        JournalDamaged: the script in the journal cannot be read.
    """
    incident, found = gathered.incident, gathered.assessment
    if found is None:
        return None
    script = exercise_from_data(incident.review.exercise)
    planned = {inject.id: inject for inject in script.injects}
    return AfterAction(
        title=found.title,
        situation=script.situation,
        began_at=incident.review.exercise_began_at,
        participants=gathered.participants,
        programs=[actor for actor in gathered.seen if actor not in gathered.people],
        objectives=found.objectives,
        expectations=found.expectations,
        injects=[_inject(incident, result, planned.get(result.id)) for result in found.injects],
        done_well=found.done_well,
        missed=found.missed,
        notes=[FacilitatorNote(**mark._asdict()) for mark in found.marks],
        hints=[hint.text for hint in found.hints],
    )


def _inject(incident: Incident, result: InjectResult, planned: Inject | None) -> InjectEntry:
    began_at = incident.review.exercise_began_at
    given = (result.given_at - began_at).total_seconds() if result.given_at and began_at else None
    return InjectEntry(
        id=result.id,
        text=result.text,
        planned=_planned(incident, planned) if planned else "not planned: the facilitator's own",
        planned_s=planned.at_s if planned else given or 0.0,
        given_at=result.given_at,
        given_s=given,
        answered_s=result.reaction_s,
        expected=result.expected,
        observed=result.observed,
    )


def _planned(incident: Incident, inject: Inject) -> str:
    if inject.after:
        return f"{exact_duration(inject.at_s)} after: {say(inject.after, incident.plan)}"
    return f"{exact_duration(inject.at_s)} after the start"
