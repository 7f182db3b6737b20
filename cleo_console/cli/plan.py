"""``cleo plan``: checks or shows a plan file, or makes one."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.plan_diff import diff_command, pin_command
from cleo_console.cli.plan_import import import_command
from cleo_console.cli.plan_new import new_command
from journal.errors import CleoError
from journal.wording.counting import count

if TYPE_CHECKING:
    from cleo_console.known_inventory import KnownInventory
    from journal.plan.model import Plan
    from journal.plan.read import LoadedPlan
    from journal.yamlfile.problem import Problem

_PlanFile = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("plan")
def plan() -> None:
    """Check a plan file, read one, or make your own. Without FILE it is the plan that a new incident goes by.

    \b
    Example:
      cleo plan check our-plan.yaml
      cleo plan show
      cleo plan import RUNBOOK.md -o our-plan.yaml
    """


for _command in (new_command, import_command, diff_command, pin_command):
    plan.add_command(_command)


@plan.command("check")
@click.argument("file", type=_PlanFile, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check_command(file: Path | None, as_json: bool) -> None:
    """Say what is wrong with a plan, as FILE:LINE: message; what its steps lack by the last ``cleo ready``, too.

    Exit status 1 when it cannot be used; warnings alone leave it at 0.

    \b
    Example:
      cleo plan check our-plan.yaml
    """
    problems = _problems(_chosen(file))
    if as_json:
        click.echo(json.dumps([problem.as_json() for problem in problems], indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(_summary(problems), err=True)
    sys.exit(1 if any(problem.level == "error" for problem in problems) else 0)


@plan.command("show")
@click.argument("file", type=_PlanFile, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the plan's data as JSON.")
@click.option("--paper", is_flag=True, help="As a checklist with boxes to fill in, for when nothing works.")
@click.option("--scenario", default="", help="On paper, leave out the steps that do not apply to this scenario.")
def show_command(file: Path | None, as_json: bool, paper: bool, scenario: str) -> None:
    """Print a plan: objectives, scenarios, every step, contacts and clocks.

    \b
    Example:
      cleo plan show | less
      cleo plan show --paper --scenario database-failure | lpr
    """
    from actions.registry import catalogue
    from journal.plan.load import load_plan

    if as_json and paper:
        raise click.UsageError("--json and --paper are two different prints.")
    if scenario and not paper:
        raise click.UsageError("--scenario goes with --paper.")
    loaded = load_plan(_chosen(file), catalogue())
    if paper:
        _print_on_paper(loaded, scenario)
        return
    if as_json:
        click.echo(json.dumps(loaded.data, indent=2, ensure_ascii=False))
        return
    from cleo_console.cli.plan_tree import print_plan

    print_plan(loaded, catalogue())


def _print_on_paper(loaded: LoadedPlan, scenario: str) -> None:
    """Print the plan with boxes; in a terminal without the marks at which a printer begins a page."""
    from actions.registry import catalogue
    from cleo_console.cli.paper.checklist import paper
    from cleo_console.cli.paper.pages import NEW_PAGE
    from journal.incident.roster import players

    if scenario and scenario not in loaded.plan.scenarios:
        raise CleoError(f"The plan has no scenario {scenario!r}.", f"Choose: {', '.join(loaded.plan.scenarios)}.")
    known = _known(loaded.plan)
    several = {name: systems for name in loaded.plan.systems if len(systems := players(known.systems, name)) > 1}
    new_page = "\n" if sys.stdout.isatty() else NEW_PAGE
    offered = known.offered(loaded.plan, catalogue())
    points = _on_paper(loaded.plan)
    for line in paper(loaded, offered, scenario, several, known.commands, known.told, known.played, points):
        click.echo(line.replace(NEW_PAGE, new_page))


def _on_paper(plan: Plan) -> Sequence[str]:
    """Return the heading and lines of the plan's open points by the last look of ``cleo ready``; none: nothing."""
    from cleo_console.settings import paths
    from journal.readiness.result import read
    from journal.wording.instants import utc

    looked = read(paths())
    lines = [one.line(plan.numbers, looked.at) for one in looked.open_points] if looked else []
    return [f"Open points by cleo ready of {utc(looked.at)}", *lines] if looked and lines else []


def _known(plan: Plan) -> KnownInventory:
    """Return what the inventory says of the plan's systems; a plan is printed on any machine."""
    from actions.inventory import Inventory
    from cleo_console.known_inventory import KnownInventory
    from cleo_console.settings import paths
    from cleo_console.world import inventory_at

    try:
        inventory = inventory_at(paths().inventory)
    except CleoError as error:
        click.echo(f"The inventory is not taken into account. {error}", err=True)
        inventory = Inventory(name="none", allows=[])
    return KnownInventory(inventory, plan)


def _chosen(file: Path | None) -> Path:
    from cleo_console.settings import plan_file

    return file or plan_file()


def _problems(file: Path) -> list[Problem]:
    """Everything wrong with the file; where its shape is, nothing beyond that can be looked at."""
    from actions.scripts import described
    from journal.plan.check import check
    from journal.plan.pinned import drift
    from journal.plan.read import read_plan
    from journal.yamlfile.problem import BadFile

    try:
        loaded = read_plan(file)
        found = check(loaded, described()) + drift(loaded) + _found_wrong(loaded)
        return sorted(found, key=lambda problem: problem.line)
    except BadFile as error:
        return error.problems


def _found_wrong(loaded: LoadedPlan) -> list[Problem]:
    """Return the plan's open points by the last look of ``cleo ready``; none where nobody ever looked."""
    from cleo_console.settings import paths
    from journal.readiness.result import read
    from journal.readiness.standing import as_problems

    looked = read(paths())
    return list(as_problems(loaded, looked.open_points, looked.at)) if looked else []


def _summary(problems: list[Problem]) -> str:
    found = sum(problem.level == "error" for problem in problems)
    warned = len(problems) - found
    verdict = "This plan cannot be used" if found else "This plan can be used"
    return f"{verdict}: {count(found, 'error')}, {count(warned, 'warning')}."
