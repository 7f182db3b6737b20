"""The incident of a drill that runs unattended: declared, gone on with where it was left, closed by itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from cleo_console.app_services import ConsoleServices, acting_services
from cleo_console.settings import home
from journal.errors import CleoError
from journal.events.types import Kind
from journal.incident.closing import phrase, remaining
from journal.incident.fold import fold_journal
from journal.incident.records import Run, RunState
from journal.store.whole_file import replace_whole
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from actions.inventory import Inventory
    from cleo_console.cli.incident_access import IncidentAccess
    from journal.commands.declare import Declaration
    from journal.incident.state import Incident
    from journal.plan.model import Plan
    from journal.plan.read import LoadedPlan

_LAST = "incident"
"""The file that names the last drill's incident, so that one whose command was killed is gone on with."""
_CLOSES = 10
_CLEANED, _END = "clean-up", "ended"
"""The file that names the incident whose clean-up began last, the journal's last event by then, and how far it was."""


def drill_folder(inventory: Inventory) -> Path:
    """Return where it is kept which drill of an inventory is at work, and which was the last."""
    return home() / "drills" / inventory.name


@contextmanager
def alone(folder: Path, what: str, command: str) -> Iterator[None]:
    """Hold the lock of an inventory's drills; leave with exit status 4 where another drill is at work.

    Args:
        folder: of the inventory's drills.
        what: who comes second is told that this is at work.
        command: says that it cannot begin.
    """
    from actions.backups.unattended.lock import LockHeld, locked

    try:
        with locked(folder, what) as lock:
            lock.take()
            yield
    except LockHeld as error:
        click.echo(sanitize(f"{command}: {error.message}"), err=True)
        sys.exit(4)


def begin_drill(
    folder: Path, inventory: Inventory, title: str, scenario: str, plan: Callable[[ConsoleServices], LoadedPlan]
) -> str:
    """Return the incident of a drill: the last one, where it was not closed, else a new one of kind DRILL or LAB.

    Args:
        folder: which was the last is written down in there.
        inventory: what the drill works on.
        title: what a new one is called.
        scenario: of its plan.
        plan: makes the plan that a new one goes by.

    Raises:
        CleoError: the inventory allows no drill, or it cannot be declared.
    """
    services = acting_services()
    last = unfinished(services, folder)
    return last.id if last else declare_drill(services, folder, inventory, title, scenario, plan(services))


def unfinished(services: ConsoleServices, folder: Path) -> Incident | None:
    """Return the last drill's incident, where it was not closed; None: it was."""
    try:
        last = fold_journal(services.place((folder / _LAST).read_text(encoding="utf-8").strip()).journal)
    except (FileNotFoundError, CleoError):
        return None  # there is none, it is gone, or cannot be read: a new one is begun
    return None if last.closed_at else last


class NoDrillsHere(CleoError):
    """The inventory allows no drill."""


class CleanUpBegun(NamedTuple):
    """That an incident's clean-up began: the journal's last event by then, and whether the plan's end was reached."""

    seq: int
    at_the_end: bool


def clean_up_began(folder: Path, incident: str) -> CleanUpBegun | None:
    """Return how an incident's clean-up began; None: it did not."""
    try:
        of, seq, at_the_end = (folder / _CLEANED).read_text(encoding="utf-8").split()
    except (FileNotFoundError, ValueError):
        return None
    return CleanUpBegun(int(seq), at_the_end == _END) if of == incident else None


def begin_clean_up(folder: Path, incident: str, seq: int, *, at_the_end: bool) -> CleanUpBegun:
    """Write down, before anything of it is done, that an incident's clean-up begins; return how it first began."""
    begun = clean_up_began(folder, incident)
    if begun is None:
        replace_whole(folder / _CLEANED, f"{incident} {seq} {_END if at_the_end else 'stopped'}".encode())
    return begun or CleanUpBegun(seq, at_the_end)


def drill_declaration(inventory: Inventory, title: str, scenario: str, plan: Plan) -> Declaration:
    """Return what a drill is declared with, now."""
    from journal.commands.declare import Declaration

    now = datetime.now(UTC)
    return Declaration(
        title=title,
        scenario=scenario,
        severity=plan.scenarios[scenario].severity,
        kind=Kind.LAB if inventory.lab else Kind.DRILL,
        began_at=now,
        discovered_at=now,
    )


def declare_drill(
    services: ConsoleServices, folder: Path, inventory: Inventory, title: str, scenario: str, plan: LoadedPlan
) -> str:
    """Declare a drill, write down that it is the last one, and return its incident; the rest is as of `begin_drill`."""
    _require_drills(inventory)
    incident = services.declare_by(plan, drill_declaration(inventory, title, scenario, plan.plan))
    folder.mkdir(parents=True, exist_ok=True)
    replace_whole(folder / _LAST, incident.encode())
    return incident


def _require_drills(inventory: Inventory) -> None:
    """Refuse to begin a drill on an inventory that allows none.

    Raises:
        NoDrillsHere: it does not.
    """
    if not inventory.lab and Kind.DRILL not in inventory.allows:
        raise NoDrillsHere(
            f"The inventory {inventory.name} does not allow DRILL: no drill is begun on its systems.",
            "Where drills may be held on them, add DRILL to its allows:; else name another one (CLEO_INVENTORY).",
        )


def close_drill(at: IncidentAccess, summary: str) -> None:
    """Close a drill's incident, over whatever is not in order: its outcome says how much that is.

    Its runner goes on measuring meanwhile: what is not in order is read anew where that changed it.

    Raises:
        StillOpen: it changes each time.
    """
    from journal.commands.incident import StillOpen

    for tries in range(_CLOSES):
        try:
            at.commands.close(summary, phrase(remaining(at.incident())))
            break
        except StillOpen:
            if tries + 1 == _CLOSES:
                raise
    at.say_unwitnessed()


def say_ended(incident: str, ended: Sequence[Run]) -> None:
    """Print how each run of a drill ended, and where its report is."""
    for run in ended:
        part = f", in part ({run.partial})" if run.partial else ""
        click.echo(sanitize(f"{run.system}: {run.state}{part}: {said(run)}"))
    click.echo(f"{incident} is closed; its report: cleo report {incident}")


def went_well(run: Run) -> bool:
    """Return whether a run of a drill did all of what it is for: a look at a part proves nothing."""
    return run.state is RunState.SUCCEEDED and not run.partial


def said(run: Run) -> str:
    """Return how a run of a drill ended, or why it was not begun."""
    return run.summary or (run.refusal.message if run.refusal else run.in_doubt)
