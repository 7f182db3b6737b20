"""``cleo status``: where an incident stands, in a few lines or as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from cleo_console.app_services import installed_services
from cleo_console.cli.completion import known_incidents
from cleo_console.cli.forms import ObjectiveForm, StatusForm
from cleo_console.cli.incident_access import find_incident
from cleo_console.witness import deliver
from journal.incident import clocks
from journal.incident.exposure import exposed
from journal.incident.fold import fold_journal
from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.incident.taken import at_work
from journal.incident.upcoming import next_step
from journal.presence import who_is_here
from journal.store.journal import Reader, short_head
from journal.wording.other_incidents import other_incidents
from journal.wording.sanitize import sanitize
from screens.guidance.at_risk import at_risk_lines
from screens.guidance.people import here_lines


@click.command()
@click.argument("incident", required=False, shell_complete=known_incidents)
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def status(incident: str | None, as_json: bool) -> None:
    """Show where an incident stands.

    \b
    Example:
      cleo status --json
    """
    at = installed_services()
    found = fold_journal(at.place(find_incident(at, incident)).journal)
    with Reader(at.place(found.id).journal) as reader:
        readings = reader.readings()
    others = other_incidents(readings)
    here = who_is_here(at.place(found.id).folder)
    form = StatusForm(
        **_facts(found),
        runner="at work" if at.runner_alive(found.id) else "not at work",
        trouble=at.write_fault(found.id),
        also_open=others,
        lead=found.team.holder("lead"),
        taken={step_id: work.by for step_id, work in at_work(found)},
        here=list(here),
        exposure=dict(exposed(found, readings)),
        unwitnessed=list(deliver(at.paths)),
    )
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(form), indent=2).decode())
    else:
        at_risk = [line.plain for line in at_risk_lines(found, readings, datetime.now(UTC))]
        for line in _lines(form, here_lines(here), at_risk):
            click.echo(sanitize(line))


def _facts(incident: Incident) -> dict[str, Any]:
    """Return what the journal tells of an incident, by the names of the form's fields."""
    now = datetime.now(UTC)
    upcoming = next_step(incident)
    rto = {
        c.tier: ObjectiveForm(left_s=round(c.left), achieved_at=c.achieved_at, met=c.met)
        for c in clocks.rto(incident, now)
    }
    return {
        "incident": incident.id,
        "kind": incident.kind,
        "title": incident.title,
        "severity": incident.severity,
        "outcome": incident.outcome,
        "elapsed_s": round(((incident.closed_at or now) - incident.began_at).total_seconds()),
        "phase": incident.phase.title,
        "running": _ids(incident, StepState.REQUESTED, StepState.RUNNING, StepState.CANCELLING),
        "in_doubt": _ids(incident, StepState.IN_DOUBT),
        "findings": _ids(incident, StepState.FOUND, StepState.LOOKED),
        "wrong": [f"{system}: {found}" for system, found in incident.found_wrong.items()],
        "failed": _ids(incident, StepState.FAILED),
        "next": upcoming.id if upcoming else None,
        "rto": rto,
        "went_on": _went_on(incident),
        "inventory_sha256": incident.inventory_sha256,
        "inventory_error": incident.inventory_error,
        "inventory_doubts": incident.inventory_doubts,
        "events": incident.seq,
        "head": short_head(incident.head),
    }


def _lines(form: StatusForm, here: list[str], at_risk: list[str]) -> list[str]:
    lines = [
        f"{form.incident}  {form.kind}  {form.severity}  {form.title}",
        f"  {form.outcome}, phase: {form.phase}, runner {form.runner}, head {form.head}",
    ]
    lines += [f"  {word}: {', '.join(found)}" for key, word in _GROUPS.items() if (found := getattr(form, key))]
    lines += [f"  {line}" for line in form.also_open]
    if form.went_on:
        lines.append(f"  {form.went_on}")
    if form.inventory_error:
        lines.append(f"  THE INVENTORY CANNOT BE USED, the one before counts: {form.inventory_error}")
    lines += [f"  INVENTORY: {doubt}" for doubt in form.inventory_doubts]
    if form.trouble:
        lines.append(f"  THE JOURNAL CANNOT BE WRITTEN: {form.trouble}")
    if form.lead:
        lines.append(f"  lead: {form.lead}")
    lines += [f"  taken: {step}, by {by}" for step, by in form.taken.items()]
    lines += [f"  here: {line}" for line in here]
    lines += [f"  at risk: {line}" for line in at_risk]
    lines += [f"  {line}" for line in form.unwitnessed]
    if form.next:
        lines.append(f"  next: {form.next}")
    return lines


_GROUPS = {"running": "running", "in_doubt": "IN DOUBT", "failed": "failed", "wrong": "WRONG", "findings": "to look at"}


def _went_on(incident: Incident) -> str:
    found = incident.continued
    return f"The disk gave way; the journal goes on in segment {found.segment}: {found.why}" if found else ""


def _ids(incident: Incident, *states: StepState) -> list[str]:
    return [step.id for step in incident.in_state(*states)]
