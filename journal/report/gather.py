"""Reads the events once: folds them into the incident's state, and collects what that does not keep for a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from journal.events import types as e
from journal.exercise.assessment import Assessment, assess
from journal.incident.answers import answer_title
from journal.incident.counted import counts
from journal.incident.declaration import first_of
from journal.incident.fold import apply_event, fold_events
from journal.incident.late import happened_at
from journal.incident.state import Incident
from journal.report import evidence as ev
from journal.report.call_log import CallLog
from journal.report.course import Course
from journal.report.impact import ServiceLog
from journal.report.sign_offs import SignOffs
from journal.report.timeline import EntryBuilder, ReadEvents, Timeline


class Gathered:
    """What was collected from a journal's events.

    Attributes:
        incident: its state.
        decisions: every answer ever given, in order.
        health: every transition, in order.
        ticks: who ticked an item last, and when, by step and item.
        notes: what people wrote at a step, by step.
        calls: who was called, and who answered.
        course: what matters of the timeline.
        service: what service impact is made of.
        signatures: who signed, and how far the journal was then.
        seen: when each actor first and last wrote.
        people: who wrote events that only people write.
        closed_by: who closed the incident; empty while nobody did.
        types: how many events there are of each type.
    """

    def __init__(self, first: e.Event, read: ReadEvents) -> None:
        self.incident = Incident(first)
        self.decisions: list[ev.DecisionEntry] = []
        self.health: list[ev.HealthTransition] = []
        self.ticks: dict[tuple[str, str], tuple[str, datetime]] = {}
        self.notes: dict[str, list[ev.Entry]] = {}
        self.calls = CallLog()
        self.service = ServiceLog()
        self.course = Course()
        self.signatures = SignOffs()
        self.seen: dict[str, tuple[datetime, datetime]] = {}
        self.people: set[str] = set()
        self._took_part: set[str] = set()
        self.closed_by = ""
        self.known_before: e.ReadinessKnown | None = None
        self.types: Counter[str] = Counter()
        self.read = read
        self.entry_builder = EntryBuilder(self.incident)
        self._late: list[ev.Entry] = []
        self._see(first)
        self._take(first)

    @classmethod
    def of(cls, read: ReadEvents) -> Self:
        """Collect from the events that ``read`` returns.

        Raises:
            JournalDamaged: there is none, or they are not one incident's, whole and in order.
        """
        stream = iter(read())
        gathered = cls(first_of(stream), read)
        ended = gathered._at_the_end()
        for event in stream:
            gathered._see(event)
            if counts(ended, event):
                gathered._take(event)
            apply_event(gathered.incident, event)
        return gathered

    def _at_the_end(self) -> Incident:
        """Return the state that says what counts: a tabletop may be rewound, which only later events tell."""
        return self.incident if self.incident.history is None else fold_events(self.read())

    @cached_property
    def assessment(self) -> Assessment | None:
        """What it shows as an exercise, read anew from the events; None where it was none with a script.

        Raises:
            JournalDamaged: the script in the journal cannot be read.
        """
        return assess(self.incident, (event for event in self.read() if event.seq <= self.incident.seq))

    @property
    def entries(self) -> Timeline:
        """The timeline, read anew from the events."""
        return Timeline(self.read, self.entry_builder, self._late, self.incident.seq)

    @property
    def participants(self) -> list[str]:
        """Who took part, in the order of their first events."""
        return [actor for actor in self.seen if actor in self._took_part]

    def offset(self, at: datetime) -> float:
        """Return the distance of ``at`` from the disruption, in seconds."""
        return self.entry_builder.offset(at)

    def step_name(self, step_id: str) -> ev.StepName:
        """Return a step with number and title; only its id where the plan does not have it."""
        return self.entry_builder.step(step_id)

    def _see(self, event: e.Event) -> None:
        """Note who wrote, and what type of event."""
        first, _ = self.seen.get(event.actor, (event.at, event.at))
        self.seen[event.actor] = (first, event.at)
        if type(event.body) not in _PROGRAMS_WRITE:
            self.people.add(event.actor)
            if type(event.body) not in _AFTERWARDS:
                self._took_part.add(event.actor)
        self.types[event.type] += 1

    def _take(self, event: e.Event) -> None:
        """Collect from an event before it is applied, while ``incident.head`` is what its writer had seen."""
        self.service.take(event, self.incident)
        self.course.take(event, self.incident)
        handler = _HANDLERS.get(type(event.body))
        if handler:
            handler(self, event, event.body)
        if happened_at(event.body):
            self._late.append(self.entry_builder.entry(event))

    def _decided(self, event: e.Event, body: e.DecisionMade) -> None:
        step, at = self.incident.plan.decision(body.name), happened_at(body) or event.at
        self.decisions.append(
            ev.DecisionEntry(
                at=at,
                offset_s=self.offset(at),
                by=event.actor,
                name=body.name,
                question=step.decision.question if step and step.decision else "",
                answer=body.answer,
                answer_title=answer_title(self.incident, body.name, body.answer),
                reason=body.reason,
                replaced=False,
            )
        )

    def _changed(self, event: e.Event, body: e.HealthChanged) -> None:
        self.health.append(
            ev.HealthTransition(
                at=event.at,
                offset_s=self.offset(event.at),
                system=body.system,
                title=self.incident.roster.title(body.system),
                was=body.was,
                status=body.status,
                detail=body.detail,
            )
        )

    def _noted(self, event: e.Event, body: e.NoteAdded) -> None:
        if body.step:
            self.notes.setdefault(body.step, []).append(self.entry_builder.entry(event))

    def _known(self, event: e.Event, body: e.ReadinessKnown) -> None:
        self.known_before = body

    def _ticked(self, event: e.Event, body: e.ItemChecked) -> None:
        self.ticks[body.step, body.item] = (event.actor, event.at)

    def _closed(self, event: e.Event, body: e.IncidentClosed) -> None:
        self.closed_by = event.actor

    def _paged(self, event: e.Event, body: e.ContactPaged) -> None:
        self.calls.paged(event, body)

    def _answered(self, event: e.Event, body: e.ContactAcknowledged) -> None:
        self.calls.answered(event, body)

    def _taken_back(self, event: e.Event, body: e.CallTakenBack) -> None:
        self.calls.taken_back(body)

    def _signed(self, event: e.Event, body: e.SignedOff) -> None:
        self.signatures.signed(event, body, self.incident.head, self.types)


_PROGRAMS_WRITE = frozenset(
    {
        e.ExerciseBegan,
        e.RunnerStarted,
        e.RunnerStopped,
        e.RunRefused,
        e.ActionStarted,
        e.ActionReentered,
        e.ProgramStarted,
        e.ProgramFinished,
        e.ActionFinished,
        e.ActionInDoubt,
        e.ExposureMeasured,
        e.HealthChanged,
        e.InventoryRead,
        e.ReadinessKnown,
        e.ScriptsRead,
        e.InjectGiven,
        e.InjectAnswered,
        e.InjectLed,
        e.ExercisePaused,
        e.ExerciseRewound,
        e.FacilitatorSaid,
        e.ParticipantMarked,
        e.HotWashAnswered,
        e.LabChosen,
        e.LabFault,
        e.LabUndone,
        e.JournalContinued,
    }
)
"""Events that a runner or a facilitator writes. Who wrote only such events is no participant."""
_AFTERWARDS = frozenset({e.ActionItemWritten, e.ActionItemDone})
"""Events of the improvement plan: anybody keeps it, also who was not there."""

_HANDLERS: dict[type[e.Body], Callable[[Gathered, e.Event, Any], None]] = {
    e.DecisionMade: Gathered._decided,
    e.HealthChanged: Gathered._changed,
    e.NoteAdded: Gathered._noted,
    e.ReadinessKnown: Gathered._known,
    e.ItemChecked: Gathered._ticked,
    e.IncidentClosed: Gathered._closed,
    e.ContactPaged: Gathered._paged,
    e.ContactAcknowledged: Gathered._answered,
    e.CallTakenBack: Gathered._taken_back,
    e.SignedOff: Gathered._signed,
}
