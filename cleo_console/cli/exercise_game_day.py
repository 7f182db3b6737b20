"""``cleo exercise gameday|undo``: an exercise on the real lab."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.lab import directory_option
from journal.errors import CleoError
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from cleo_console.app_services import ConsoleServices

_EVERY_S = 0.2
_LOOKED_AT = 10
"""Of the newest incidents, so many are looked at for a game day that is open."""


@click.command("gameday")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@directory_option
@click.option(
    "--plain", is_flag=True, help="Lead it in plain lines; without a terminal, by the clock until it is closed."
)
def gameday_command(file: Path, directory: Path | None, plain: bool) -> None:
    """Play an exercise on the real lab: at its injects the lab is really broken, and players recover it for real.

    It declares an incident of kind LAB on the lab's inventory, and leads it: `breaks: {postgres: lose-data-directory}`
    at an inject is done before players are told. Only a lab that you started yourself is ever broken, and only while
    it is the one with which the game day began. The journal knows of each fault before it has an effect. Players use
    their consoles as in life. Afterwards `cleo exercise undo` makes the lab anew.

    \b
    Example:
      cleo lab up --only postgres
      cleo exercise gameday ours.yaml
    """
    from actions.registry import catalogue
    from cleo_console.cli.console import check_terminal
    from cleo_console.exercises.own import load_own
    from cleo_console.gameday.services import begin_game_day
    from cleo_console.settings import plan_file
    from journal.plan.load import load_plan

    if not plain:
        check_terminal()
    script = load_own(file, load_plan(plan_file(), catalogue()).plan, catalogue())
    at, incident = begin_game_day(script, directory)
    click.echo(f"{incident} is declared on the lab. Players: {at.way_back(incident)}")
    _lead(at, incident, plain=plain)


def is_game_day(incident_id: str) -> bool:
    """Return whether an incident of this installation is a game day."""
    from cleo_console.settings import journal_paths
    from journal.incident.fold import fold_journal

    room = journal_paths()
    meant = room.meant(incident_id)
    return meant in room.ids() and bool(fold_journal(room.incident(meant).journal).review.lab)


def open_game_day() -> str:
    """Return the newest game day that is not closed, among the newest incidents; empty where there is none."""
    from cleo_console.settings import journal_paths
    from journal.incident.fold import fold_journal

    room = journal_paths()
    for name in room.ids()[:_LOOKED_AT]:
        with suppress(CleoError):
            incident = fold_journal(room.incident(name).journal)
            if incident.review.lab and incident.closed_at is None:
                return name
    return ""


def go_on_with_game_day(incident_id: str, *, plain: bool) -> None:
    """Lead a game day that was begun, whoever led it before."""
    from cleo_console.cli.console import check_terminal
    from cleo_console.gameday.services import known_game_day
    from cleo_console.settings import journal_paths

    at, incident = known_game_day(journal_paths().meant(incident_id))
    if not plain:
        check_terminal()
    _lead(at, incident.id, plain=plain)


def _lead(at: ConsoleServices, incident: str, *, plain: bool) -> None:
    """Lead a game day until it is left, in plain lines until it is closed; only one leads at a time."""
    from actions.backups.unattended.lock import locked
    from cleo_console.gameday.services import facilitator_of

    with locked(at.place(incident).folder / "facilitator", "a facilitator of this game day") as lock:
        lock.take()
        giver = facilitator_of(
            at, incident, (lambda line: click.echo(sanitize(line))) if plain else (lambda line: None)
        )
        giver.start()
        _start_runner(at, incident)
        try:
            if plain and sys.stdin.isatty():
                from cleo_console.plain.leading import lead_plain

                lead_plain(at, incident)
            elif plain:
                _until_closed(at, incident)
            else:
                from cleo_console.facilitate import FacilitatorApp

                FacilitatorApp(at, incident).run()
        finally:
            giver.stop()
    click.echo(f"Injects come while somebody leads: cleo exercise lead {incident}")
    click.echo(f"When it is over, make the lab anew: cleo exercise undo {incident}")


def _start_runner(at: ConsoleServices, incident: str) -> None:
    """Start the runner; where that takes too long, players' consoles start it, and leading goes on."""
    from journal.errors import CleoError

    try:
        at.ensure_runner(incident)
    except CleoError as error:
        click.echo(f"cleo: {sanitize(error.message)} Players' consoles start it again.", err=True)


def _until_closed(at: ConsoleServices, incident: str) -> None:
    from journal.store.journal import Reader

    with Reader(at.place(incident).journal) as reader:
        while not any(reader.events(types=("incident.closed",))):
            time.sleep(_EVERY_S)


@click.command("undo")
@click.argument("incident")
def undo_command(incident: str) -> None:
    """Take back what a game day broke: the lab is removed and made anew, with all its data.

    Its journal says so before and after. Refused while an action works on the lab, and where another lab lies there.

    \b
    Example:
      cleo exercise undo INC-2026-11-22-01
    """
    from cleo_console.gameday.services import known_game_day, undo_game_day
    from cleo_console.settings import journal_paths

    at, found = known_game_day(journal_paths().meant(incident))
    for (inject, system, how), note in found.review.lab_faults.items():
        click.echo(sanitize(f"{inject}: {system} {how}: {note.state}: {note.what}"))
    lab_id = undo_game_day(at, found, click.echo)
    click.echo(f"The lab in {found.review.lab} is made anew: {lab_id}")
