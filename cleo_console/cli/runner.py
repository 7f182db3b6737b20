"""``cleo _runner``: the detached process that executes for one incident. The console starts it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from actions.runner import Runner
    from actions.tabletop import Table
    from journal.paths import IncidentPlace


@click.command("_runner", hidden=True)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def runner(folder: Path) -> None:
    """Execute for the incident in FOLDER until it is closed.

    \b
    Example:
      cleo _runner ~/.local/state/cleo/incidents/INC-2026-11-22-01
    """
    from actions.machine.signals import told
    from actions.runner.write_fault import WriteFaultFlag
    from journal.events.types import IncidentDeclared, Kind
    from journal.paths import IncidentPlace
    from journal.store.journal import Reader

    place = IncidentPlace(folder=folder.resolve())
    with Reader(place.journal) as reader:
        declared = next(iter(reader.events())).body
    assert isinstance(declared, IncidentDeclared)
    flag = WriteFaultFlag(place.folder)
    of_its_kind = _table if declared.kind is Kind.TABLETOP else _runner
    at_work = of_its_kind(place, declared.inventory, flag.raise_)
    # The terminal may go; the recovery goes on. An orderly shutdown of the machine is an end like any other.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with told([signal.SIGTERM], lambda: at_work.stop("the system asked it to stop (SIGTERM)")):
        try:
            at_work.run()
        finally:
            flag.lower()


def _runner(place: IncidentPlace, inventory: str, on_fault: Callable[[str], None]) -> Runner:
    """Return the runner that reaches the inventory's systems."""
    from actions.runner import Runner
    from actions.runner.inventory_watch import InventoryWatch
    from cleo_console.settings import paths, runner_actor
    from cleo_console.world import inventory_at, real_world

    watch = InventoryWatch(Path(inventory) if inventory else None, lambda: real_world(inventory_at(inventory), paths()))
    return Runner(place, watch.first(), actor=runner_actor(), on_fault=on_fault, watch=watch)


def _table(place: IncidentPlace, inventory: str, on_fault: Callable[[str], None]) -> Table:
    """Return the table at which an exercise is played: no driver in it could reach anything."""
    from actions.registry import catalogue
    from actions.tabletop import Table
    from cleo_console.settings import runner_actor

    table = Table(place, catalogue(), actor=runner_actor(), on_fault=on_fault)
    table.end_when_left()
    return table
