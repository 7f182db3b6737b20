"""What a pack does not show: said as plainly as what it shows, the gravest first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from journal.audit.clocks import EXERCISE, IN_TIME, RUNNING
from journal.audit.controls import missing_controls
from journal.audit.model import ControlRow, IncidentEvidence, JournalProof, Missing, TestRow
from journal.audit.schedule import FINE
from journal.audit.span import Span
from journal.events.types import Kind
from journal.incident.records import RunState
from journal.verify import WENT_BACK
from journal.wording.counting import count
from journal.wording.instants import utc

if TYPE_CHECKING:
    from journal.plan.model import Plan

CANNOT_SHOW = [
    "Who read a journal. Only who wrote into it is in it; who may read it is a matter of its folder, as below.",
    "What was done without this program, unless somebody noted it.",
    "That a journal was deleted as a whole, with its folder. Compare with the heads that a witness outside has.",
    "That what a person typed is true: a tick, a note, a step marked done, a sign-off are that person's word.",
    "When something happened by any other clock than that of the machine which wrote it.",
    "Whether what was tested, told and kept is enough for a standard or a law: that is for the auditor to judge.",
]
"""What no pack can show, whatever is in it."""


NOT_CHECKED = Missing(what="Signatures were not checked: no list of signers was named (--signers)", chapter="journals")


def missing(
    plan: Plan,
    tests: Sequence[TestRow],
    incidents: Sequence[IncidentEvidence],
    journals: Sequence[JournalProof],
    controls: Sequence[ControlRow],
    *,
    checked: bool,
) -> list[Missing]:
    """Return what is not there or not in order, the gravest first. ``checked``: whether signatures were."""
    return [
        *_journals(journals),
        *_clocks(incidents),
        *missing_controls(controls),
        *_tests(plan, tests),
        *_restores(incidents),
        *_incidents(incidents),
        *(_unsigned(journals) if checked else [NOT_CHECKED]),
    ]


def not_over(span: Span, now: datetime) -> Iterator[Missing]:
    """Yield that a span is not over, or has not even begun: what is still to come is not in the pack."""
    if now < span.begin:
        what = f"This time begins {utc(span.begin)}, after the pack was made: nothing of it can be here"
        yield Missing(what=what, chapter="journals")
    elif now < span.end:
        what = f"This time is not over: what comes after {utc(now)}, when the pack was made, is not here"
        yield Missing(what=what, chapter="journals")


def nothing_here(place: Path, folders: Collection[str]) -> Iterator[Missing]:
    """Yield that no incident lies where they are looked for: whoever looks in the wrong place sees nothing, too."""
    if not folders:
        what = "no incident" if place.is_dir() else "no folder"
        yield Missing(what=f"There is {what} where journals are looked for: {place}", chapter="journals")


def _journals(journals: Sequence[JournalProof]) -> Iterator[Missing]:
    for one in journals:
        if one.faults:
            yield Missing(what=f"{one.id}: its journal is not proven: {'; '.join(one.faults)}", chapter="journals")
        if one.unread:
            yield Missing(what=f"{one.id}: could not be read: {one.unread}", chapter="journals")
        for note in one.notes:
            if note.startswith(WENT_BACK):
                yield Missing(what=f"{one.id}: {note}", chapter="journals")
        for signature in one.signatures:
            if not signature.good:
                yield Missing(what=f"{one.id}: {signature.file}: {signature.words}", chapter="journals")


def _clocks(incidents: Sequence[IncidentEvidence]) -> Iterator[Missing]:
    for one in incidents:
        for clock in one.clocks:
            if clock.verdict not in (IN_TIME, RUNNING, EXERCISE):
                due = utc(clock.clock.law_until or clock.clock.plan_until)
                sent = f"went out {utc(clock.sent_at)}" if clock.sent_at else clock.words
                yield Missing(
                    what=f"{one.id}: {clock.verdict}: {clock.clock.title} until {due}: {sent}", chapter="clocks"
                )


def _tests(plan: Plan, tests: Sequence[TestRow]) -> Iterator[Missing]:
    lacking: dict[tuple[str, str, str], list[str]] = {}
    for row in tests:
        if row.verdict not in FINE:
            lacking.setdefault((row.verdict, row.item, row.words), []).append(row.period)
    for (verdict, item, words), periods in lacking.items():
        yield Missing(what=f"{verdict}: {item}, {', '.join(periods)}: {words}", chapter="tests")
    for item in (item for test in plan.tests for item in test.items if item not in test.held_by):
        what = f"The plan does not say what shows that {item!r} was held (held_by): only a person's note can"
        yield Missing(what=what, chapter="tests")
    if not plan.tests:
        yield Missing(what="The plan asks for no tests", chapter="tests")


def _restores(incidents: Sequence[IncidentEvidence]) -> Iterator[Missing]:
    """Yield the restores that did not succeed in the end, and that no backup was tried in a drill."""
    for one in incidents:
        for test in one.last_restores:
            if test.state != RunState.SUCCEEDED:
                what = f"{one.id}: {test.action} at {test.system or 'its system'} {test.state}: {test.words}"
                yield Missing(what=what, chapter="restores")
    drilled = {
        one.kind
        for one in incidents
        for test in one.restores
        if test.what == "drill" and test.state == RunState.SUCCEEDED
    }
    if Kind.DRILL not in drilled:
        only = " (of a lab only)" if Kind.LAB in drilled else ""
        yield Missing(what=f"No backup was restored in a drill in this time{only}", chapter="restores")


def _incidents(incidents: Sequence[IncidentEvidence]) -> Iterator[Missing]:
    for one in incidents:
        if one.closed_at is None:
            yield Missing(what=f"{one.id} ({one.kind}) was still open as the pack was made", chapter="results")
        elif not one.signatures and one.kind == Kind.REAL:
            yield Missing(what=f"{one.id}: nobody signed its report off in this time", chapter="approvals")
        for signature in one.signatures:
            if signature.events_seen is None:
                words = f"{signature.by} signed {signature.short_head}, a head that its journal does not have"
                yield Missing(what=f"{one.id}: {words}", chapter="approvals")


def _unsigned(journals: Sequence[JournalProof]) -> Iterator[Missing]:
    bare = [one.id for one in journals if one.signed is None]
    if bare:
        named = ", ".join(bare[:5]) + (" and others" if len(bare) > 5 else "")
        what = f"{count(len(bare), 'journal')} without a signature of a signer that was named: {named}"
        yield Missing(what=what, chapter="journals")
    for one in journals:
        last = one.signed
        if last and last.seq < one.events:
            yield Missing(what=f"{one.id}: rows {last.seq + 1} to {one.events} are not signed", chapter="journals")
