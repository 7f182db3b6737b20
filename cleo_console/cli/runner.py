"""``cleo _runner``: the detached process that executes for one incident. The console starts it."""

from __future__ import annotations

import signal
from pathlib import Path

import click


@click.command("_runner", hidden=True)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def runner(folder: Path) -> None:
    """Execute for the incident in FOLDER until it is closed.

    \b
    Example:
      cleo _runner ~/.local/state/cleo/incidents/INC-2026-11-22-01
    """
    from actions.runner import Runner
    from actions.runner.inventory_watch import InventoryWatch
    from actions.runner.write_fault import WriteFaultFlag
    from cleo_console.settings import paths, runner_actor
    from cleo_console.world import inventory_at, real_world
    from journal.paths import IncidentPlace
    from journal.store.journal import Reader

    place = IncidentPlace(folder=folder.resolve())
    with Reader(place.journal) as reader:
        inventory = next(iter(reader.events())).body.inventory  # type: ignore[attr-defined]
    flag = WriteFaultFlag(place.folder)
    watch = InventoryWatch(Path(inventory) if inventory else None, lambda: real_world(inventory_at(inventory), paths()))
    at_work = Runner(place, watch.first(), actor=runner_actor(), on_fault=flag.raise_, watch=watch)
    # The terminal may go; the recovery goes on. An orderly shutdown of the machine is an end like any other.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: at_work.stop("the system asked it to stop (SIGTERM)"))
    try:
        at_work.run()
    finally:
        flag.lower()
