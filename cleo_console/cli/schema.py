"""``cleo schema``: the JSON Schema of what ``--json`` prints."""

from __future__ import annotations

import click
import msgspec

from cleo_console.cli.forms import ChangeForm, LessonForm, NoteForm, ProblemForm, StatusForm, SystemForm
from cleo_console.drills.catalogue import Drill
from cleo_console.drills.forms import Schedule
from journal.audit.model import Evidence
from journal.readiness.result import ReadyResult

_FORMS = {
    "status": StatusForm,
    "health": dict[str, SystemForm],
    "ready": ReadyResult,
    "schedule": Schedule,
    "evidence": Evidence,
    "drill-list": list[Drill],
    "plan-check": list[ProblemForm],
    "plan-diff": list[ChangeForm],
    "plan-lessons": list[LessonForm],
    "plan-import": list[NoteForm],
    "exercise-check": list[ProblemForm],
}
"""What a command prints, by its name; evidence: evidence.json of the pack; plan-lessons: plan diff with an incident."""


@click.command()
@click.argument("command", type=click.Choice([*_FORMS]))
def schema(command: str) -> None:
    """Print the JSON Schema of what a command prints with --json: each field, its type and what it says.

    Fields may be added: pass over those that you do not know. One that is there keeps its name and meaning until the
    program's next whole number. evidence is what lies in the pack as evidence.json, plan-lessons what plan diff prints
    with --incident.

    \b
    Example:
      cleo schema status
    """
    click.echo(msgspec.json.format(msgspec.json.encode(msgspec.json.schema(_FORMS[command])), indent=2).decode())
