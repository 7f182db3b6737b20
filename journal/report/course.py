"""The course of events: what matters of the timeline, a line each. The timeline in the appendix has every event."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from journal.events import types as e
from journal.incident.answers import answer_title
from journal.incident.late import happened_at
from journal.incident.roster import able
from journal.report.model import CourseEntry
from journal.report.timeline import EntryBuilder
from journal.report.words import sentence
from journal.wording.counting import count
from journal.wording.durations import exact_duration

if TYPE_CHECKING:
    from journal.incident.records import Run
    from journal.incident.state import Incident

MOST = 120
"""Lines of the course that a report shows; the middle of a longer one is left out, and that is said."""
_TOLD = (
    e.IncidentDeclared,
    e.DecisionMade,
    e.StepMarkedDone,
    e.StepSkipped,
    e.StepReopened,
    e.RoleTaken,
    e.NoteAdded,
    e.CancelRequested,
    e.ActionInDoubt,
    e.DoubtResolved,
    e.HealthChanged,
    e.ContactPaged,
    e.ContactAcknowledged,
    e.CallTakenBack,
    e.InjectGiven,
    e.InjectReplied,
    e.IncidentClosed,
    e.IncidentReopened,
    e.JournalContinued,
)
_TAKEN = frozenset({*_TOLD, e.ActionFinished, e.RunRefused})


@dataclass(slots=True)
class _Row:
    """A line that later events may be added to.

    ``decisions`` give the words of each; ``seen`` are the statuses of systems, by their titles; ``refused`` is the
    step whose run was refused.
    """

    at: datetime
    by: str
    steps: list[str]
    text: str | Callable[[], str]
    decisions: list[Callable[[], str]] = field(default_factory=list)
    seen: dict[str, list[str]] = field(default_factory=dict)
    late: bool = False
    refused: str = ""

    def words(self) -> str:
        if self.seen:
            return "; ".join(f"{title} found {_path(seen)}" for title, seen in self.seen.items())
        if self.decisions:
            return "; ".join(decision() for decision in self.decisions)
        return self.text if isinstance(self.text, str) else self.text()


def _path(seen: list[str]) -> str:
    if len(seen) <= _SHOWN:
        return " → ".join(seen)
    return f"{seen[0]} → … → {seen[-1]} ({len(seen):,} changes)"


_SHOWN = 4
"""Changes of one system in a row that are named one by one."""
_DONE = "Marked done"


class Course:
    """Collects the course of events, without rows that only say more of what another one says."""

    def __init__(self) -> None:
        self._first: list[_Row] = []
        self._last: deque[_Row] = deque(maxlen=MOST)
        self._late: list[_Row] = []
        self._previous: _Row | None = None
        self._started: set[str] = set()
        self._taken = 0

    def take(self, event: e.Event, incident: Incident) -> None:
        """Take up an event, before ``incident`` knows of it."""
        body = event.body
        if type(body) not in _TAKEN:
            return
        if isinstance(body, e.HealthChanged):
            self._health(event, body, incident.roster.title(body.system))
        elif isinstance(body, e.ActionFinished | e.RunRefused):
            self._ran(event, body, incident)
        elif isinstance(body, e.StepMarkedDone):
            self._done(event, body)
        elif isinstance(body, e.DecisionMade):
            self._decided(event, body, incident)
        else:
            self._add(event, partial(_words, incident, body))

    def entries(self, names: EntryBuilder) -> list[CourseEntry]:
        """Return the entries in the order in which things happened, at most ``MOST`` of them.

        A refusal is left out where its step ran later: a gate that was overridden is a deviation.
        """
        kept = [row for row in (*self._first, *self._last, *self._late) if row.refused not in self._started]
        ordered = sorted(kept, key=lambda row: row.at)
        if len(ordered) > MOST:
            half, left_out = MOST // 2, self._taken - MOST
            gap = _Row(ordered[half].at, "", [], f"{left_out:,} lines are left out here; the appendix has all")
            ordered = [*ordered[:half], gap, *ordered[-half:]]
        return [
            CourseEntry(
                at=row.at,
                late=row.late,
                offset_s=names.offset(row.at),
                by=row.by,
                steps=[names.step(step) for step in row.steps],
                text=row.words(),
            )
            for row in ordered
        ]

    def _keep(self, row: _Row) -> None:
        """Keep a row: of very many, the first, the last and the late ones."""
        self._taken += 1
        self._previous = row
        (self._late if row.late else self._first if len(self._first) < MOST else self._last).append(row)

    def _add(self, event: e.Event, text: str | Callable[[], str]) -> None:
        steps = [event.body.step] if event.body.step else []
        late = happened_at(event.body)
        self._keep(_Row(late or event.at, event.actor, steps, text, late=late is not None))

    def _ran(self, event: e.Event, body: e.ActionFinished | e.RunRefused, incident: Incident) -> None:
        run = incident.runs.get(body.run)
        if run is None or not run.changes_step:
            return
        end, said = _end(event, body, run)
        where = f" at {incident.roster.title(run.system)}" if _one_of_several(incident, run) else ""
        said = " ".join(said.split())
        text = f"{'' if run.step else f'{run.action} '}{end}{where}{f': {said}' if said else ''}"
        steps = [run.step] if run.step else []
        refused = run.step if isinstance(body, e.RunRefused) else ""
        if run.step and not refused:
            self._started.add(run.step)
        self._keep(_Row(run.started_at or run.requested_at, run.requested_by, steps, text, refused=refused))

    def _health(self, event: e.Event, body: e.HealthChanged, title: str) -> None:
        """Add a change of health; changes without anything between them are one line."""
        last = self._previous
        if last and last.seen:
            last.seen.setdefault(title, []).append(body.status)
            return
        detail = f" ({body.detail})" if body.status != "up" and body.detail else ""
        self._keep(_Row(event.at, "", [], "", seen={title: [f"{body.status}{detail}"]}))

    def _decided(self, event: e.Event, body: e.DecisionMade, incident: Incident) -> None:
        """Add a decision; several in a row by one person are one line."""
        last, late = self._previous, happened_at(body)
        words = partial(_decision, incident, body)
        if last and last.decisions and last.by == event.actor and not (late or last.late):
            last.decisions.append(words)
            return
        self._keep(_Row(late or event.at, event.actor, [], "", [words], late=late is not None))

    def _done(self, event: e.Event, body: e.StepMarkedDone) -> None:
        """Add a step that somebody marked done; several in a row by one person are one line."""
        last = self._previous
        if last and (last.text, last.by, last.late) == (_DONE, event.actor, False) and not happened_at(body):
            last.steps.append(body.step)
        else:
            self._add(event, _DONE)


def _one_of_several(incident: Incident, run: Run) -> bool:
    """Whether the run's step runs at several systems, so that its title does not tell which one this was."""
    known, step = incident.roster.systems.get(run.system), incident.plan.by_id.get(run.step)
    if known is None:
        return False
    here = len(able(incident.roster.systems.values(), run.action))
    return len(incident.roster.players(known.plays)) > 1 or (not (step and step.system) and here > 1)


def _words(incident: Incident, body: e.Body) -> str:
    if isinstance(body, e.IncidentClosed):
        made = " (the program's sentence, from the journal)" if body.derived else ""
        return f"Closed: {body.summary}{made}" if body.summary else "Closed"
    return sentence(incident, body)


def _decision(incident: Incident, body: e.DecisionMade) -> str:
    of = incident.plan.named(body.step) or body.name.replace("_", " ")
    return f"{of}: {answer_title(incident, body.name, body.answer)}{f' — {body.reason}' if body.reason else ''}"


def _end(event: e.Event, body: e.ActionFinished | e.RunRefused, run: Run) -> tuple[str, str]:
    """Return how a run ended, and what was said of it."""
    if isinstance(body, e.RunRefused):
        return f"Refused by the gate {body.gate}", body.message
    took = f" after {exact_duration((event.at - run.started_at).total_seconds())}" if run.started_at else ""
    found = sum(1 for finding in body.findings if finding.severity != "note")
    with_findings = f", {count(found, 'finding')}" if found else ""
    return f"{body.status.capitalize()}{took}{with_findings}", body.summary
