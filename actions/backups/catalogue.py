"""One catalogue over the backups of all systems, whatever takes them and wherever they lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import msgspec

from actions.backups.engine import BackupEngine, BackupList, BackupSet
from actions.backups.listing import what_is_wrong
from actions.backups.marks import Mark, Marked
from actions.context import ActionContext
from actions.inventory import Inventory
from actions.system_type import load
from journal.errors import CleoError
from journal.events.types import Finding


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """The backups of one system.

    Attributes:
        system: its name in the inventory; ``type``: its type.
        backups: the list; None: it could not be read, ``trouble`` says why.
        marked: when each was verified and restored, by its label.
        holders: for whom they are held.
        findings: what a person must see to.
        trouble: what could not be read, in words; empty: nothing.
    """

    system: str
    type: str
    backups: BackupList | None = None
    marked: dict[str, Marked] = {}
    holders: Sequence[str] = ()
    findings: Sequence[Finding] = ()
    trouble: str = ""

    @property
    def newest(self) -> BackupSet | None:
        """The newest backup that a restore may take."""
        usable = [each for each in self.backups.sets if not each.unusable] if self.backups else []
        return usable[-1] if usable else None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One backup in the catalogue. Instants are UTC; ``size`` is in bytes; the others are as `BackupSet` has them."""

    system: str
    type: str
    id: str
    kind: str
    started_at: datetime | None
    ended_at: datetime
    size: int
    covers: tuple[str, str] | None
    builds_on: str
    verified: Mark | None
    restored: Mark | None
    place: str
    unusable: str


def engine_of(inventory: Inventory, system: str) -> BackupEngine:
    """Return the engine of a system.

    Raises:
        UnknownTarget: there is no such system.
        CleoError: its type has no backups, or cannot be loaded.
    """
    type_ = inventory.type_of(system)
    if not type_.backups:
        raise CleoError(f"{system} has no backups that this program knows of.", f"{type_.title} has no engine.")
    engine: BackupEngine = load(type_.backups)
    return engine


def backed_up(inventory: Inventory) -> list[str]:
    """Return the systems whose backups this program knows of. A standby's are its primary's."""
    return [
        name
        for name, settings in inventory.systems.items()
        if not settings.standby_of and inventory.type_of(name).backups
    ]


def read_catalogue(
    inventory: Inventory, systems: Sequence[str], context: Callable[[str], ActionContext]
) -> list[Listed]:
    """Return the backups of each system; one that cannot be reached holds up no other.

    Args:
        inventory: the environment.
        systems: the systems.
        context: makes the context in which a system is looked at.
    """
    if not systems:
        return []
    with ThreadPoolExecutor(max_workers=len(systems)) as pool:
        return list(pool.map(lambda system: _listed(inventory, system, context(system)), systems))


def rows(listed: Sequence[Listed]) -> list[Row]:
    """Return every backup as a row of the catalogue: system by system, the oldest first."""
    return [_row(one, each) for one in listed if one.backups for each in one.backups.sets]


def _listed(inventory: Inventory, system: str, ctx: ActionContext) -> Listed:
    type_ = inventory.systems[system].type if system in inventory.systems else ""
    try:
        engine = engine_of(inventory, system)
        backups = engine.list(ctx, system)
    except CleoError as error:
        return Listed(system=system, type=type_, trouble=error.message)
    marked, holders, troubles = dict[str, Marked](), list[str](), []
    try:
        marks = engine.marks(ctx, system)
        marked = dict(marks.read()) if marks else {}
    except CleoError as error:
        troubles.append(error.message)
    try:
        holders = engine.read_hold(ctx, system).holders
    except CleoError as error:
        troubles.append(error.message)
    return Listed(
        system=system,
        type=type_,
        backups=backups,
        marked=marked,
        holders=holders,
        findings=what_is_wrong(backups),
        trouble="; ".join(troubles),
    )


def _row(one: Listed, each: BackupSet) -> Row:
    marked = one.marked.get(each.label, Marked())
    return Row(
        system=one.system,
        type=one.type,
        id=each.label,
        kind=each.kind,
        started_at=each.started_at,
        ended_at=each.ended_at,
        size=each.size,
        covers=each.covers,
        builds_on=each.builds_on,
        verified=marked.verified,
        restored=marked.restored,
        place=each.place,
        unusable=each.unusable,
    )
