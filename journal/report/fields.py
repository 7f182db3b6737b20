"""What people write for a report: its fields with facts beside them, action items, and what is still missing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, get_args

from journal.events.types import ReportField
from journal.incident.answers import systems_title
from journal.plan.model import AFFECTED
from journal.report import evidence as ev
from journal.report.impact import impact_words
from journal.report.model import SystemImpact
from journal.report.review import ActionItemEntry, WrittenField
from journal.wording.durations import exact_duration

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.report.gather import Gathered

FIELDS: tuple[str, ...] = get_args(ReportField)
"""The fields of a report that people write, by name."""


FOR_CUSTOMERS = "for customers"
"""The field that is written for customers; of all fields they read this one alone."""
MOST_FOUND = 8
"""Findings that are named as signs of the cause."""


def fields(gathered: Gathered, summary: list[str], impact: list[SystemImpact]) -> list[WrittenField]:
    """Return every field, written or not.

    Args:
        gathered: what the events hold.
        summary: the sentences of the summary.
        impact: how long each system was impaired.
    """
    facts = {
        "summary": summary,
        "impact": [*_affected(gathered.incident), *impact_words(impact)],
        "detection": _detection(gathered.incident),
        "contributing factors": found_at_first(gathered.incident),
    }
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


def _affected(incident: Incident) -> list[str]:
    """Return which systems a person named as affected; where nobody did, which the scenario has."""
    decided = incident.decisions.get(AFFECTED)
    answer = decided.answer if decided else incident.answers.get(AFFECTED, "")
    words = "Named as affected" if decided else "Affected as the scenario has it, nobody decided"
    scenario = incident.plan.scenarios.get(incident.scenario)
    if scenario and scenario.untouched:
        words = "None of the systems was to be touched; it was about"
    return [f"{words}: {systems_title(incident, answer)}."] if answer else []


def found_at_first(incident: Incident) -> list[str]:
    """Return what looks found to be wrong before anything was replaced: signs of the cause, not the cause."""
    replaced = [run.started_at for run in incident.runs.values() if run.destructive and run.started_at]
    until = min(replaced, default=incident.last_at)
    runs = [run for run in incident.runs.values() if run.changes_step and run.started_at and run.started_at <= until]
    found = dict.fromkeys(str(finding) for run in runs for finding in run.warnings)
    more = f"; and {len(found) - MOST_FOUND} more" if len(found) > MOST_FOUND else ""
    named = "; ".join(text.rstrip(".") for text in list(found)[:MOST_FOUND])
    return [f"Found before anything was replaced: {named}{more}."] if named else []


def _detection(incident: Incident) -> list[str]:
    noticed = (incident.discovered_at - incident.began_at).total_seconds()
    declared = (incident.declared_at - incident.discovered_at).total_seconds()
    return [
        f"Discovered {exact_duration(noticed)} after the disruption, and declared {exact_duration(declared)} later."
    ]


def action_items(incident: Incident) -> list[ActionItemEntry]:
    """Return the action items."""
    return [ActionItemEntry(**asdict(item)) for item in incident.review.action_items.values()]


def unwritten(incident: Incident) -> list[ev.OpenPoint]:
    """Return what the report still lacks: fields, owners and dates of action items, signatures."""
    review = incident.review
    needed = (name for name in FIELDS if name != FOR_CUSTOMERS)  # not every incident is one for them
    empty = [name for name in needed if name not in review.fields or not review.fields[name].text]
    points = [_point("not written", ", ".join(empty))] if empty else []
    items = review.action_items.values()
    points += [_point("action item incomplete", f"{item.id} has no {item.lacks}") for item in items if item.lacks]
    return points if review.signatures else [*points, _point("not signed", "nobody has signed this report off")]


def _point(what: str, detail: str) -> ev.OpenPoint:
    return ev.OpenPoint(what=what, step=ev.StepName(), detail=detail)
