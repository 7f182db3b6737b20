"""``cleo demo``: the console on a small simulated world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from cleo_console.cli.console import check_terminal


@click.command()
@click.option(
    "--scenario", default="database-failure", show_default=True, help="The plan's scenario; see: cleo plan show"
)
@click.option(
    "--speed", type=click.FloatRange(min=0.1, max=1000), default=4.0, show_default=True, help="Times faster than life."
)
def demo(scenario: str, speed: float) -> None:
    """Open the console on a tabletop incident: the same plan, journal and report, and no real system in reach.

    \b
    Example:
      cleo demo
      cleo demo --scenario infrastructure-failure --speed 10
    """
    check_terminal()
    from cleo_console.app import CleoApp
    from cleo_console.demo import DemoHost
    from cleo_console.settings import actor
    from journal.declare import Declaration
    from journal.events import Kind

    with DemoHost(actor(), speed) as at:
        now = datetime.now(UTC)
        known = at.plan().scenarios.get(scenario)
        declaration = Declaration(
            title=f"Tabletop: {known.title.lower() if known else scenario}",
            scenario=scenario,
            severity=known.severity if known else "",
            kind=Kind.TABLETOP,
            began_at=now - timedelta(minutes=4),
            discovered_at=now - timedelta(minutes=1),
        )
        incident_id = at.declare(declaration)
        CleoApp(at, open_incident=incident_id).run()
    journal = at.places.incident(incident_id).journal
    click.echo(f"The journal of this tabletop: {journal}\nIts report: cleo report {journal} -o report.html")
