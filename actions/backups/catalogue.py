"""One catalogue over the backups of all systems, whatever takes them and wherever they lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

import msgspec

from actions.backups.engine import BackupEngine, BackupList, BackupSet
from actions.backups.engines import engine_of
from actions.backups.listing import what_is_wrong
from actions.backups.marks import Mark, Marked
from actions.backups.offsite.acting import is_copied, look_offsite
from actions.backups.offsite.findings import offsite_findings
from actions.backups.offsite.index import CopiedBackup
from actions.backups.offsite.look import Seen
from actions.context import ActionContext
from actions.inventory import Inventory
from actions.transport import NOT_REACHED
from journal.errors import CleoError
from journal.events.types import Finding

T = TypeVar("T")


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """The backups of one system.

    Attributes:
        system: its name in the inventory; ``type``: its type.
        backups: the list; None: it could not be read, ``trouble`` says why.
        marked: when each was verified and restored, by its label.
        holders: for whom they are held.
        findings: what a person must see to.
        trouble: what could not be read, in words; empty: nothing.
        cure: what helps against that; empty: nobody knows.
        unreadable: it is proven that they cannot be read: their host answered.
        site: where the system lives.
        offsite: what the second place has; None: there is none, or nobody could look.
        offsite_site: where that is; empty: there is none.
    """

    system: str
    type: str
    backups: BackupList | None = None
    marked: dict[str, Marked] = {}
    holders: Sequence[str] = ()
    findings: Sequence[Finding] = ()
    trouble: str = ""
    cure: str = ""
    unreadable: bool = False
    site: str = ""
    offsite: Seen | None = None
    offsite_site: str = ""

    @property
    def usable(self) -> list[BackupSet]:
        """The backups that a restore may take, the newest last."""
        return [each for each in self.backups.sets if not each.unusable] if self.backups else []

    @property
    def newest(self) -> BackupSet | None:
        """The newest backup that a restore may take."""
        return next(reversed(self.usable), None)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One backup in the catalogue. Instants are UTC; ``size`` is in bytes; the others are as `BackupSet` has them.

    ``restored`` is from its own place, ``restored_offsite`` from the second one: that took the fetch, too. ``where``
    names its places: the site of its system, or which of several repositories, and that of the second place.
    """

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
    restored_offsite: Mark | None
    where: Sequence[str]
    unusable: str


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
    found = []
    for one in listed:
        sets = list(one.backups.sets) if one.backups else []
        here = {each.label for each in sets}
        away = one.offsite.backups if one.offsite else {}
        found += [_row(one, each) for each in sets]
        found += [_row_away(one, label, away[label]) for label in away if label not in here]
    return sorted(found, key=lambda row: (row.system, row.ended_at))


def _listed(inventory: Inventory, system: str, ctx: ActionContext) -> Listed:
    type_ = inventory.systems[system].type if system in inventory.systems else ""
    try:
        engine = engine_of(inventory, system)
    except CleoError as error:
        return Listed(system=system, type=type_, trouble=error.message, cure=error.hint)
    troubles: list[CleoError] = []
    away = inventory.offsite if is_copied(ctx, engine) else None
    backups = _tried(lambda: engine.list(ctx, system), troubles)
    unreadable = bool(troubles) and not isinstance(troubles[0], NOT_REACHED)
    marked = _tried(lambda: _marks(engine, ctx), troubles) if backups else None
    hold = _tried(lambda: engine.read_hold(ctx, system), troubles) if backups else None
    seen = _tried(lambda: look_offsite(ctx), troubles) if away else None
    site = away.site if away else ""
    return Listed(
        system=system,
        type=type_,
        site=inventory.systems[system].site,
        offsite=seen,
        offsite_site=site,
        backups=backups,
        marked=dict(marked or {}),
        holders=hold.holders if hold else (),
        findings=[*(what_is_wrong(backups) if backups else ()), *_of_second_place(seen, site)],
        trouble="; ".join(dict.fromkeys(one.message for one in troubles)),
        cure=next((one.hint for one in troubles if one.hint), ""),
        unreadable=unreadable,
    )


def _of_second_place(seen: Seen | None, site: str) -> list[Finding]:
    """Return what a person must see to there; how it keeps files is said by who verifies."""
    return [one for one in offsite_findings(seen, site) if one.severity != "note"] if seen else []


def _tried(look: Callable[[], T], troubles: list[CleoError]) -> T | None:
    """Return what a look finds; None where nobody can look, and why is added to the troubles."""
    try:
        return look()
    except CleoError as error:
        troubles.append(error)
        return None


def _marks(engine: BackupEngine, ctx: ActionContext) -> Mapping[str, Marked]:
    marks = engine.marks(ctx, ctx.system)
    return marks.read() if marks else {}


def _row(one: Listed, each: BackupSet) -> Row:
    marked = one.marked.get(each.label, Marked())
    away = one.offsite is not None and each.label in one.offsite.backups and each.label not in one.offsite.broken
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
        restored_offsite=_restored_offsite(one, each.label),
        where=[each.place or one.site, *([one.offsite_site] if away else [])],
        unusable=each.unusable,
    )


def _restored_offsite(one: Listed, label: str) -> Mark | None:
    """Return what the last restore of a backup from the second place came to; None: there was none."""
    drills = one.offsite.drills if one.offsite else ()
    return next((each.mark for each in reversed(drills) if each.label == label), None)


def _row_away(one: Listed, label: str, copied: CopiedBackup) -> Row:
    """Return the row of a backup that is in the second place only."""
    why = one.offsite.broken.get(label, "") if one.offsite else ""
    marked = one.marked.get(label, Marked())
    return Row(
        system=one.system,
        type=one.type,
        id=label,
        kind=copied.kind,
        started_at=None,
        ended_at=copied.ended_at,
        size=copied.size,
        covers=None,
        builds_on="",
        verified=marked.verified,
        restored=marked.restored,
        restored_offsite=_restored_offsite(one, label),
        where=[one.offsite_site],
        unusable=f"is damaged in {one.offsite_site}: a file {why}" if why else "",
    )
