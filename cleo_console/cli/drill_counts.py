"""What a drill that was closed counts as: said at its end, by the same journal that ``cleo schedule`` goes by."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from cleo_console.drills.standing import looked_at
from journal.audit.collect import incident_evidence
from journal.audit.schedule import came_to_its_end, shown_by
from journal.events.types import Kind
from journal.plan.routine import HeldBy
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cleo_console.cli.incident_access import IncidentAccess
    from cleo_console.drills.catalogue import Drill
    from journal.audit.model import IncidentEvidence


def say_what_counts(at: IncidentAccess, drill: Drill) -> bool:
    """Print whether a drill that came to its end shows its test, by what, and which others; return whether it does."""
    now = datetime.now(UTC)
    shown, incident = incident_evidence(at.place.journal, looked_at(now), now), at.incident()
    asked = HeldBy(scenarios=drill.scenarios, actions=drill.actions, steps=drill.steps)
    by = shown_by(asked, "", shown)
    if not by or not came_to_its_end(shown.outcome):
        why = "; ".join(_lacks(drill, shown)) or shown.outcome
        click.echo(sanitize(f"It does NOT count as {drill.item}: {why}."), err=True)
        return False
    also = [item for test in incident.plan.tests for item in test.items if item != drill.item]
    held_by = {item: test.held_by.get(item) for test in incident.plan.tests for item in test.items}
    others = [item for item in also if held_by[item] and shown_by(held_by[item], "", shown)]
    part = "" if incident.kind is Kind.DRILL else " in part (a lab is none of the real systems)"
    click.echo(
        sanitize(f"It counts{part} as {drill.item}, by {by}{'; also as ' if others else ''}{', '.join(others)}.")
    )
    return True


def _lacks(drill: Drill, shown: IncidentEvidence) -> Iterator[str]:
    if drill.scenarios and shown.scenario not in drill.scenarios:
        yield f"its scenario is {shown.scenario}"
    if drill.actions and not any(map(drill.asks_for, shown.actions)):
        yield f"none of {', '.join(drill.actions)} did all that it is for"
    if missing := [step for step in drill.steps if step not in shown.steps_done]:
        yield f"not done: {', '.join(missing)}"
