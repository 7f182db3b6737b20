"""Random keys over a real lab with a runner, and a look whether its server is as the journal says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cleo_console.app import CleoApp
from cleo_console.app_services import ConsoleServices
from cleo_console.world import inventory_at, real_world
from journal.commands.declare import Declaration
from journal.events.types import Kind
from journal.incident.fold import fold_journal
from journal.paths import Paths
from tests.actions.worlds import running
from tests.labs import Lab
from tests.screens.driving import Console
from tests.screens.mashing import Masher, not_here


async def mash_lab(lab: Lab, folder: Path, seed: int, steps: int) -> None:
    """Press random keys in a console on a real lab, with a runner; then compare the journal with the server.

    Args:
        lab: a lab that is up.
        folder: an empty one, for the incident.
        seed: what the keys follow from.
        steps: how many keys.
    """
    rows = lab.psql("SELECT count(*) FROM messages")
    paths = Paths(incidents=folder / "incidents", locks=folder / "locks", inventory=lab.inventory_path)
    services = ConsoleServices(paths, "ana@bastion")
    now = datetime.now(UTC)
    about = {"title": "a test", "scenario": "database-failure", "severity": "high", "kind": Kind.LAB}
    incident_id = services.declare(Declaration(**about, began_at=now - timedelta(minutes=4), discovered_at=now))
    place = services.place(incident_id)
    services.declare = not_here  # type: ignore[method-assign]
    app = CleoApp(services, incident_id)
    with running(place, real_world(inventory_at(paths.inventory), paths)):
        async with app.run_test(size=(80, 24)) as pilot:
            seen = Console(pilot, services)
            await seen.sees("NEXT")
            await Masher(seen, place.journal, seed, None).mash(steps)
    incident = fold_journal(place.journal)
    destructive = {step.id for step in incident.plan.steps() if step.destructive}
    harmed = [run for run in incident.runs.values() if run.step in destructive and run.started_at and not run.dry_run]
    assert all(run.confirmed for run in harmed)
    if not harmed:
        assert lab.psql("SELECT count(*) FROM messages") == rows
    assert lab.facts["held"] == any(held.undone_by == "backups.release" for held in incident.in_force.values())
