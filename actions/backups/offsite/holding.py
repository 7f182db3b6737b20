"""A hold in the second place: where a system's own host is silent, its backups are held by one that stands by for it.

Whoever copies there, takes backups or has them expire by `cleo backup run` looks at it: the silent host, too, once it
is back. It is a file for each holder, ``<system>.hold/…``, beside the copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from actions.backups.engine import BackupEngine
from actions.backups.engines import engine_of
from actions.backups.hold_file import part_of
from actions.backups.holding import HoldPart
from actions.backups.offsite.acting import is_copied, reached_by
from actions.backups.offsite.standby import at_standby
from actions.backups.programs import program_on
from actions.backups.repository.hold_text import add_holder, read_hold_text, remove_holder
from actions.backups.repository.settings import RepositorySettings
from actions.backups.storage.storage import Where
from actions.context import ActionContext
from actions.inventory import Inventory
from actions.outcome import ActionFailed
from journal.errors import CleoError


@dataclass
class _Place:
    """The second place of one system's copies, as one host reaches it."""

    ctx: ActionContext
    system: str
    host: str
    where: Where
    settings: RepositorySettings
    in_bucket = True

    @property
    def folder(self) -> str:
        return f"{self.where.place.rstrip('/')}/{self.system}"

    @property
    def hold_file(self) -> str:
        return f"{self.folder}.hold"

    def program(self, module: str) -> list[str]:
        return program_on(self.ctx, self.host, self.settings.python, module)


def hold_offsite(ctx: ActionContext) -> str:
    """Hold the backups of the context's system in the second place, by the host of one that stands by for it.

    Returns:
        By the host of which system; empty: there is no second place, or nobody reaches it.
    """
    me = ctx.incident.id
    for name, place in _places(ctx):
        try:
            if me not in _part(place).incidents and ctx.effect(f"write {place.hold_file}, by the host of {name}"):
                add_holder(place, me)
            if not ctx.dry_run and me not in _part(place).incidents:
                raise ActionFailed(f"The hold was written into {place.hold_file}, and does not stand.")
        except CleoError as error:
            ctx.log(f"The second place cannot be held by the host of {name}: {error.message}", "err")
        else:
            return name
    return ""


def held_offsite(ctx: ActionContext, engine: BackupEngine) -> Sequence[str]:
    """Return for whom the backups of the context's system are held in the second place, as its own host sees it.

    Raises:
        CleoError: nobody can look.
    """
    if ctx.inventory.offsite is None or not is_copied(ctx, engine):
        return []
    part = _part(_place(ctx, ctx.system))
    return [*part.incidents, *part.others]


def seen_offsite(ctx: ActionContext) -> Sequence[str] | None:
    """Return for whom they are held there, as a host sees it that stands by; None: nobody can look."""
    for name, place in _places(ctx):
        try:
            part = _part(place)
        except CleoError as error:
            ctx.log(f"The second place cannot be looked at by the host of {name}: {error.message}", "err")
        else:
            return [*part.incidents, *part.others]
    return None


def release_offsite(ctx: ActionContext) -> bool:
    """Give up this incident's hold in the second place, on the backups of the system and of what it took over from.

    Returns:
        Whether there was one.

    Raises:
        CleoError: one stands, and cannot be given up.
    """
    me, there = ctx.incident.id, False
    if ctx.inventory.offsite is None or not is_copied(ctx, engine_of(ctx.inventory, ctx.system)):
        return False
    for system in [ctx.system, *related(ctx.inventory, ctx.system)]:
        place = _place(ctx, system)
        if me in _part(place).incidents:
            there = True
            if ctx.effect(f"give up the hold in {place.hold_file}"):
                remove_holder(place, me)
    return there


def related(inventory: Inventory, system: str) -> list[str]:
    """Return what stands by for a system, and what it stands by for."""
    own = inventory.systems[system]
    systems = inventory.systems.items()
    return [name for name, one in systems if one.standby_of == system or (own.standby_of and name == own.standby_of)]


def _places(ctx: ActionContext) -> Iterator[tuple[str, _Place]]:
    """Yield the second place of the context's system as the host of each sees it that stands by for it."""
    if ctx.inventory.offsite is None:
        return
    for name in related(ctx.inventory, ctx.system):
        try:
            yield name, _place(at_standby(ctx, name), ctx.system)
        except CleoError as error:
            ctx.log(f"The host of {name} does not reach the second place: {error.message}", "err")


def _place(ctx: ActionContext, system: str) -> _Place:
    """Return the second place of a system's copies as the host of the context's system reaches it."""
    source, where = reached_by(ctx)
    settings = RepositorySettings(run_as=source.user, python=source.python)
    return _Place(ctx, system, source.host, where, settings)


def _part(place: _Place) -> HoldPart:
    return part_of(read_hold_text(place), place.system)
