"""``cleo schedule``: which of the plan's tests are due, overdue and passed, and how they go over time."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.output_file import write_folder
from cleo_console.plans import bundled
from cleo_console.settings import demo_paths, home, paths, plan_file
from journal.wording.counting import count
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from cleo_console.drills.forms import Schedule, Standing, Trend

_MARK = {"passed": "✓", "in part": "~", "due": "○", "overdue": "✗"}
_EVERY = {"month": "Every month", "quarter": "Every quarter", "year": "Every year"}
_GRAPH = 12
"""Values that a graph shows, the newest."""
_TRIED = 3
_DOUBTFUL = 5
_NOT_YET = "not held yet"


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="For a program to read: all that is known (cleo schema schedule)."
)
@click.option(
    "--plan", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Default: what goes here."
)
@click.option("--cron", is_flag=True, help="Print a crontab that holds the tests which need no person, instead.")
@click.option(
    "--systemd", is_flag=True, help="Write systemd services and timers that hold them, and those of ready and exporter."
)
@click.option("--output", "-o", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="For --systemd.")
def schedule(as_json: bool, file: Path | None, cron: bool, systemd: bool, output: Path | None) -> None:
    """Say of each test that the plan asks for when it was held, whether it is due, and how it goes over time.

    It goes by the journals that lie here, and changes nothing. A test counts as passed in its month, quarter or year
    where a drill on the inventory's systems shows it to its end; a lab, a tabletop or a note count in part. It is
    overdue where the period before was missed as well. Below them is what incidents and exercises left to do
    (cleo improve). Exit status: 0 nothing is overdue, 1 something is, 2 asked wrongly, 3 nothing is and a journal
    proves nothing.

    \b
    Example:
      cleo schedule
      cleo schedule --json
      cleo schedule --cron | crontab -
      cleo schedule --systemd -o ~/.config/systemd/user
    """
    if systemd != bool(output) or cron + systemd + as_json > 1:
        raise click.UsageError("Give --json, --cron, or --systemd with -o DIR; or none of them.")
    if cron or output:
        _write_timers(file, output)
        return
    from actions.registry import catalogue
    from cleo_console.drills.read import schedule_of
    from journal.plan.load import load_plan
    from journal.report.json import plain_json

    made = schedule_of(paths(), load_plan(file or plan_file(), catalogue()).plan, beside=[demo_paths()])
    click.echo(plain_json(made) if as_json else "\n".join(map(sanitize, _lines(made))))
    if "overdue" in (*(test.state for test in made.tests), *(item.state for item in made.improvements)):
        raise click.exceptions.Exit(1)
    if made.doubtful:
        raise click.exceptions.Exit(3)


def _write_timers(file: Path | None, output: Path | None) -> None:
    """Print a crontab; or write systemd's units into a folder."""
    from cleo_console.cli.drill_run import drills_here
    from cleo_console.drills.timers import cron_lines, unit_files

    drills, _ = drills_here(file)
    if output is None:
        click.echo("\n".join(cron_lines(drills, _program(), _environment())))
        return
    units = unit_files(drills, _program(), _environment())
    write_folder(output, units)
    click.echo(sanitize(f"{output}: {count(len(units), 'unit')}. Where systemd reads that folder, have them run:"))
    click.echo(f"systemctl enable --now {' '.join(name for name in units if name.endswith('.timer'))}")
    for drill in drills:
        if not drill.unattended:
            click.echo(sanitize(f"not by a timer: {drill.name}: {drill.words}"))


def _program() -> str:
    return str(Path(shutil.which(sys.argv[0]) or sys.argv[0]).absolute())


def _environment() -> dict[str, str]:
    """Return what leads a command that cron starts to the same journals, inventory and plan."""
    at = paths()
    plan = plan_file()
    found = {"CLEO_HOME": home(), "CLEO_INVENTORY": at.inventory, "CLEO_PLAN": plan if plan != bundled() else None}
    kept = {name: os.environ[name] for name in ("PATH", "CLEO_ACTOR", "CLEO_SECOND_PLACE") if os.environ.get(name)}
    return {name: str(path.absolute()) for name, path in found.items() if path} | kept


def _lines(made: Schedule) -> Iterator[str]:
    yield f"{made.plan}: by {count(made.journals, 'journal')} since {made.since:%Y-%m-%d}"
    if not made.tests:
        yield "The plan asks for no tests."
    for every, of in groupby(made.tests, key=lambda test: test.every):
        yield ""
        yield _EVERY[every]
        for test in of:
            yield from _test(test)
    yield from _improvements(made)
    if made.doubtful:
        yield ""
        yield from (f"proves nothing: {one}" for one in made.doubtful[:_DOUBTFUL])
        if len(made.doubtful) > _DOUBTFUL:
            yield f"and {len(made.doubtful) - _DOUBTFUL} more: cleo journal verify ID"


def _improvements(made: Schedule) -> Iterator[str]:
    if made.improvements:
        from cleo_console.cli.improve import item_lines

        yield ""
        yield "Improvement plan"
        for one in made.improvements:
            yield from (f"  {line}" for line in item_lines(one))


def _test(test: Standing) -> Iterator[str]:
    yield f"  {_MARK[test.state]} {_state(test):10} {test.item}"
    yield f"      {_when(test)}"
    if test.last:
        yield f"      last held {test.last.at:%Y-%m-%d}: {test.last.incident} ({test.last.kind}); {_times(test)}"
        yield f"      by {test.last.by}"
    yield from (f"      tried: {one}" for one in test.tried[-_TRIED:])
    yield from (f"      {_graph(trend)}" for trend in test.trends)


def _state(test: Standing) -> str:
    """Return how a test stands; what was never held is overdue since nobody can say when."""
    if test.state == "overdue":
        return "NEVER HELD" if test.missed < 0 else "OVERDUE"
    return test.state


def _when(test: Standing) -> str:
    """Return what this period has of it, and how many before had nothing."""
    if test.state in ("passed", "in part"):
        return f"{test.words}; due again from {test.due_by:%Y-%m-%d}"
    if test.missed < 0:
        shown = "no journal here shows it" if test.words.startswith(_NOT_YET) else test.words
        return f"{shown}; due before {test.due_by:%Y-%m-%d}"
    missed = f"{count(test.missed, test.every)} missed; " if test.missed else ""
    words = "" if test.words.startswith(_NOT_YET) else f"{test.words}; "
    return f"{missed}{words}due before {test.due_by:%Y-%m-%d}"


def _times(test: Standing) -> str:
    return f"{count(len(test.held), 'time')} in all"


def _graph(trend: Trend) -> str:
    """Return a series as a graph and its last value; one value alone is no graph."""
    from journal.wording.durations import exact_duration, loss_duration
    from screens.guidance.trends import sparkline

    points = trend.points[-_GRAPH:]
    last = points[-1]
    words = exact_duration(last.seconds) if trend.what == "recovery" else loss_duration(last.seconds, last.bound)
    graph = sparkline([point.seconds for point in points]) if len(points) > 1 else ""
    return f"{trend.about[:28]:28} {trend.what:8} {graph:{_GRAPH}} {words}"
