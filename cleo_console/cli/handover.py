"""``cleo handover``: what whoever takes over must know, as text."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from cleo_console.app_services import installed_services
from cleo_console.cli.completion import known_incidents
from cleo_console.cli.incident_access import find_incident
from journal.incident.fold import fold_journal
from journal.store.journal import Reader


@click.command()
@click.argument("incident", required=False, shell_complete=known_incidents)
def handover(incident: str | None) -> None:
    """Say what whoever takes over must know: where it stands, what holds, what was decided and why, what is next.

    \b
    Example:
      cleo handover | mail -s "handover" night-shift@example.com
    """
    from journal.presence import who_is_here
    from screens.guidance.handover import handover as summary
    from screens.guidance.handover import handover_text

    at = installed_services()
    found = fold_journal(at.place(find_incident(at, incident)).journal)
    with Reader(at.place(found.id).journal) as reader:
        readings = reader.readings()
    here = who_is_here(at.place(found.id).folder)
    click.echo(found.id)
    click.echo(handover_text(summary(found, readings, at.catalogue(), datetime.now(UTC), here=here)))
