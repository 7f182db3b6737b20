"""``cleo schema``: the JSON Schema of what ``--json`` prints."""

from __future__ import annotations

import click
import msgspec

from cleo_console.cli.forms import StatusForm, SystemForm
from cleo_console.drills.forms import Schedule
from journal.audit.model import Evidence
from journal.readiness.result import ReadyResult

_FORMS = {
    "status": StatusForm,
    "health": dict[str, SystemForm],
    "ready": ReadyResult,
    "schedule": Schedule,
    "evidence": Evidence,
}
"""What a command prints, by its name; of evidence, what lies in the pack as evidence.json."""


@click.command()
@click.argument("command", type=click.Choice([*_FORMS]))
def schema(command: str) -> None:
    """Print the JSON Schema of what a command prints with --json: each field, its type and what it says.

    Fields may be added. One that is there keeps its name and meaning until the program's next whole number.

    \b
    Example:
      cleo schema status
    """
    click.echo(msgspec.json.format(msgspec.json.encode(msgspec.json.schema(_FORMS[command])), indent=2).decode())
