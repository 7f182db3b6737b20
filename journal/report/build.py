"""From a journal's file to a report, with nothing else at hand: no plan file, no inventory, no clock."""

from __future__ import annotations

from pathlib import Path

import msgspec

from journal.chain import short_head
from journal.check import verify_apart
from journal.report import evidence as ev
from journal.report import model as m
from journal.report.checklist import checklist, communications
from journal.report.gather import Gathered
from journal.report.header import choices, deviations, header, key_times, legal, open_points
from journal.report.objectives import rpo_results, rto_results
from journal.report.runs import action_runs
from journal.report.summary import sentences
from journal.store import Reader
from journal.verify import Verdict


def build(path: Path) -> m.Report:
    """Return the report of a journal. Two calls on the same journal give equal reports.

    The chain is checked first, and the report ends where the check ended: what is written meanwhile is in neither.

    Raises:
        JournalError: the journal cannot be read, or is damaged beyond reading.
    """
    verdict = verify_apart(path)
    with Reader(path) as reader:
        gathered = gather(reader, verdict.seq if verdict.ok else None)
        return _report(gathered, reader, verdict)


def gather(reader: Reader, last: int | None = None) -> Gathered:
    """Return what the events up to seq ``last`` (or all) hold.

    Raises:
        JournalError: they cannot be read.
    """
    return Gathered.of(reader.events(limit=last))


def _report(gathered: Gathered, reader: Reader, verdict: Verdict) -> m.Report:
    incident, head = gathered.incident, header(gathered)
    times, rto, rpo = key_times(incident), rto_results(incident), rpo_results(incident)
    runs, departures, phases = action_runs(gathered, reader), deviations(gathered), checklist(gathered)
    return m.Report(
        as_of=incident.last_at,
        incident=head,
        verification=_verification(gathered, verdict),
        summary=m.Summary(
            sentences=sentences(head, times, rto, rpo, runs, departures), closing_words=incident.closing_words
        ),
        times=times,
        rto=rto,
        rpo=rpo,
        choices=choices(incident),
        responders=gathered.responders(),
        deviations=departures,
        open_points=open_points(gathered),
        timeline=gathered.entries,
        actions=runs,
        decisions=_marked_replaced(gathered.decisions),
        checklist=phases,
        communications=communications(phases),
        health=gathered.health,
        legal=legal(incident),
    )


def _verification(gathered: Gathered, verdict: Verdict) -> m.Verification:
    incident = gathered.incident
    return m.Verification(
        ok=verdict.ok,
        events=incident.seq,
        head=incident.head,
        short_head=short_head(incident.head),
        faults=[m.Fault(row=fault.row, what=fault.what) for fault in verdict.faults],
        notes=list(verdict.notes),
    )


def _marked_replaced(decisions: list[ev.DecisionEntry]) -> list[ev.DecisionEntry]:
    last = {decision.name: index for index, decision in enumerate(decisions)}
    return [
        decision if last[decision.name] == index else msgspec.structs.replace(decision, replaced=True)
        for index, decision in enumerate(decisions)
    ]
