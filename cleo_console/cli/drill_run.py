"""``cleo drill list`` and ``cleo drill run``: the plan's tests, those held that need no person."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.drill_counts import say_what_counts
from cleo_console.cli.drill_incident import alone, begin_drill, close_drill, drill_folder, say_ended, went_well
from cleo_console.cli.drill_restore import restore
from cleo_console.cli.drill_tabletop import can_be_played, play_tabletop
from cleo_console.cli.incident_access import access_incident
from cleo_console.cli.run import follow_run, wait_for_inventory
from cleo_console.settings import paths, plan_file
from journal.errors import CleoError
from journal.incident.records import RunState
from journal.report.json import plain_json
from journal.wording.counting import count
from journal.wording.sanitize import sanitize, sanitize_lines

if TYPE_CHECKING:
    from actions.inventory import Inventory
    from cleo_console.drills.catalogue import Drill

_ASKED_WRONGLY, _IN_PART, _COULD_NOT = 2, 5, 6


def drills_here(plan: Path | None = None) -> tuple[list[Drill], Inventory]:
    """Return the tests of a plan (None: the one in effect) as drills, and the inventory that they are held on.

    Raises:
        CleoError: the plan or the inventory cannot be used.
    """
    from actions.registry import catalogue
    from cleo_console.drills.catalogue import drills_of
    from cleo_console.world import inventory_at
    from journal.plan.load import load_plan

    inventory, known = inventory_at(paths().inventory), catalogue()
    return drills_of(load_plan(plan or plan_file(), known).plan, inventory, known), inventory


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="For a program to read (cleo schema drill-list).")
def list_drills(as_json: bool) -> None:
    """List the plan's tests by the names that `cleo drill run` takes, and how each is held here.

    \b
    Example:
      cleo drill list
    """
    from cleo_console.app_services import installed_services
    from cleo_console.cli.drill_incident import clean_up_began, unfinished

    drills, inventory = drills_here()
    services = installed_services()
    if as_json:
        click.echo(plain_json(drills))
        return
    for drill in drills:
        click.echo(sanitize(f"{drill.name}  (every {drill.every})"))
        click.echo(sanitize(f"    {drill.words}"))
        folder = drill_folder(inventory) / drill.name
        if last := unfinished(services, folder):
            begun = clean_up_began(folder, last.id)
            click.echo(f"    unfinished: {last.id}, {'its clean-up began' if begun else 'stopped or killed'}")
            walked = drill.how == "walk"
            if not begun:
                click.echo(f"    go on: cleo drill run {drill.name}{' --answers FILE' if walked else ''}")
            if walked:
                click.echo(f"    give up: cleo drill clean-up {drill.name}")


@click.command("run")
@click.argument("name")
@click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What people decided beforehand (YAML; made by cleo drill answers).",
)
@click.option("--give-up", is_flag=True, help="Clean up and close it where it stops, too: for cron.")
@click.option("--tabletop", is_flag=True, help="Play it on a simulated world instead, in this terminal: cleo demo.")
@click.option("--scenario", metavar="NAME", default="", help="For --tabletop; default: the first that shows the test.")
def run_drill(name: str, answers: Path | None, give_up: bool, tabletop: bool, scenario: str) -> None:
    """Hold a test of the plan on the inventory's systems, as far as that needs no person, and journal it.

    It is an incident of kind DRILL (of a lab: LAB) that closes itself. What changes a system is begun only with
    answers, which name the inventory and each destructive step's target, and only where the inventory allows no REAL
    incident. It stops at the first thing that a person must judge, and says what and where; run again it goes on. At
    its end it is cleaned up. Exit status: 0 held, all well; 1 something failed, or was found wrong; 2 asked wrongly,
    nothing was begun; 3 a person must judge; 4 another drill is at work; 5 some of it went well, or it does not count;
    6 it could not run.

    \b
    Example:
      cleo drill run data-integrity-verification
      cleo drill run failover-simulation --answers failover.yaml
      cleo drill run third-party-service-failure-simulation --tabletop
      0 5 1 * *  cleo drill run data-integrity-verification
    """
    drill, inventory = drill_here(name)
    if tabletop:
        play_tabletop(drill, scenario)
    elif drill.how == "restore":
        click.get_current_context().invoke(restore, systems=(), source=None, on="")
    elif drill.how == "walk" and answers:
        from cleo_console.cli.drill_session import walk_drill

        _alone(drill, inventory, lambda folder: walk_drill(drill, inventory, answers, folder, give_up=give_up))
    elif drill.how != "looks":
        _not_begun(drill)
    else:
        _alone(drill, inventory, lambda folder: _looked(drill, inventory, folder))


@click.command("clean-up")
@click.argument("name")
@click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Default: the answers that it last went by.",
)
def clean_up(name: str, answers: Path | None) -> None:
    """Clean up a drill that stopped or was killed, and close it.

    What its answers name (clean_up) is run in that order, then what is still in force is taken back. Begun again, it
    goes on with what is left. Exit status: 0 all is cleaned up, 1 something is not, 4 another drill is at work.

    \b
    Example:
      cleo drill clean-up failover-simulation
    """
    from cleo_console.cli.drill_session import clean_up_drill

    drill, inventory = drill_here(name)
    _alone(drill, inventory, lambda folder: clean_up_drill(drill, inventory, answers, folder))


def drill_here(name: str) -> tuple[Drill, Inventory]:
    """Return a test of the plan as a drill, by its name, and the inventory that it is held on.

    Raises:
        UsageError: there is no such test.
        CleoError: as of `drills_here`.
    """
    drills, inventory = drills_here()
    drill = next((one for one in drills if one.name == name), None)
    if drill is None:
        near = difflib.get_close_matches(name, [one.name for one in drills], n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise click.UsageError(f"The plan has no test {name}.{hint} List them: cleo drill list")
    return drill, inventory


def _not_begun(drill: Drill) -> None:
    """Say how a drill that nobody answered is held; on a terminal a tabletop of it can be begun at once."""
    click.echo(sanitize(f"{drill.item}: not begun: {drill.words}"), err=True)
    if drill.how == "walk":
        click.echo(f"  its answers:  cleo drill answers {drill.name} > {drill.name}.yaml", err=True)
    if can_be_played(drill):
        click.echo(f"  as a tabletop: cleo drill run {drill.name} --tabletop", err=True)
        if sys.stdin.isatty() and sys.stdout.isatty() and click.confirm("Play it as a tabletop now?"):
            play_tabletop(drill, "")
            return
    sys.exit(3)


def _alone(drill: Drill, inventory: Inventory, hold: Callable[[Path], int]) -> None:
    """Hold a drill while no other one is at work on the inventory, and leave with its exit status."""
    from journal.yamlfile.problem import BadFile

    folder = drill_folder(inventory)
    with alone(folder, drill.item, "drill run"):
        try:
            status = hold(folder / drill.name)
        except CleoError as error:
            click.echo(f"cleo: {sanitize_lines(str(error))}", err=True)
            status = _ASKED_WRONGLY if isinstance(error, BadFile) else _COULD_NOT
    sys.exit(status)


def _looked(drill: Drill, inventory: Inventory, folder: Path) -> int:
    """Run what shows a test and changes nothing, and return the exit status.

    An incident that an earlier command did not see the end of is gone on with.
    """
    from cleo_console.drills.routine_plan import SCENARIO, routine_plan

    incident = begin_drill(
        folder, inventory, drill.item, SCENARIO, lambda at: routine_plan(drill, inventory, at.catalogue())
    )
    with access_incident(incident) as at:
        at.services.ensure_runner(incident)
        wait_for_inventory(at)
        ended = [follow_run(at, run, quiet=True) for run in [*at.incident().runs]]
        done = {(run.action, run.system) for run in ended}
        for action, system in _left(drill, done):
            ended.append(follow_run(at, at.commands.request_action(action, {}, system=system), quiet=True))
        good = sum(went_well(run) for run in ended)
        close_drill(at, f"{good} of {count(len(ended), 'look')} found everything in order.")
        say_ended(incident, ended)
        counts = say_what_counts(at, drill)
    if ended and good == len(ended) and counts:
        return 0
    return _IN_PART if any(run.state is RunState.SUCCEEDED for run in ended) else 1


def _left(drill: Drill, done: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for action, systems in drill.looks.items():
        yield from ((action, system) for system in systems if (action, system) not in done)
