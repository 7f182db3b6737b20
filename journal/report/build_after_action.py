"""Builds the after-action report of an exercise from its journal alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from journal.exercise.areas import areas, strengths
from journal.exercise.assessment import Assessment, InjectResult, NoExercise
from journal.exercise.hot_wash import Question, questions
from journal.incident.state import Incident
from journal.report.after_action import AfterActionReport, AreaEntry, Asked, LabFaultEntry, ObjectiveEvidence, Said
from journal.report.build import built
from journal.report.review import ActionItemEntry

_SAID = ("went well", "went wrong", "got lucky", "lessons")
"""The report's fields that belong to it."""


def build_after_action(
    path: Path, zone: str = "", head: str | None = None, more: Sequence[Path] = ()
) -> AfterActionReport:
    """Return the after-action report of a journal; see `journal.report.build.build` for its arguments.

    Raises:
        JournalError: the journal cannot be read, or is damaged beyond reading.
        NoExercise: the incident was no exercise with a script.
        NoSuchZone: this machine does not know the zone.
    """
    report, gathered = built(path, zone, head, more)
    incident, shown = gathered.incident, gathered.assessment
    if report.exercise is None or shown is None:
        raise NoExercise(incident.id)
    asked = {one.text: _asked(one) for one in questions(incident, shown)}
    found = [
        AreaEntry(
            title=one.title,
            seen=one.seen,
            result=one.result,
            objective=one.objective,
            critical=one.critical,
            asked=asked[one.ask],
        )
        for one in areas(shown)
    ]
    causes = {one.asked.question for one in found}
    return AfterActionReport(
        as_of=report.as_of,
        zone=report.zone,
        incident=report.incident,
        verification=report.verification,
        exercise=report.exercise,
        objectives=_objectives(shown, report.action_items),
        strengths=strengths(shown),
        areas=found,
        lab_faults=[
            LabFaultEntry(at=note.at, inject=inject, system=system, how=how, state=note.state, what=note.what)
            for (inject, system, how), note in incident.review.lab_faults.items()
        ],
        causes=[one for text, one in asked.items() if text in causes],
        hot_wash=[one for text, one in asked.items() if text not in causes],
        written=[field for field in report.fields if field.name in _SAID and field.text],
        items=report.action_items,
        lacks=list(_lacks(incident, shown, found)),
    )


def _asked(question: Question) -> Asked:
    return Asked(
        question=question.text,
        answers=[Said(text=one.text, who=one.who, by=one.by, at=one.at) for one in question.answers],
    )


def _objectives(shown: Assessment, items: Sequence[ActionItemEntry]) -> list[ObjectiveEvidence]:
    return [
        ObjectiveEvidence(
            id=one.id,
            title=one.title,
            rating=one.rating,
            why=one.why,
            expectations=[result for result in shown.expectations if result.objective == one.id],
            hints=list(_hints(shown, one.id)),
            to_do=[item.id for item in items if item.objective == one.id],
        )
        for one in shown.objectives
    ]


def _hints(shown: Assessment, objective: str) -> Iterator[str]:
    """Yield the hints about an inject of an objective; one about none, where it came while such a one waited."""
    told = {one.id: one for one in shown.injects if one.given_at and one.expected and one.objective == objective}
    for hint in shown.hints:
        if hint.inject in told or (not hint.inject and any(_waited(one, hint.at) for one in told.values())):
            yield hint.text


def _waited(inject: InjectResult, at: datetime) -> bool:
    """Return whether an inject had been given by then, and was not answered yet."""
    given, answered = inject.given_at, inject.answered_at
    return given is not None and given <= at and (answered is None or at < answered)


def _lacks(incident: Incident, shown: Assessment, found: Sequence[AreaEntry]) -> Iterator[str]:
    """Yield what is not there yet."""
    if incident.closed_at is None:
        yield "The exercise is not closed: ratings are as of now."
    undone = incident.review.lab_undone
    if incident.review.lab_faults and not (undone and undone.state == "done"):
        yield f"The lab was not made anew since it was broken: cleo exercise undo {incident.id}"
    if not incident.review.hot_wash:
        yield f"No hot wash was written down: cleo exercise hotwash {incident.id}"
    unasked = sum(not one.asked.answers for one in found)
    if unasked:
        yield f"Root cause not named for {unasked} of {len(found)} areas for improvement."
    items = incident.review.action_items.values()
    served = {item.objective for item in items}
    if bare := [one.title for one in shown.objectives if one.rating != "P" and one.id not in served]:
        yield f"No action item serves: {'; '.join(bare)}."
    yield from (f"{item.id} has no {item.lacks}." for item in items if item.lacks)
