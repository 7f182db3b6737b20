"""How long a restore takes, by the last one that was measured: a drill, or a restore in an incident."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from actions.backups.engine import BackupSet
from actions.backups.engines import engine_of
from actions.backups.marks import Mark
from actions.backups.offsite.acting import is_copied, look_offsite
from actions.backups.offsite.index import restored_size
from actions.backups.offsite.look import Seen
from journal.errors import CleoError
from journal.incident.restore_time import RestoreTime

if TYPE_CHECKING:
    from actions.context import ActionContext


def restore_time_facts(ctx: ActionContext, system: str, sets: Sequence[BackupSet]) -> Mapping[str, Any]:
    """Return the facts of a look at a system's backups on how long the last measured restore took; else none.

    Args:
        ctx: the action's context.
        system: the system.
        sets: its backups, the oldest first, as they were listed.
    """
    found = last_restore(ctx, system, sets)
    return found.facts() if found else {}


def last_restore(ctx: ActionContext, system: str, sets: Sequence[BackupSet]) -> RestoreTime | None:
    """Return the newest measured restore that is written beside a system's backups. What cannot be read is said.

    Where none of them can be used a restore begins in the second place: what one from there took counts.

    Args:
        ctx: the action's context.
        system: the system.
        sets: its backups, the oldest first, as they were listed.
    """
    if all(each.unusable for each in sets) and (away := _last_from_offsite(ctx, system)):
        return away
    try:
        marks = engine_of(ctx.inventory, system).marks(ctx, system)
        known = marks.read() if marks else {}
    except CleoError as error:
        ctx.log(f"How long a restore takes is not known: {error.message}", "err")
        return None
    measured = [(found.measured, label) for label, found in known.items() if found.measured]
    if not measured:
        return None
    mark, label = max(measured, key=lambda each: each[0].at)
    return RestoreTime(
        label=label,
        at=mark.at,
        seconds=mark.seconds,
        drill=mark.facts.get("drill") is True,
        by=mark.by,
        size=_size(sets, label, mark),
        now=_size_now(sets),
    )


def say_last_restore(ctx: ActionContext) -> None:
    """Say how long the last restore of the run's system took that is written beside its backups; else nothing.

    A dry run also compares sizes, for which the backups are listed once more.
    """
    try:
        sets = engine_of(ctx.inventory, ctx.system).list(ctx, ctx.system).sets if ctx.dry_run else ()
    except CleoError as error:
        ctx.log(f"How long a restore takes is not known: {error.message}", "err")
        return
    if found := last_restore(ctx, ctx.system, sets):
        ctx.log(f"How long a restore takes: {found} (backup {found.label}).")


@contextmanager
def offsite_where_unlisted(ctx: ActionContext, system: str, facts: dict[str, Any]) -> Iterator[None]:
    """Add how long a restore from the second place took, where the block cannot list a system's backups.

    Args:
        ctx: the action's context.
        system: the system.
        facts: what it is added to.
    """
    try:
        yield
    except CleoError:
        facts |= restore_time_facts(ctx, system, ())
        raise


def _last_from_offsite(ctx: ActionContext, system: str) -> RestoreTime | None:
    """Return the last measured restore from the second place; None where there is none, or nobody can look."""
    try:
        if not ctx.inventory.offsite or not is_copied(ctx, engine_of(ctx.inventory, system)):
            return None
        seen = look_offsite(ctx, index_only=True)
    except CleoError as error:
        ctx.log(f"How long a restore from the second place takes is not known: {error.message}", "err")
        return None
    return offsite_time(seen)


def offsite_time(seen: Seen) -> RestoreTime | None:
    """Return the last restore from the second place that was measured, by a look at it; None where none was."""
    if (found := seen.measured) is None:
        return None
    newest = max(seen.backups, key=lambda label: seen.backups[label].ended_at, default="")
    size = found.mark.facts.get("bytes")
    return RestoreTime(
        label=found.label,
        at=found.mark.at,
        seconds=found.mark.seconds,
        drill=True,
        offsite=True,
        by=found.mark.by,
        size=size if isinstance(size, int) else 0,
        now=restored_size(seen.backups, newest) if newest else 0,
    )


def _size(sets: Sequence[BackupSet], label: str, mark: Mark) -> int:
    """Return the size of the backup that was restored, as it is listed; else what the restore noted."""
    listed = next((each.size for each in sets if each.label == label), 0)
    noted = mark.facts.get("bytes")
    return listed or (noted if isinstance(noted, int) else 0)


def _size_now(sets: Sequence[BackupSet]) -> int:
    """Return the size of what a restore would take: the newest backup, or the one that it builds on, if that is more.

    What lies between them (slices of log) counts for little.
    """
    usable = [each for each in sets if not each.unusable]
    whole = [each for each in usable if not each.builds_on]
    return max((each.size for each in (*usable[-1:], *whole[-1:])), default=0)
