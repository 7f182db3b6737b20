"""Legal clocks, and when somebody was told: by a program that has the answers, or by a person's word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from journal.audit import model as m
from journal.audit.said import Said, said_of_no_notice, said_of_notices
from journal.events.types import Kind
from journal.incident.records import RunState, StepState
from journal.report.header import legal
from journal.wording.instants import utc

if TYPE_CHECKING:
    from journal.plan.people import LegalClock
    from journal.report.gather import Gathered
    from journal.report.model import LegalRow

IN_TIME, RUNNING, EXERCISE = "in time", "running", "exercise"
"""The verdicts on a clock that leave nothing to be said."""
WRITTEN_LATE = "in time, by words written after the deadline"
NOT_NEEDED = "not needed, on a person's word"
"""Verdicts that an auditor asks about, though nobody need be at fault."""
_TELLS, _BY_LAW = "communications.", " by law, "


def notices(gathered: Gathered, notes: Sequence[Said]) -> list[m.Notice]:
    """Return who was told, in order: messages that were sent, calls, and what people noted."""
    return sorted([*_sent(gathered), *_called(gathered), *_noted(notes)], key=lambda notice: notice.at)


def _sent(gathered: Gathered) -> Iterator[m.Notice]:
    for run in gathered.incident.runs.values():
        if run.changes_step and run.action.startswith(_TELLS) and run.started_at:
            audience = run.params.get("audience")
            what = f"{run.action} to {audience}" if audience else run.action
            words = f"{run.state.value}: {run.summary or run.in_doubt or 'no answer in the journal'}"
            at = run.finished_at or run.started_at
            yield m.Notice(at=at, what=what, measured=True, words=words, by=run.requested_by)


def _called(gathered: Gathered) -> Iterator[m.Notice]:
    for call in gathered.calls.entries(gathered.incident):
        if call.paged_at:
            yield m.Notice(
                at=call.paged_at, what=f"call to {call.level}", measured=False, words=call.verdict, by=call.by
            )


def _noted(notes: Sequence[Said]) -> Iterator[m.Notice]:
    for title, note in said_of_notices(notes):
        yield m.Notice(at=note.at, what=f"notice noted: {title}", measured=False, words=note.text, by=note.by)


class _Sent(NamedTuple):
    """A notice that went out: when, how that is known, and when it was written down."""

    at: datetime
    words: str
    written_at: datetime


def clock_evidence(
    gathered: Gathered, notes: Sequence[Said], marked: Mapping[str, datetime], now: datetime
) -> list[m.ClockEvidence]:
    """Return the clocks that have a deadline, each with the earliest notice that the journal has of it.

    Args:
        gathered: the incident.
        notes: what people noted.
        marked: when steps were marked done, by the clock of the machine.
        now: until when a clock without a notice has run.
    """
    clocks = gathered.incident.plan.compliance
    rows = zip(clocks, legal(gathered.incident), strict=True)
    return [_clock(gathered, notes, marked, clock, row, now) for clock, row in rows if row.plan_until or row.law_until]


def _clock(
    gathered: Gathered,
    notes: Sequence[Said],
    marked: Mapping[str, datetime],
    clock: LegalClock,
    row: LegalRow,
    now: datetime,
) -> m.ClockEvidence:
    sent = [*_noted_sent(notes, clock), *_steps(gathered, marked, clock)]
    discovered = gathered.incident.discovered_at
    first = min((one for one in sent if one.at >= discovered), default=None)
    if first:
        words = first.words
    elif sent:
        words = f"{min(sent).words}: of {utc(min(sent).at)}, before the discovery, which is no notice of this incident"
    else:
        words = "no step and no note of the journal says that it went out"
    verdict = _verdict(row, first, now) if gathered.incident.kind is Kind.REAL else EXERCISE
    declined = None if first else _declined(notes, clock)
    if declined and verdict != EXERCISE:
        verdict, words = NOT_NEEDED, f"{declined.by} wrote {utc(declined.written_at)}: {declined.text}"
    return m.ClockEvidence(clock=row, sent_at=first.at if first else None, words=words, verdict=verdict)


def _verdict(row: LegalRow, sent: _Sent | None, now: datetime) -> str:
    """Return the verdict by law, and what the plan wanted sooner if that was missed."""
    law, plan = row.law_until or row.plan_until, row.plan_until
    by_law = _against(law, sent, now) if law else ""
    by_plan = _against(plan, sent, now) if plan else by_law
    return by_law if by_plan == by_law else f"{by_law}{_BY_LAW}{by_plan} by the plan"


def verdict_by_law(verdict: str) -> str:
    """Return what a verdict says by law, without what the plan wanted sooner."""
    return verdict.partition(_BY_LAW)[0]


def _against(until: datetime, sent: _Sent | None, now: datetime) -> str:
    if sent is None:
        return RUNNING if now <= until else "NO NOTICE"
    if sent.at > until:
        return "late"
    return IN_TIME if sent.written_at <= until else WRITTEN_LATE


def _noted_sent(notes: Sequence[Said], clock: LegalClock) -> Iterator[_Sent]:
    for title, note in said_of_notices(notes):
        if title == clock.title.lower():
            later = f", written {utc(note.written_at)}" if note.written_at > note.at else ""
            yield _Sent(note.at, f"noted by {note.by}{later}", note.written_at)


def _declined(notes: Sequence[Said], clock: LegalClock) -> Said | None:
    """Return the last note that says why no notice of a clock is needed."""
    return next((note for title, note in reversed([*said_of_no_notice(notes)]) if title == clock.title.lower()), None)


def _steps(gathered: Gathered, marked: Mapping[str, datetime], clock: LegalClock) -> Iterator[_Sent]:
    """Yield when each of the plan's steps that are its notice was done: sent by a program, or on a person's word."""
    incident = gathered.incident
    for step_id in clock.noticed_by:
        if step_id not in incident.steps:
            continue
        record, state = incident.steps[step_id], incident.state(step_id)
        if record.at and state in (StepState.DONE, StepState.MARKED_DONE):
            run = incident.last_run(step_id)
            sent = run is not None and run.state is RunState.SUCCEEDED and state is StepState.DONE
            how = "sent by the program" if sent else "on a person's word"
            written = marked.get(step_id, record.at) if state is StepState.MARKED_DONE else record.at
            yield _Sent(record.at, f"step {incident.plan.named(step_id)}, {how} ({utc(record.at)})", written)
