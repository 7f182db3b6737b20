"""``cleo drill list`` and ``cleo drill run``: the plan's tests, those held that need no person."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.drill_incident import alone, begin_drill, close_drill, drill_folder, say_ended
from cleo_console.cli.drill_restore import restore
from cleo_console.cli.incident_access import access_incident
from cleo_console.cli.run import follow_run, wait_for_inventory
from cleo_console.settings import paths, plan_file
from journal.incident.records import RunState
from journal.wording.counting import count
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from actions.inventory import Inventory
    from cleo_console.drills.catalogue import Drill


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
def list_drills() -> None:
    """List the plan's tests by the names that `cleo drill run` takes, and how each is held here.

    \b
    Example:
      cleo drill list
    """
    for drill in drills_here()[0]:
        click.echo(sanitize(f"{drill.name}  (every {drill.every})"))
        click.echo(sanitize(f"    {drill.words}"))


@click.command("run")
@click.argument("name")
@click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What people decided beforehand (YAML; docs/plans.md).",
)
def run_drill(name: str, answers: Path | None) -> None:
    """Hold a test of the plan on the inventory's systems, as far as that needs no person, and journal it.

    It is an incident of kind DRILL (of a lab: LAB) that closes itself. What changes a system is begun only with
    answers, which name the inventory and each destructive step's target, and only where the inventory allows no REAL
    incident. It stops at the first thing that a person must judge, and cleans up. Exit status: 0 all went well, 1
    nothing did or something failed, 2 asked wrongly, 3 a person must judge, 4 another drill is at work, 5 some went
    well.

    \b
    Example:
      cleo drill run data-integrity-verification
      cleo drill run failover-simulation --answers failover.yaml
      0 5 1 * *  cleo drill run performance-under-dr-conditions
    """
    drills, inventory = drills_here()
    drill = next((one for one in drills if one.name == name), None)
    if drill is None:
        near = difflib.get_close_matches(name, [one.name for one in drills], n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise click.UsageError(f"The plan has no test {name}.{hint} List them: cleo drill list")
    if drill.how == "restore":
        click.get_current_context().invoke(restore, systems=(), source=None, on="")
    elif drill.how == "walk" and answers:
        from cleo_console.cli.drill_walk import walk_drill

        _alone(drill, inventory, lambda folder: walk_drill(drill, inventory, answers, folder))
    elif drill.how != "looks":
        click.echo(sanitize(f"{drill.item}: not begun: {drill.words}"), err=True)
        sys.exit(3)
    else:
        _alone(drill, inventory, lambda folder: _looked(drill, inventory, folder))


def _alone(drill: Drill, inventory: Inventory, hold: Callable[[Path], int]) -> None:
    """Hold a drill while no other one is at work on the inventory, and leave with its exit status."""
    folder = drill_folder(inventory)
    with alone(folder, drill.item, "drill run"):
        status = hold(folder / drill.name)
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
        good = sum(run.state is RunState.SUCCEEDED for run in ended)
        close_drill(at, f"{good} of {count(len(ended), 'look')} found everything in order.")
    say_ended(incident, ended)
    return 0 if ended and good == len(ended) else 5 if good else 1


def _left(drill: Drill, done: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for action, systems in drill.looks.items():
        yield from ((action, system) for system in systems if (action, system) not in done)
