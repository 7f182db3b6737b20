"""Builds the report from a journal's file alone, without plan file, inventory or clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from journal.events.types import Event
from journal.incident.affected import chosen
from journal.incident.state import Incident
from journal.plan.model import AFFECTED
from journal.report import evidence as ev
from journal.report import model as m
from journal.report.checklist import checklist, communication_notes, communications
from journal.report.customers import CustomerReport, for_customers
from journal.report.exercise_section import after_action
from journal.report.fields import action_items, fields, unwritten
from journal.report.gather import Gathered
from journal.report.header import choices, deviations, header, key_times, legal, open_points, responders
from journal.report.impact import impacts
from journal.report.known_before import known_before
from journal.report.objectives import exposure_rows, rpo_results, rto_results
from journal.report.runs import action_runs
from journal.report.summary import sentences, story
from journal.report.times import Times
from journal.report.validation_section import validation_results
from journal.store.chain import short_head
from journal.store.check import verify_apart
from journal.store.journal import Reader
from journal.verify import Verdict


@dataclass(frozen=True, slots=True)
class _Source:
    """The journal to read. ``last`` is the seq of the last event to report; None: all."""

    path: Path
    last: int | None
    more: Sequence[Path]

    def open(self) -> Reader:
        return Reader(self.path, *self.more)

    def events(self) -> Iterator[Event]:
        with self.open() as reader:
            yield from reader.events(limit=self.last)


def build(path: Path, zone: str = "", head: str | None = None, more: Sequence[Path] = ()) -> m.Report:
    """Return the report of a journal. Two calls on the same journal give reports that read the same.

    The chain is checked first, and the report ends where the check ended: what is written meanwhile is in neither.
    The timeline is not held in memory: the journal must still be there when the report is rendered.

    Args:
        path: the journal, or an export of it.
        zone: the time zone for times beside UTC; empty for UTC only.
        head: the head's hash as a witness has it, whole or short; a journal without it is reported as broken.
        more: the journal's other segments, where they are not where they were written.

    Raises:
        JournalError: the journal cannot be read, or is damaged beyond reading.
        NoSuchZone: this machine does not know the zone.
    """
    return built(path, zone, head, more)[0]


def build_for_customers(
    path: Path, zone: str = "", head: str | None = None, more: Sequence[Path] = ()
) -> tuple[CustomerReport, m.Report, list[str]]:
    """Return the report for customers, the whole one, and which internal names were struck out of what was written.

    See `build`.
    """
    report, gathered = built(path, zone, head, more)
    made, struck = for_customers(report, gathered.incident)
    return made, report, struck


def built(path: Path, zone: str, head: str | None, more: Sequence[Path]) -> tuple[m.Report, Gathered]:
    """Return the report of a journal, and what it was made of; see `build`."""
    say = Times(zone)
    verdict = verify_apart(path, head, more=more)
    source = _Source(path, verdict.seq if verdict.ok else None, more)
    gathered = Gathered.of(source.events)
    with source.open() as reader:
        runs, verification = action_runs(gathered, reader), _verification(gathered, verdict, head)
    return _report(gathered, runs, verification, say), gathered


def gather(reader: Reader, last: int | None = None) -> Gathered:
    """Return what the events up to seq ``last`` (None: all) hold.

    Raises:
        JournalError: they cannot be read.
    """
    return Gathered.of(lambda: reader.events(limit=last))


def _report(gathered: Gathered, runs: list[ev.ActionRun], verification: m.Verification, say: Times) -> m.Report:
    incident, declared, departures = gathered.incident, header(gathered), deviations(gathered)
    if departures and declared.outcome == "completed":
        declared = msgspec.structs.replace(declared, outcome="completed with deviations")
    times, rto, rpo = key_times(incident), rto_results(incident), rpo_results(incident)
    phases = checklist(gathered)
    impact = impacts(gathered.service, incident, _affected(incident))
    told = sentences(declared, times, rto, rpo, runs, departures, say)
    return m.Report(
        as_of=incident.last_at,
        zone=say.zone,
        incident=declared,
        verification=verification,
        summary=_summary(incident, declared, told, say),
        fields=fields(gathered, told, impact),
        impact=impact,
        times=times,
        rto=rto,
        rpo=rpo,
        exposure=exposure_rows(incident),
        choices=choices(incident),
        responders=responders(gathered),
        programs=responders(gathered, people=False),
        course=gathered.course.entries(gathered.entry_builder),
        deviations=departures,
        open_points=open_points(gathered) + unwritten(incident),
        known_before=known_before(gathered),
        timeline=gathered.entries,
        actions=runs,
        decisions=_marked_replaced(gathered.decisions),
        checklist=phases,
        validation=validation_results(gathered),
        communications=communications(phases),
        communication_notes=communication_notes(gathered, phases),
        calls=gathered.calls.entries(incident),
        health=gathered.health,
        legal=legal(incident),
        action_items=action_items(incident),
        signatures=gathered.signatures.entries(gathered.read, gathered.types),
        exercise=after_action(gathered),
    )


def _summary(incident: Incident, declared: m.Header, told: list[str], say: Times) -> m.Summary:
    happened = story(declared, key_times(incident), choices(incident), say)
    return m.Summary(
        sentences=told,
        story=happened,
        closing_words=incident.closing_words,
        closing_words_derived=incident.closing_words_derived,
    )


def _affected(incident: Incident) -> list[str]:
    """Return the systems that were named as affected, as the inventory calls them."""
    decided = incident.decisions.get(AFFECTED)
    answer = decided.answer if decided else incident.answers.get(AFFECTED, "")
    named = (name.rpartition("/") for name in chosen(incident, answer))
    return [one for plan, _, name in named for one in ([name] if plan else incident.roster.players(name))]


def _verification(gathered: Gathered, verdict: Verdict, witness: str | None) -> m.Verification:
    incident = gathered.incident
    return m.Verification(
        ok=verdict.ok,
        events=incident.seq,
        head=incident.head,
        short_head=short_head(incident.head),
        faults=[m.Fault(row=fault.row, what=fault.what) for fault in verdict.faults],
        notes=list(verdict.notes),
        witness=witness or "",
    )


def _marked_replaced(decisions: list[ev.DecisionEntry]) -> list[ev.DecisionEntry]:
    last = {decision.name: index for index, decision in enumerate(decisions)}
    return [
        decision if last[decision.name] == index else msgspec.structs.replace(decision, replaced=True)
        for index, decision in enumerate(decisions)
    ]
