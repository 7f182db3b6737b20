"""One pass over the events: the fold, and beside it what a report needs that the fold does not keep."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from journal import events as e
from journal.incident import Incident
from journal.report import evidence as ev
from journal.report import model as m
from journal.report.words import answer_title, sentence
from journal.store_errors import JournalDamaged


class Gathered:
    """What was collected from a journal's events.

    Attributes:
        incident: the fold.
        entries: the timeline in the order in which things happened.
        decisions: every answer ever given, in order; ``replaced`` is set where a later one took its place.
        health: every transition, in order.
        ticks: who ticked an item last, and when, by step and item.
    """

    def __init__(self, first: e.Event) -> None:
        self.incident = Incident(first)
        self.decisions: list[ev.DecisionEntry] = []
        self.health: list[ev.HealthTransition] = []
        self.ticks: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._written: list[ev.Entry] = []
        self._late: list[ev.Entry] = []
        self._seen: dict[str, tuple[datetime, datetime]] = {}
        self._runners: set[str] = set()
        plan = self.incident.plan
        self._names = {s.id: ev.StepName(id=s.id, number=plan.numbers[s.id], title=s.title) for s in plan.steps()}
        self._take(first)

    @classmethod
    def of(cls, events: Iterable[e.Event]) -> Self:
        """Return what ``events`` hold.

        Raises:
            JournalDamaged: there is none, or they are not one incident's, whole and in order.
        """
        stream = iter(events)
        first = next(stream, None)
        if first is None:
            raise JournalDamaged("The journal holds no event.", "Take the file from where it was copied, or an export.")
        gathered = cls(first)
        for event in stream:
            gathered.incident.apply(event)
            gathered._take(event)
        return gathered

    @property
    def entries(self) -> list[ev.Entry]:
        """The timeline. A late entry stands where it belongs; the rest keeps its order, whatever the clock did."""
        reached: list[datetime] = []
        for entry in self._written:
            reached.append(max(reached[-1], entry.at) if reached else entry.at)
        placed = [(bisect_right(reached, late.at), late.at, late) for late in self._late]
        placed.sort(key=lambda place: (place[0], place[1], place[2].seq))
        return _merged(self._written, [(index, late) for index, _, late in placed])

    def responders(self) -> list[m.Responder]:
        """Return who wrote into the journal, in the order in which they came."""
        return [
            m.Responder(
                name=actor,
                runner=actor in self._runners,
                events=self.incident.actors[actor],
                first_at=first,
                last_at=last,
            )
            for actor, (first, last) in self._seen.items()
        ]

    def offset(self, at: datetime) -> float:
        """Return the distance of ``at`` from the disruption, in seconds."""
        return (at - self.incident.began_at).total_seconds()

    def step_name(self, step_id: str) -> ev.StepName:
        """Return a step as people find it; only its id where the plan does not have it."""
        return self._names.get(step_id) or ev.StepName(id=step_id)

    def _take(self, event: e.Event) -> None:
        entry = self._entry(event)
        (self._late if entry.late else self._written).append(entry)
        first, _ = self._seen.get(event.actor, (event.at, event.at))
        self._seen[event.actor] = (first, event.at)
        match event.body:
            case e.DecisionMade():
                self._decided(event, event.body)
            case e.HealthChanged():
                self._changed(event, event.body)
            case e.ItemChecked():
                self.ticks[event.body.step, event.body.item] = (event.actor, event.at)
            case e.RunnerStarted():
                self._runners.add(event.actor)

    def _entry(self, event: e.Event) -> ev.Entry:
        happened = _happened_at(event.body)
        at = happened or event.at
        return ev.Entry(
            seq=event.seq,
            at=at,
            written_at=event.at,
            late=happened is not None,
            offset_s=self.offset(at),
            actor=event.actor,
            host=event.host,
            type=event.type,
            step=self.step_name(event.body.step),
            text=sentence(self.incident, event.body),
        )

    def _decided(self, event: e.Event, body: e.DecisionMade) -> None:
        step = self.incident.plan.decision(body.name)
        self.decisions.append(
            ev.DecisionEntry(
                at=event.at,
                offset_s=self.offset(event.at),
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
        system = self.incident.plan.systems.get(body.system)
        self.health.append(
            ev.HealthTransition(
                at=event.at,
                offset_s=self.offset(event.at),
                system=body.system,
                title=system.title if system else body.system,
                was=body.was,
                status=body.status,
                detail=body.detail,
            )
        )


def _happened_at(body: e.Body) -> datetime | None:
    return datetime.fromisoformat(body.happened_at) if isinstance(body, e.NoteAdded) and body.happened_at else None


def _merged(written: list[ev.Entry], late: list[tuple[int, ev.Entry]]) -> list[ev.Entry]:
    """Return ``written`` with each late entry before the index it was given; ``late`` is in order."""
    entries, done = [], 0
    for index, entry in late:
        entries += written[done:index]
        entries.append(entry)
        done = index
    return entries + written[done:]
