"""A test of the plan as a tabletop: the console on a simulated world, by the script of a scenario that shows it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from cleo_console.cli.demo import SCENARIOS, demo

if TYPE_CHECKING:
    from cleo_console.drills.catalogue import Drill


def can_be_played(drill: Drill) -> bool:
    """Return whether there is a script for a scenario that shows the test."""
    return bool(_scripts(drill))


def play_tabletop(drill: Drill, scenario: str) -> None:
    """Play a test in this terminal, to be counted as talked through; without a terminal it is not begun (status 3).

    Args:
        drill: the test.
        scenario: of the plan; empty: the first that shows the test.

    Raises:
        UsageError: no script plays it.
    """
    scripts = _scripts(drill)
    if not scripts or (scenario and scenario not in scripts):
        known = ", ".join(scripts) or "none; write one: cleo exercise new"
        raise click.UsageError(f"No script plays {scenario or drill.item}. There are, for this test: {known}.")
    asked = scenario or scripts[0]
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo(f"{drill.item}: not begun: a tabletop is played in a terminal, by people.", err=True)
        click.echo(f"  there: cleo drill run {drill.name} --tabletop --scenario {asked}", err=True)
        sys.exit(3)
    plain = os.environ.get("TERM", "dumb") == "dumb"
    click.get_current_context().invoke(demo, scenario=asked, own=None, speed=None, incident_id="", plain=plain)


def _scripts(drill: Drill) -> list[str]:
    """Return the scenarios that show a test and have a script; one that is held by nothing a program does, has none."""
    if not drill.scenarios and not drill.actions:
        return []
    return [one for one in drill.scenarios or SCENARIOS if one in SCENARIOS]
