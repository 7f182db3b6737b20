"""``cleo drill restore``: restores the newest backups into scratch instances, by hand or from cron."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.drill_incident import alone, begin_drill, close_drill, drill_folder, say_ended, went_well
from cleo_console.cli.incident_access import IncidentAccess, access_incident
from cleo_console.cli.run import follow_run, wait_for_inventory
from cleo_console.plans import restore_drill
from cleo_console.settings import paths
from journal.errors import CleoError
from journal.incident.affected import choice_of
from journal.incident.records import Run
from journal.plan.model import AFFECTED
from journal.wording.counting import count
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from actions.inventory import Inventory

_SCENARIO = "restore-drill"
_MEANT = "meant"
"""The plan's step that names the systems."""


class NoDrill(CleoError):
    """There is nothing that could be restored in a drill."""


@click.command("restore")
@click.option("--system", "systems", multiple=True, metavar="NAME", help="Only this system; may be repeated.")
@click.option(
    "--from",
    "source",
    type=click.Choice(["offsite"]),
    help="offsite: with nothing but what lies off site. Default: from the systems' own backups.",
)
@click.option("--on", metavar="HOST", default="", help="Another host of the inventory to work on.")
def restore(systems: tuple[str, ...], source: str | None, on: str) -> None:
    """Restore the newest backup of every system into a scratch instance, verify and measure it, and remove it.

    Systems of a type that has no drill are named, and left out. The real systems are not touched. It is journalled as
    an incident of kind DRILL (of a lab: LAB) that closes itself, and written beside the backup (cleo backup list). It
    prints a line a system. Exit status: 0 all were restored and are sound, 1 none, 2 asked wrongly, 4 another drill is
    at work, 5 some.

    \b
    Example:
      0 4 * * 0  cleo drill restore
    """
    inventory, meant = _systems(systems)
    params = _params(inventory, source or "", on)
    folder = drill_folder(inventory)
    with alone(folder, "restore drill", "drill restore"):
        runs = _drilled(folder, inventory, meant, params)
    for name in () if systems else _left_out(inventory, meant):
        click.echo(sanitize(f"{name}: not drilled: {inventory.type_of(name).title} has no restore drill."))
    good = [went_well(run) for run in runs]
    sys.exit(0 if all(good) else 5 if any(good) else 1)


def _systems(named: tuple[str, ...]) -> tuple[Inventory, list[str]]:
    """Return the inventory, and the systems that are meant.

    Raises:
        NoDrill: there is none.
        UsageError: one that is named cannot be restored in a drill.
    """
    from cleo_console.world import inventory_at

    inventory = inventory_at(paths().inventory)
    can = [
        name
        for name, settings in inventory.systems.items()
        if "drill" in _verbs(inventory, name) and not settings.standby_of
    ]
    if inventory.is_none:
        raise NoDrill(
            "There is no inventory, so there is nothing to restore in a drill.",
            "Name one in CLEO_INVENTORY; see the README.",
        )
    if not can:
        raise NoDrill("There is no system whose backup can be restored in a drill.", f"It can of {_types()}.")
    if unknown := [name for name in named if name not in can]:
        raise click.UsageError(f"No drill can restore {', '.join(unknown)}. It can restore {', '.join(can)}.")
    return inventory, list(dict.fromkeys(named)) or can


def _params(inventory: Inventory, source: str, on: str) -> dict[str, str]:
    """Return the drills' parameters, those alone that say something.

    Raises:
        UsageError: there is no such host.
    """
    if on and on not in inventory.hosts:
        raise click.UsageError(f"The inventory has no host {on}. It has: {', '.join(inventory.hosts) or 'none'}.")
    return {name: value for name, value in (("source", source), ("on", on)) if value}


def _types() -> str:
    """Return the types of system that can be restored in a drill."""
    from actions.system_types import system_types

    return ", ".join(type_.title for type_ in system_types().values() if f"{type_.name}.drill" in type_.actions)


def _left_out(inventory: Inventory, meant: list[str]) -> list[str]:
    """Return the systems with backups of their own of which none is tried."""
    return [
        name
        for name, settings in inventory.systems.items()
        if name not in meant and inventory.type_of(name).backups and not settings.standby_of
    ]


def _verbs(inventory: Inventory, system: str) -> set[str]:
    return {name.partition(".")[2] for name in inventory.type_of(system).actions}


def _drilled(folder: Path, inventory: Inventory, meant: list[str], params: dict[str, str]) -> list[Run]:
    """Drill, and close the incident; one that an earlier command did not see the end of is gone on with."""
    from journal.plan.load import load_plan

    incident = begin_drill(
        folder, inventory, "Restore drill", _SCENARIO, lambda at: load_plan(restore_drill(), at.catalogue())
    )
    with access_incident(incident) as at:
        at.services.ensure_runner(incident)
        wait_for_inventory(at)
        runs = [run.id for run in at.incident().runs.values() if run.action.endswith(".drill")]
        ended = [follow_run(at, run, quiet=True) for run in runs]
        done = {run.system for run in ended if run.params == params}
        _name(at, [*(run.system for run in ended), *meant])
        ended += [_drill(at, inventory, system, params) for system in meant if system not in done]
        _close(at, ended)
    say_ended(incident, ended)
    return ended


def _name(at: IncidentAccess, systems: list[str]) -> None:
    """Say in the journal which systems the drill is about: the steps of all others do not apply."""
    incident = at.incident()
    answer = ",".join(dict.fromkeys(choice for each in systems if (choice := choice_of(incident, each))))
    if answer and _MEANT in incident.plan.by_id and answer != incident.answers.get(AFFECTED):
        at.commands.decide(_MEANT, answer)


def _drill(at: IncidentAccess, inventory: Inventory, system: str, params: dict[str, str]) -> Run:
    """Drill one system: one after the other, so that no host carries two."""
    action = f"{inventory.type_of(system).name}.drill"
    run = at.commands.request_action(action, params, system=system)
    return follow_run(at, run, quiet=True)


def _close(at: IncidentAccess, ended: list[Run]) -> None:
    good = sum(went_well(run) for run in ended)
    close_drill(at, f"{good} of {count(len(ended), 'backup')} restored in a scratch instance, and sound.")
