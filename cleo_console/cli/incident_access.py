"""Finds the incident that a command is about, and opens it for writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from actions.positions import position_forms
from cleo_console.app_services import ConsoleServices, acting_services
from cleo_console.cli.completion import known_incidents
from journal.commands.incident import IncidentCommands
from journal.errors import CleoError
from journal.incident.fold import fold_journal
from journal.incident.state import Incident
from journal.store.journal import Journal
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from journal.paths import IncidentPlace

incident_option = click.option(
    "--incident",
    "-i",
    envvar="CLEO_INCIDENT",
    metavar="ID",
    shell_complete=known_incidents,
    help="Which incident; needless while only one is open.",
)


class UnclearIncident(CleoError):
    """It is not clear which incident is meant."""


def find_incident(at: ConsoleServices, incident_id: str | None) -> str:
    """Return the incident that is meant: the one named, also without its mark, else the only open one.

    Raises:
        UnclearIncident: none or several are open.
    """
    if incident_id:
        return at.paths.meant(incident_id)
    known = at.incidents()
    still_open = [summary.id for summary in known if summary.closed_at is None and not summary.note]
    unread = [summary.id for summary in known if summary.note]
    doubt = f"It cannot be read whether these are open: {', '.join(unread)}. See why: cleo journal list."
    if len(still_open) == 1:
        if unread:
            click.echo(sanitize(f"cleo: {doubt}"), err=True)
        return still_open[0]
    if unread and not still_open:
        raise UnclearIncident(doubt, "Name the incident with --incident, or declare one: cleo declare")
    if still_open:
        raise UnclearIncident(
            f"{len(still_open)} incidents are open: {', '.join(still_open)}.", "Name one with --incident."
        )
    raise UnclearIncident("No incident is open.", "Declare one: cleo declare, or in the console: cleo")


@dataclass(frozen=True)
class IncidentAccess:
    """An incident opened for one command: its paths, its journal, and the incident commands."""

    services: ConsoleServices
    place: IncidentPlace
    journal: Journal
    commands: IncidentCommands

    def incident(self) -> Incident:
        """Return the incident as the journal has it now."""
        return fold_journal(self.place.journal)

    def say_unwitnessed(self) -> None:
        """Say that the witness did not take the head as the incident was closed."""
        if self.commands.unwitnessed:
            click.echo(sanitize(self.commands.unwitnessed), err=True)


@contextmanager
def access_incident(incident_id: str | None) -> Iterator[IncidentAccess]:
    """Open an incident's journal for the length of the block.

    Raises:
        CleoError: there is no such incident, or it is not clear which.
    """
    at = acting_services()
    chosen = find_incident(at, incident_id)
    place = at.place(chosen)
    with at.open(chosen, _say_waiting) as journal:
        commands = IncidentCommands(journal, lambda: fold_journal(place.journal), position_forms)
        yield IncidentAccess(at, place, journal, commands)


def _say_waiting(holder: str) -> None:
    if holder:
        click.echo(f"cleo: waiting. The journal is held by {holder}.", err=True)
