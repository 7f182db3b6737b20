"""What people write for a report: its fields with facts beside them, action items, and what is still missing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, get_args

from journal.events.types import ReportField
from journal.incident.answers import systems_title
from journal.plan.model import AFFECTED
from journal.report import evidence as ev
from journal.report.model import RpoResult
from journal.report.review import ActionItemEntry, WrittenField
from journal.wording.counting import count
from journal.wording.durations import exact_duration

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.report.gather import Gathered

FIELDS: tuple[str, ...] = get_args(ReportField)
"""The fields of a report that people write, by name."""


def fields(gathered: Gathered, summary: list[str], rpo: list[RpoResult]) -> list[WrittenField]:
    """Return every field, written or not.

    Args:
        gathered: what the events hold.
        summary: the sentences of the summary.
        rpo: the result of each recovery point objective.
    """
    facts = {"summary": summary, "impact": _impact(gathered, rpo), "detection": _detection(gathered.incident)}
    return [_field(gathered.incident, name, facts.get(name, [])) for name in FIELDS]


def _field(incident: Incident, name: str, facts: list[str]) -> WrittenField:
    written = incident.review.fields.get(name)
    there = written is not None and bool(written.text)
    return WrittenField(
        name=name,
        title=name.capitalize(),
        text=written.text if written else "",
        by=written.by if written and there else "",
        at=written.at if written and there else None,
        facts=facts,
    )


def _impact(gathered: Gathered, rpo: list[RpoResult]) -> list[str]:
    incident = gathered.incident
    lost = [f"{result.title}: {result.lost} of data lost{_rows(result)}." for result in rpo if result.achieved_s]
    return [*_affected(incident), *_downtimes(gathered), *lost]


def _affected(incident: Incident) -> list[str]:
    """Return which systems a person named as affected; where nobody did, which the scenario has."""
    decided = incident.decisions.get(AFFECTED)
    answer = decided.answer if decided else incident.answers.get(AFFECTED, "")
    words = "Named as affected" if decided else "Affected as the scenario has it, nobody decided"
    return [f"{words}: {systems_title(incident, answer)}."] if answer else []


def _rows(result: RpoResult) -> str:
    return f", at least {count(result.heartbeats_lost, 'committed heartbeat')}" if result.heartbeats_lost else ""


def _downtimes(gathered: Gathered) -> list[str]:
    """Return how long health probes found each system down. Time without a probe counts as neither up nor down."""
    down: dict[str, float] = {}
    since: dict[str, datetime] = {}
    for change in gathered.health:
        if change.title in since:
            down[change.title] = down.get(change.title, 0.0) + (change.at - since.pop(change.title)).total_seconds()
        if change.status == "down":
            since[change.title] = change.at
    end = gathered.incident.closed_at or gathered.incident.last_at
    for title, at in since.items():
        down[title] = down.get(title, 0.0) + max(0.0, (end - at).total_seconds())
    ending = dict.fromkeys(since, ", and still down at the end")
    return [f"{title}: found down for {exact_duration(span)}{ending.get(title, '')}." for title, span in down.items()]


def _detection(incident: Incident) -> list[str]:
    noticed = (incident.discovered_at - incident.began_at).total_seconds()
    declared = (incident.declared_at - incident.discovered_at).total_seconds()
    return [
        f"Discovered {exact_duration(noticed)} after the disruption, and declared {exact_duration(declared)} later."
    ]


def action_items(incident: Incident) -> list[ActionItemEntry]:
    """Return the action items."""
    return [
        ActionItemEntry(id=item.id, text=item.text, owner=item.owner, due=item.due, by=item.by, at=item.at)
        for item in incident.review.action_items.values()
    ]


def unwritten(incident: Incident) -> list[ev.OpenPoint]:
    """Return what the report still lacks: fields, owners and dates of action items, signatures."""
    review = incident.review
    empty = [name for name in FIELDS if name not in review.fields or not review.fields[name].text]
    points = [_point("not written", ", ".join(empty))] if empty else []
    for item in review.action_items.values():
        missing = " and ".join(what for what, value in (("owner", item.owner), ("due date", item.due)) if not value)
        if missing:
            points.append(_point("action item incomplete", f"{item.id} has no {missing}"))
    return points if review.signatures else [*points, _point("not signed", "nobody has signed this report off")]


def _point(what: str, detail: str) -> ev.OpenPoint:
    return ev.OpenPoint(what=what, step=ev.StepName(), detail=detail)
