"""``cleo backup verify``, ``hold`` and ``release``, system by system."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from cleo_console.cli.backup_access import folder_of, looking, print_errors, stopping
from cleo_console.cli.backup_words import with_cure
from cleo_console.settings import asked_actor
from journal.errors import CleoError
from journal.wording.counting import count
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from actions.action import Action
    from actions.inventory import Inventory
    from journal.events.types import Cure, Finding


def verify_system(inventory: Inventory, system: str, *, full: bool, oldest: int) -> bool:
    """Verify the backups of one system; return whether nothing is wrong."""
    from actions.backups.listing import too_old
    from actions.backups.verify import verify as action

    ctx = looking(inventory, system, dry_run=not full, say=print_errors)
    try:
        with stopping([ctx]):
            outcome = action.function(ctx, full=full)
    except CleoError as error:
        click.echo(sanitize(f"{system}: could not be verified: {error}"), err=True)
        _tell_cures(system, getattr(error, "cures", []))
        return False
    more = [*locks_left(inventory, system), *too_old(outcome.facts, oldest)]
    site = inventory.offsite.site if inventory.offsite else ""
    here = [
        finding for finding in outcome.findings if not site or finding.about != site
    ]  # the copies are told after it
    good = _tell(system, outcome.summary, [*here, *more])
    _tell_cures(system, outcome.cures)
    return good and outcome.ok


def locks_left(inventory: Inventory, system: str) -> list[Finding]:
    """Return what the locks of a system's unattended backups tell: held for long, or by a process that died."""
    from actions.backups.unattended.lock import lock_findings

    folder, now = folder_of(inventory, system), datetime.now(UTC)
    return [*lock_findings(folder, now), *lock_findings(folder / "offsite", now)]


def _tell_cures(system: str, cures: Sequence[Cure]) -> None:
    """Print what helps, as commands where there are such."""
    for cure in cures:
        command = f" (cleo backup fetch --system {system})" if cure.action == "backups.fetch" else ""
        click.echo(sanitize(f"  helps: {cure.words.rstrip('.')}{command}."))


def verify_offsite(inventory: Inventory, system: str, *, full: bool) -> bool:
    """Look at the second place of one system; return whether nothing is wrong."""
    from actions.backups.engines import engine_of
    from actions.backups.offsite.acting import is_copied, look_offsite
    from actions.backups.offsite.findings import offsite_findings

    site = inventory.offsite.site if inventory.offsite else ""
    ctx = looking(inventory, system, dry_run=not full)
    try:
        if not is_copied(ctx, engine_of(inventory, system)):
            return True
        with stopping([ctx]):
            seen = look_offsite(ctx, full=full)
    except CleoError as error:
        click.echo(sanitize(f"{system}: {site} could not be looked at: {error}"), err=True)
        return False
    depth = "every file read" if seen.full else "files not read"
    words = f"{site}: {count(len(seen.backups), 'backup')}, {seen.files} files of {seen.bytes} bytes ({depth})"
    return _tell(system, words, offsite_findings(seen, site))


def _tell(system: str, summary: str, findings: Sequence[Finding]) -> bool:
    """Print what was found; return whether nothing of it is wrong."""
    click.echo(sanitize(f"{system}: {summary}"))
    for finding in findings:
        click.echo(sanitize(f"  {finding.severity}: {with_cure(finding)}"))
    return not any(finding.severity == "wrong" for finding in findings)


def acted(action: Action, inventory: Inventory, system: str) -> bool:
    """Run ``backups.hold`` or ``backups.release`` for the person who sits here; return whether it did its work."""
    from actions.backups.hold_file import PERSON

    me = PERSON + "-".join(asked_actor().split())
    ctx = looking(inventory, system, dry_run=False, by=me, say=print_errors)
    try:
        outcome = action.function(ctx)
    except CleoError as error:
        click.echo(sanitize(f"{system}: {error}"), err=True)
        return False
    words = outcome.summary.replace("This incident's", "Your").replace("this incident", "you")
    return _tell(system, words, outcome.findings) and outcome.ok
