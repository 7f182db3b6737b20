"""``cleo health``: measure every system of the inventory, with or without an incident."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import click
import msgspec

from cleo_console.cli.forms import SystemForm
from cleo_console.settings import paths
from journal.errors import CleoError
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from actions.health import Health
    from journal.events.exposure import Exposed

DEADLINE_S = 8.0


class NothingToMeasure(CleoError):
    """The inventory has no systems."""


@click.command()
@click.option(
    "--comprehensive", is_flag=True, help="Also look for damage: minutes, not seconds. Needs an open incident."
)
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
@click.pass_context
def health(ctx: click.Context, comprehensive: bool, as_json: bool) -> None:
    """Measure every system. Exit status 1 unless all are up.

    \b
    Example:
      cleo health
      cleo health --comprehensive
    """
    if comprehensive:
        from cleo_console.cli.run import run

        run.main(
            ["health.check", "--comprehensive", *(["--json"] if as_json else [])], standalone_mode=False, parent=ctx
        )
    from actions.overview.measurements import measure
    from actions.redaction import Redactor
    from cleo_console.cli.at_risk import exposed_now, look_at_copies, risk_words
    from cleo_console.world import inventory_at, no_systems, probes

    inventory = inventory_at(paths().inventory)
    systems = probes(inventory)
    if not systems:
        raise NothingToMeasure(*no_systems(inventory, paths().inventory, "measure"))
    with ThreadPoolExecutor(max_workers=len(systems) + 1) as pool:  # one that hangs holds up no other
        copies = pool.submit(look_at_copies, inventory, DEADLINE_S)
        looks = pool.map(lambda probe: measure(probe, DEADLINE_S, Redactor()), systems.values())
        found = dict(zip(systems, looks, strict=True))
        at_risk = exposed_now(inventory, found, copies.result())
    if as_json:
        forms = {name: _form(h, at_risk.get(name)) for name, h in found.items()}
        click.echo(msgspec.json.format(msgspec.json.encode(forms, enc_hook=str), indent=2).decode())
    else:
        width = max(14, *(len(name) + 2 for name in found))
        for name, h in found.items():
            click.echo(sanitize(f"{name:<{width}}{h.status:<15}{h.detail}"))
        for name, one in at_risk.items():
            click.echo(sanitize(f"{name:<{width}}at risk: {risk_words(one, inventory.systems[name].site)}"))
    sys.exit(0 if all(h.status == "up" for h in found.values()) else 1)


def _form(health: Health, at_risk: Exposed | None) -> SystemForm:
    return SystemForm(status=health.status, detail=health.detail, facts=health.facts, exposure=at_risk)
