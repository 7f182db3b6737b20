"""What the commands of ``cleo backup`` share: the systems that are meant, their folders, and being stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from actions.machine.signals import ENDS, told
from cleo_console.settings import home, paths
from journal.errors import CleoError
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from actions.backups.unattended.context import UnattendedContext
    from actions.inventory import Inventory


class NoSuchBackups(CleoError):
    """The inventory has no such system, or none with backups."""


def systems_meant(named: Sequence[str]) -> tuple[Inventory, list[str]]:
    """Return the inventory, and the systems that are meant.

    Raises:
        NoSuchBackups: there is none, or one that is named has no backups.
    """
    from actions.backups.engines import backed_up
    from cleo_console.world import inventory_at

    inventory = inventory_at(paths().inventory)
    have = backed_up(inventory)
    if not have:
        raise NoSuchBackups(
            "There is no system whose backups this program knows of.", "Name an inventory in CLEO_INVENTORY."
        )
    if unknown := [name for name in named if name not in have]:
        raise NoSuchBackups(
            f"There are no backups of {', '.join(unknown)}.", f"There are backups of {', '.join(have)}."
        )
    return inventory, list(dict.fromkeys(named)) or have


def folder_of(inventory: Inventory, system: str) -> Path:
    """Return where unattended backups of a system keep lock, spools and last log on this machine."""
    return home() / "backups" / inventory.name / system


def looking(
    inventory: Inventory,
    system: str,
    *,
    dry_run: bool = True,
    by: str = "cleo-backup-verify",
    say: Callable[[str, str], None] = lambda text, stream: None,
) -> UnattendedContext:
    """Return a context to look at a system with, or to verify it where it is no dry run."""
    from actions.backups.unattended.context import UnattendedContext

    folder = folder_of(inventory, system)
    return UnattendedContext(inventory, system, folder, by=by, dry_run=dry_run, say=say)


def print_errors(text: str, stream: str) -> None:
    """Print what went wrong of what an engine says."""
    if stream == "err":
        click.echo(sanitize(f"  {text}"), err=True)


@contextmanager
def stopping(at_work: list[UnattendedContext], waiting: Event | None = None) -> Iterator[None]:
    """End what runs, with its programs, when we are asked to end, and whoever waits to begin."""

    def stop() -> None:
        if waiting:
            waiting.set()
        for ctx in at_work:
            ctx.cancel()

    with told(ENDS, stop):
        yield
