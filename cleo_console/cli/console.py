"""``cleo`` and ``cleo open``: the console."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from cleo_console.app_services import acting_services
from cleo_console.cli.completion import known_incidents
from cleo_console.full_screen import run_full_screen
from journal.errors import CleoError

_INSTEAD = "Line mode walks the same checklist: cleo --plain. Single commands: cleo --help"


class NoTerminal(CleoError):
    """There is no terminal that a full-screen program could use."""


@click.command("open")
@click.argument("incident", shell_complete=known_incidents)
def open_(incident: str) -> None:
    """Open the console on one incident, or on a declaration that an alert begins: INCIDENT may be a file.

    That is the body of a webhook of Alertmanager's or PagerDuty's, as JSON. Nothing is declared before you say so.

    \b
    Example:
      cleo open INC-2026-11-22-01
      cleo open ./alert.json
    """
    if "/" in incident or Path(incident).is_file():
        open_offer(Path(incident))
    open_console(incident)


def open_offer(file: Path) -> None:
    """Run the console, beginning with the declaration that an alert in a file offers.

    Raises:
        CleoError: there is no alert in it.
    """
    from cleo_console.offered import offer_in

    check_terminal()
    at = acting_services()
    sys.exit(run_full_screen(at, None, at.fitted(offer_in(file))))


def open_console(incident: str | None) -> None:
    """Run the console until it is left; the recovery goes on without it.

    Args:
        incident: where to begin; the start screen where it is None.

    Raises:
        NoTerminal: standard output is no terminal, or a dumb one.
        CleoError: there is no such incident.
    """
    check_terminal()
    at = acting_services()
    sys.exit(run_full_screen(at, at.paths.meant(incident) if incident else None))


def open_plain(incident: str) -> None:
    """Run line mode until it is left; the recovery goes on without it.

    Args:
        incident: where to begin; empty asks where it is not clear.

    Raises:
        CleoError: there is no such incident, or it cannot be read.
    """
    from cleo_console.plain.mode import run_plain

    at = acting_services()
    run_plain(at, at.paths.meant(incident) if incident else "")


def check_terminal() -> None:
    """Raise NoTerminal where a full-screen program cannot work."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminal("The console needs a terminal.", _INSTEAD)
    if os.environ.get("TERM", "dumb") == "dumb":
        raise NoTerminal("This terminal is dumb (TERM=dumb).", _INSTEAD)
