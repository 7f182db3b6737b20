"""``cleo demo``: the console on a simulated world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.console import check_terminal
from cleo_console.full_screen import run_full_screen

if TYPE_CHECKING:
    from cleo_console.demo import DemoServices
    from journal.commands.declare import Declaration

_SCENARIOS = ("database-failure", "infrastructure-failure", "data-corruption", "security-breach", "natural-disaster")


@click.command()
@click.option(
    "--scenario", type=click.Choice(_SCENARIOS), default=_SCENARIOS[0], show_default=True, help="What has happened."
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0.1, max=1000),
    default=60.0,
    show_default=True,
    help="How many times faster than life the time goes in which an action runs; all clocks go with it.",
)
@click.option("--open", "incident_id", default="", help="Go on with a tabletop that was left.")
@click.option("--plain", is_flag=True, help="Play it in plain lines: on a dumb terminal, or with a screen reader.")
def demo(scenario: str, speed: float, incident_id: str, plain: bool) -> None:
    """Play a tabletop: the same console, plan, journal and report, and no real system in reach.

    \b
    Systems fail and recover as a consequence of what you do, and some things are not what they seem. Actions
    take as long as in life. --speed only shortens the waiting: RTO, windows, legal clocks and the story go by one
    clock, which runs faster while an action runs and as in life while people think. Others join with --open. Once it
    is closed you are told what was done well, what was missed, and who decided what.

    \b
    Example:
      cleo demo
      cleo demo --scenario natural-disaster --speed 10
      cleo demo --open INC-2026-11-22-01
      cleo demo --plain
    """
    if not plain:
        check_terminal()
    from cleo_console.demo import DemoServices
    from cleo_console.settings import asked_actor

    with DemoServices(asked_actor(), speed) as at:
        incident_id = at.paths.meant(incident_id) if incident_id else at.declare(declaration_of(at, scenario))
        _play(at, incident_id, plain=plain)
    journal = at.paths.incident(incident_id).journal
    for line in last_words(journal):
        click.echo(line)
    click.echo(f"The journal of this tabletop: {journal}\nIts report: cleo report {journal} -o report.html")


def _play(at: DemoServices, incident_id: str, *, plain: bool) -> None:
    if plain:
        from cleo_console.plain.mode import run_plain

        run_plain(at, incident_id)
    else:
        run_full_screen(at, incident_id)


def declaration_of(host: DemoServices, scenario: str) -> Declaration:
    """Return what is declared when a scenario is played: it began four minutes ago, and was seen one minute ago."""
    from cleo_console.exercises import load_exercise
    from journal.commands.declare import Declaration
    from journal.events.types import Kind

    now = datetime.now(UTC)
    return Declaration(
        title=load_exercise(scenario).title,
        scenario=scenario,
        severity=host.plan().scenarios[scenario].severity,
        kind=Kind.TABLETOP,
        began_at=now - timedelta(minutes=4),
        discovered_at=now - timedelta(minutes=1),
    )


def last_words(journal: Path) -> list[str]:
    """Return, in a few lines, what the exercise in ``journal`` has shown so far."""
    from journal.exercise.assessment import assess_journal
    from journal.incident.fold import fold_events
    from journal.store.journal import Reader
    from screens.guidance.assessment import assessment_lines

    with Reader(journal) as reader:
        incident = fold_events(reader.events())
        shown = assess_journal(reader)
    if shown is None:
        return []
    if incident.closed_at is None:
        return [f"{shown.title}: it is not closed yet; what was missed is said at its end."]
    return [line.plain for line in assessment_lines(shown)]
