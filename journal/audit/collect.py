"""Collects what one journal shows of a span of time, from the file in the pack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from journal.audit import model as m
from journal.audit.clocks import clock_evidence, notices
from journal.audit.said import Said, marked_at, notes_of, said_of_tests
from journal.audit.span import Span
from journal.events.types import Kind
from journal.exercise.assessment import RATING_WORDS
from journal.incident.records import Run, RunState, StepState
from journal.report.build import gather
from journal.report.exercise_section import after_action
from journal.report.fields import action_items
from journal.report.header import deviations, header, responders
from journal.report.objectives import rpo_results, rto_results
from journal.store.journal import Reader

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.report.gather import Gathered

_DRILL, _RESTORE = ".drill", ".restore"
BRINGS_BACK, _LETS_IN = ("promote", "restore", "apply_wal", "start", "switch_over"), "allow_writers"
_DONE = (StepState.DONE, StepState.FOUND, StepState.LOOKED, StepState.MARKED_DONE)
"""Also what looked at a part only: the name server of a lost site gives no answer."""


def incident_evidence(path: Path, span: Span, now: datetime) -> m.IncidentEvidence:
    """Return what a journal shows of a span.

    Args:
        path: the file in the pack.
        span: what lies outside of it is only counted.
        now: when the pack is made: clocks of open incidents run until then.

    Raises:
        JournalError: it cannot be read as an incident.
    """
    with Reader(path) as reader:
        return _evidence(path.name, gather(reader), notes_of(reader), marked_at(reader), span, now)


def _evidence(
    file: str, gathered: Gathered, notes: Sequence[Said], marked: Mapping[str, datetime], span: Span, now: datetime
) -> m.IncidentEvidence:
    incident, declared, cut = gathered.incident, header(gathered), _Cut(span)
    return m.IncidentEvidence(
        id=incident.id,
        file=file,
        title=incident.title,
        kind=declared.kind,
        scenario=incident.scenario,
        scenario_title=declared.scenario_title,
        severity=declared.severity,
        outcome=incident.outcome,
        began_at=incident.began_at,
        declared_at=incident.declared_at,
        closed_at=incident.closed_at,
        last_at=incident.last_at,
        plan=f"{incident.plan.title}, version {incident.plan.version}",
        plan_sha256=incident.plan_sha256,
        printed=sum(run.output_lines for run in incident.runs.values()),
        contacts=len(incident.plan.escalation) + len(incident.plan.contacts),
        crosses=list(_crosses(gathered, span)),
        rto=rto_results(incident),
        rpo=rpo_results(incident),
        access=responders(gathered) + responders(gathered, people=False),
        clocks=clock_evidence(gathered, notes, marked, now),
        actions=sorted({run.action for run in _real_runs(gathered) if _did(run)}),
        said=said_of_tests(notes),
        objectives=_objectives(gathered),
        restores=cut(_restores(gathered)),
        approvals=cut(sorted(_approvals(gathered), key=lambda one: one.at)),
        deviations=cut(deviations(gathered)),
        signatures=cut(gathered.signatures.entries(gathered.read, gathered.types)),
        notices=cut(notices(gathered, notes)),
        steps_done=[step.id for step in incident.in_state(*_DONE)],
        recoveries=[] if incident.kind is Kind.TABLETOP else cut(list(_recoveries(incident))),
        improvements=cut(action_items(incident)),
        outside=cut.outside,  # the last one: it was counted until here
    )


class _Dated(Protocol):
    @property
    def at(self) -> datetime: ...


_Row = TypeVar("_Row", bound=_Dated)


class _Cut:
    """Leaves what lies in the span, and counts what does not."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self.outside = 0

    def __call__(self, rows: Iterable[_Row]) -> list[_Row]:
        """Return the rows that lie in the span."""
        rows = list(rows)
        kept = [row for row in rows if self._span.holds(row.at)]
        self.outside += len(rows) - len(kept)
        return kept


def _objectives(gathered: Gathered) -> list[str]:
    """Return the ratings of an exercise with a script."""
    found = after_action(gathered)
    return [f"{one.rating} ({RATING_WORDS[one.rating]}): {one.title}" for one in found.objectives] if found else []


def _crosses(gathered: Gathered, span: Span) -> Iterator[str]:
    """Yield how an incident reaches beyond the span."""
    incident = gathered.incident
    if min(incident.began_at, incident.declared_at) < span.begin:
        yield "began before it"
    if incident.closed_at is None:
        yield "was still open as the pack was made"
    elif incident.closed_at >= span.end:
        yield "was closed after it"
    elif incident.last_at >= span.end:
        yield "was closed in it, and written to after it"
    if incident.closed_at and incident.closed_at < span.begin:
        yield "was closed before it, and written to in it"


def _real_runs(gathered: Gathered) -> Sequence[Run]:
    return [run for run in gathered.incident.runs.values() if run.changes_step]


def _did(run: Run) -> bool:
    """Whether a run shows by itself what it is for: a look at a part lets people go on, and proves nothing."""
    return run.state is RunState.SUCCEEDED and not run.partial


def _restores(gathered: Gathered) -> Iterator[m.RestoreTest]:
    """Yield the restores that began: drills, and restores over the real system. A tabletop restores nothing."""
    if gathered.incident.kind is Kind.TABLETOP:
        return
    for run in _real_runs(gathered):
        what = next((name for name in (_DRILL, _RESTORE) if run.action.endswith(name)), "")
        if what and run.started_at:
            yield m.RestoreTest(
                at=run.finished_at or run.started_at,
                what=what.removeprefix("."),
                action=run.action,
                system=run.system,
                state=run.state.value,
                words=run.summary or run.in_doubt,
                by=run.requested_by,
                took_s=_seconds(run.facts.get("drill_s")),
                lost_s=_seconds(run.facts.get("drill_lost_s")),
            )


def _recoveries(incident: Incident) -> Iterator[m.Recovery]:
    """Yield the first time that each system's writers were let in after it was promoted, restored or started."""
    back: dict[str, str] = {}
    told = set()
    for run in sorted(incident.runs.values(), key=lambda one: one.finished_at or incident.last_at):
        if not run.changes_step or run.state is not RunState.SUCCEEDED or run.finished_at is None:
            continue
        verb = run.action.partition(".")[2]
        if verb in BRINGS_BACK:
            back[run.system] = run.action
        elif verb == _LETS_IN and run.system in back and run.system not in told:
            told.add(run.system)
            took_s = (run.finished_at - incident.began_at).total_seconds()
            title = _title(incident, run)
            yield m.Recovery(at=run.finished_at, system=run.system, title=title, action=back[run.system], took_s=took_s)


def _title(incident: Incident, run: Run) -> str:
    """Return what people call what was recovered: by its part in the plan, whichever server plays that in the end."""
    step = incident.plan.by_id.get(run.step)
    planned = incident.plan.systems.get(step.system) if step else None
    several = step is not None and len(incident.roster.players(step.system)) > 1
    return planned.title if planned and not several else incident.roster.title(run.system)


def _seconds(fact: object) -> float | None:
    return float(fact) if isinstance(fact, int | float) and not isinstance(fact, bool) else None


def _approvals(gathered: Gathered) -> Iterator[m.Approval]:
    incident = gathered.incident
    for one in gathered.decisions:
        reason = one.reason or "no reason given"
        yield m.Approval(at=one.at, by=one.by, what=f"decided {one.name}: {one.answer_title}", reason=reason)
    for run in _real_runs(gathered):
        where = f" at {run.system}" if run.system else ""
        if run.confirmed:
            typed = f"typed {run.confirmed!r} to let {run.action}{where} begin"
            yield m.Approval(at=run.requested_at, by=run.requested_by, what=typed, reason=f"it {run.state.value}")
        for gate in run.overrides:
            opened = f"opened the gate {gate.gate} for {run.action}{where}"
            yield m.Approval(at=run.requested_at, by=run.requested_by, what=opened, reason=gate.reason)
    if incident.closed_at:
        left = f"over {len(incident.left_open)} not in order" if incident.left_open else "with everything in order"
        yield m.Approval(
            at=incident.closed_at, by=gathered.closed_by, what=f"closed it, {left}", reason=incident.closing_words
        )
