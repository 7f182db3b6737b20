"""``cleo drill answers``: what a drill will ask, as a file to be looked at and given to it."""

from __future__ import annotations

import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cleo_console.cli.drill_incident import drill_declaration
from cleo_console.cli.drill_run import drill_here
from cleo_console.settings import plan_file
from journal.errors import CleoError
from journal.events.types import InventoryRead
from journal.incident.interlock import word_to_type
from journal.wording.sanitize import sanitize_lines

if TYPE_CHECKING:
    from actions.inventory import Inventory
    from actions.readiness.reading import ReadingWays
    from cleo_console.drills.catalogue import Drill
    from cleo_console.drills.questions import TargetOf
    from journal.incident.state import Incident
    from journal.plan.model import Plan
    from journal.plan.read import LoadedPlan

_LOOKS_S = 60.0


@click.command("answers")
@click.argument("name")
@click.option("--scenario", metavar="NAME", default="", help="Of the plan; default: the first that shows the test.")
def answers(name: str, scenario: str) -> None:
    """Print what a drill will ask, with what is proposed, as a file of answers for `cleo drill run`.

    It reads the plan, the inventory, and who the systems say they are; it changes nothing and declares nothing.

    \b
    Example:
      cleo drill answers failover-simulation > failover.yaml
      cleo drill answers cross-region-failover --scenario natural-disaster
    """
    from actions.readiness.reading import ReadingWays
    from actions.registry import catalogue
    from cleo_console.drills.questions import questions
    from cleo_console.drills.template import template
    from journal.plan.load import load_plan

    drill, inventory = drill_here(name)
    if drill.how != "walk":
        raise click.UsageError(f"{drill.item} takes no answers: {drill.words}")
    loaded = load_plan(plan_file(), catalogue())
    incident = _supposed(drill, inventory, loaded, _scenario(drill, loaded.plan, scenario))
    with closing(ReadingWays(inventory, _LOOKS_S)) as ways:
        asked = questions(incident, drill, catalogue(), _targets(inventory, ways))
    click.echo(sanitize_lines(template(drill.name, drill.item, inventory.name, incident.scenario, asked)).rstrip())


def _scenario(drill: Drill, plan: Plan, asked: str) -> str:
    known = drill.scenarios or [*plan.scenarios]
    if asked and asked not in known:
        raise click.UsageError(f"{asked} does not show this test. These do: {', '.join(known)}")
    return asked or known[0]


def _supposed(drill: Drill, inventory: Inventory, loaded: LoadedPlan, scenario: str) -> Incident:
    """Return the incident as it would be declared: made in a folder that is removed at once."""
    from actions.inventory_read import with_systems
    from journal.commands.declare import declare
    from journal.incident.fold import fold_journal
    from journal.paths import Paths

    declaration = drill_declaration(inventory, drill.item, scenario, loaded.plan)
    read = with_systems(InventoryRead(path=inventory.name, sha256="supposed"), inventory, loaded.plan.systems)
    with tempfile.TemporaryDirectory() as folder:
        at = Paths(incidents=Path(folder) / "incidents", locks=Path(folder) / "locks")
        return fold_journal(declare(at, loaded, declaration, actor="cleo drill answers", read=read).journal)


def _targets(inventory: Inventory, ways: ReadingWays) -> TargetOf:
    """Return what asks the systems who they are, each action as it does before its dry run; it only reads."""
    from actions.readiness.reading import ReadingContext
    from actions.registry import registry

    actions = registry()

    def target(action: str, system: str) -> str:
        known = actions.get(action)
        if known is None or known.target is None:
            return ""
        with suppress(CleoError):  # it cannot be told now: the drill stops there, and says it
            return word_to_type(known.target(ReadingContext(inventory, system, ways)))
        return ""

    return target
