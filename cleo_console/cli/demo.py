"""``cleo demo``: the console on a simulated world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.console import check_terminal
from cleo_console.full_screen import run_full_screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cleo_console.demo import DemoServices
    from journal.commands.declare import Declaration
    from journal.exercise.script import Exercise

SCENARIOS = ("database-failure", "infrastructure-failure", "data-corruption", "security-breach", "natural-disaster")

_SPEED = 60.0


@click.command()
@click.option("--scenario", type=click.Choice(SCENARIOS), help=f"What has happened. Default: {SCENARIOS[0]}.")
@click.option(
    "--exercise",
    "own",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help="Play an exercise of your own (cleo exercise new).",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0.1, max=1000),
    help="How many times faster than life the time goes in which an action runs; all clocks go with it. "
    f"Default: what the exercise says, else {_SPEED:g}.",
)
@click.option("--open", "incident_id", default="", help="Go on with a tabletop that was left.")
@click.option("--plain", is_flag=True, help="Play it in plain lines: on a dumb terminal, or with a screen reader.")
def demo(scenario: str | None, own: Path | None, speed: float | None, incident_id: str, plain: bool) -> None:
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
      cleo demo --exercise ours.yaml
      cleo demo --open INC-2026-11-22-01
      cleo demo --plain
    """
    if own and (scenario or incident_id):
        raise click.UsageError("--exercise says which scenario it plays, and begins a new one.")
    if not plain:
        check_terminal()
    from cleo_console.demo import DemoServices
    from cleo_console.settings import asked_actor

    script = _own(own) if own else None
    asked = scenario or (script.scenario if script else SCENARIOS[0])
    with DemoServices(asked_actor(), speed or _speed_of(script), script) as at:
        incident_id = at.paths.meant(incident_id) if incident_id else at.declare(declaration_of(at, asked))
        _play(at, incident_id, plain=plain)
    journal = at.paths.incident(incident_id).journal
    for line in last_words(journal):
        click.echo(line)
    for line in _in_life(journal):
        click.echo(line)
    click.echo(f"The journal of this tabletop: {journal}\nIts report: cleo report {journal} -o report.html")


def _in_life(journal: Path) -> Sequence[str]:
    """Return whether the real systems would come back from what was played, as `cleo ready` found last."""
    from cleo_console.settings import journal_paths
    from journal.incident.fold import fold_journal
    from journal.readiness.result import read
    from screens.guidance.readiness import ready_for

    return ready_for(read(journal_paths()), fold_journal(journal).scenario, datetime.now(UTC))


def _play(at: DemoServices, incident_id: str, *, plain: bool) -> None:
    if plain:
        from cleo_console.plain.mode import run_plain

        run_plain(at, incident_id)
    else:
        run_full_screen(at, incident_id)


def _own(file: Path) -> Exercise:
    """Return a team's own exercise; one that cannot be played is refused, with all that is wrong with it."""
    from actions.registry import catalogue
    from cleo_console.exercises.own import load_own
    from cleo_console.settings import plan_file
    from journal.plan.load import load_plan

    return load_own(file, load_plan(plan_file(), catalogue()).plan, catalogue())


def _speed_of(script: Exercise | None) -> float:
    return script.speed if script and script.speed != 1 else _SPEED


def declaration_of(host: DemoServices, scenario: str) -> Declaration:
    """Return what is declared when a scenario is played: it began four minutes ago, and was seen one minute ago."""
    from journal.commands.declare import Declaration
    from journal.events.types import Kind

    now = datetime.now(UTC)
    return Declaration(
        title=host.exercise(scenario).title,
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
