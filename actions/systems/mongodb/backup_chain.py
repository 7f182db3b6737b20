"""Which backups lead to a recovery point: a full one, and the slices of oplog behind it, one joining the other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import msgspec

from actions.backups.repository.entry import Entry
from actions.backups.repository.place import Stored
from actions.systems.mongodb.oplog_position import instant_of, parse_position
from journal.incident.recovery_point import RecoveryPoint

_DUMP_POSITION = "read_at"
"""The fact of a full backup that names the position at which all of it was read, where there is one."""


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """A full backup and what is replayed over it.

    Attributes:
        full: the dump.
        slices: incremental backups, in their order: each begins with the entry that the one before it ends with.
        gap: what is missing behind it, though there is later oplog; empty: nothing is.
    """

    full: Entry
    slices: Sequence[Entry] = ()
    gap: str = ""

    @property
    def begins(self) -> str:
        """The first position that it can be restored to."""
        return str(self.full.facts.get(_DUMP_POSITION) or "") or self.dump_ends

    @property
    def dump_ends(self) -> str:
        """The position that the dump's own oplog leads to."""
        return self.full.covers.to if self.full.covers else ""

    @property
    def ends(self) -> str:
        """The last position that it leads to."""
        last = (self.slices or [self.full])[-1]
        return last.covers.to if last.covers else ""

    @property
    def until(self) -> datetime | None:
        """When the last entry was written that it leads to."""
        return (self.slices or [self.full])[-1].consistent_at

    @property
    def backups(self) -> list[Entry]:
        """All of it."""
        return [self.full, *self.slices]

    @property
    def reach(self) -> str:
        """From when to when it leads, in words."""
        until = f"{self.until.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if self.until else "an instant that is not known"
        return f"{instant_of(self.begins):%Y-%m-%d %H:%M:%S} to {until} (oplog {self.begins} to {self.ends})"


def order(position: str) -> tuple[int, int]:
    """Return a position as something that can be compared; none is before all others."""
    at = parse_position(position) if position else None
    return (at.time, at.inc) if at else (0, 0)


def chains(stored: Sequence[Stored], damaged: Collection[str] = ()) -> list[Chain]:
    """Return what each usable full backup leads to, the newest first.

    Args:
        stored: all backups, the oldest first.
        damaged: ids of those that were read and are not what they were.
    """
    usable = [one.entry for one in stored if not one.wrong and one.entry.id not in damaged and one.entry.covers]
    slices = sorted((one for one in usable if one.kind == "incremental"), key=_from)
    lost = [one.entry for one in stored if one.entry not in usable and one.entry.kind == "incremental"]
    fulls = [one for one in usable if one.kind == "full"]
    return [_chain(full, slices, lost) for full in sorted(fulls, key=_to, reverse=True)]


def _chain(full: Entry, slices: Sequence[Entry], lost: Sequence[Entry]) -> Chain:
    ends, mine = _to(full), list[Entry]()
    for each in slices:
        if _from(each) <= ends <= _to(each):
            mine.append(each)
            ends = _to(each)
    later = [each for each in slices if _from(each) > ends]
    chain = Chain(full=full, slices=mine)
    if not later:
        return chain
    missing = [each.id for each in lost if ends <= order(each.covers.from_ if each.covers else "") <= _from(later[0])]
    why = f"{', '.join(missing)} cannot be used" if missing else "nothing was saved of what lies between"
    start = later[0].covers.from_ if later[0].covers else ""
    gap = f"the oplog ends at {chain.ends}, and goes on at {start} ({later[0].id}): {why}"
    return msgspec.structs.replace(chain, gap=gap)


def leads_to(chain: Chain, point: RecoveryPoint) -> bool:
    """Whether a chain begins before a recovery point: only its end may be short of it."""
    if point.latest:
        return True
    if point.kind == "backup":
        return point.value in [one.id for one in chain.backups]
    if point.instant:
        return instant_of(chain.begins) < point.instant
    return order(chain.begins) <= order(point.value)


def falls_short(chain: Chain, point: RecoveryPoint) -> bool:
    """Whether a chain ends before a recovery point."""
    if point.latest or point.kind == "backup":
        return bool(chain.gap) and point.latest
    if point.instant:
        return chain.until is None or chain.until < point.instant
    return order(chain.ends) < order(point.value)


def cut(chain: Chain, point: RecoveryPoint) -> Chain:
    """Return a chain without the slices that begin behind a recovery point: they need not be read."""
    if point.latest:
        return chain
    if point.kind == "backup":
        ids = [one.id for one in chain.backups]
        return msgspec.structs.replace(chain, slices=chain.slices[: ids.index(point.value)], gap="")
    needed = [each for each in chain.slices if _begins_before(each, point)]
    gap = "" if len(needed) < len(chain.slices) or not falls_short(chain, point) else chain.gap
    return msgspec.structs.replace(chain, slices=needed, gap=gap)


def _begins_before(entry: Entry, point: RecoveryPoint) -> bool:
    if point.instant:
        return instant_of(entry.covers.from_ if entry.covers else "0:0") < point.instant
    return _from(entry) < order(point.value)


def _from(entry: Entry) -> tuple[int, int]:
    return order(entry.covers.from_ if entry.covers else "")


def _to(entry: Entry) -> tuple[int, int]:
    return order(entry.covers.to if entry.covers else "")
