"""What ``cleo backup`` prints: the catalogue as a table, and the one line of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from journal.wording.counting import count
from journal.wording.durations import exact_duration, rough_duration

if TYPE_CHECKING:
    from actions.backups.catalogue import Listed, Row
    from actions.backups.marks import Mark
    from actions.backups.offsite.look import Seen
    from actions.backups.unattended.run import Ended
    from journal.events.types import Finding

_HEAD = ("SYSTEM", "BACKUP", "KIND", "ENDED (UTC)", "TOOK", "SIZE", "COVERS", "VERIFIED", "RESTORED", "WHERE")
_WORDS = {0: "ok", 1: "failed", 3: "held", 4: "running already", 5: "partly", 6: "an incident is at work"}

_STATUSES = {"running": "running already", "recovering": "none was taken"}


def one_line(begun: datetime, wanted: str, status: int, ended: Sequence[Ended]) -> str:
    """Return what is said of a run: one line, whatever the programs' words were."""
    told = "; ".join(_told(one) for one in ended)
    return f"{begun:%Y-%m-%dT%H:%M:%SZ} backup {wanted}: {_WORDS[status]}. {' '.join(told.split())}"


def _told(one: Ended) -> str:
    if one.status == "ok" and not one.label:
        return f"{one.system}: {one.words}, {one.size} bytes in {one.seconds:g} s"
    if one.status == "ok":
        return f"{one.system}: {one.label} ({one.words}), {one.size} bytes in {one.seconds:g} s"
    return f"{one.system}: {_STATUSES.get(one.status, one.status)}: {one.words}"


def with_cure(finding: Finding) -> str:
    """Return a finding, and what helps."""
    return f"{finding}. {finding.cure}".rstrip()


def table(found: Sequence[Row]) -> list[str]:
    """Return the catalogue as a table."""
    cells = [_HEAD, *(_cells(row) for row in found)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _cells(row: Row) -> tuple[str, ...]:
    took = exact_duration((row.ended_at - row.started_at).total_seconds()) if row.started_at else ""
    return (
        row.system,
        row.id,
        row.kind,
        f"{row.ended_at:%Y-%m-%d %H:%M:%S}",
        took,
        _bytes(row.size),
        "…".join(row.covers) if row.covers else "",
        f"UNUSABLE: {row.unusable}" if row.unusable else _when(row.verified, "DAMAGED"),
        _when(row.restored, "NOT SOUND"),
        ", ".join(row.where),
    )


def _when(mark: Mark | None, bad: str) -> str:
    if mark is None:
        return "never"
    return f"{'' if mark.ok else f'{bad} '}{mark.at:%Y-%m-%d %H:%M}"


def _bytes(size: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} B" if size else ""


def remarks(listed: Sequence[Listed]) -> Iterator[str]:
    """Yield what the table cannot say: whose backups are held, how old the newest is, what is wrong."""
    now = datetime.now(UTC)
    for one in listed:
        if one.trouble:
            yield f"{one.system}: NOT LISTED: {one.trouble} {one.cure}".rstrip()
        if one.backups and not one.newest:
            yield f"{one.system}: no backup"
        if one.newest:
            log = f"; {one.backups.log}" if one.backups and one.backups.log else ""
            newest = f"{one.newest.label}, {_age(one.newest.ended_at, now)} old"
            yield f"{one.system}: {one.site}: the newest is {newest}{log}"
        if one.offsite:
            yield f"{one.system}: {one.offsite_site}: {_copied(one.offsite, now)}"
            yield f"{one.system}: {one.offsite_site}: {_restored(one.offsite)}"
        if one.offsite and one.offsite.backups and not one.newest:
            yield f"{one.system}: bring them back from {one.offsite_site}: cleo backup fetch --system {one.system}"
        if one.holders:
            yield f"{one.system}: held for {', '.join(one.holders)}: none is taken by schedule, none expires"
        for finding in one.findings:
            yield f"{one.system}: {finding.severity}: {with_cure(finding)}"


def _copied(seen: Seen, now: datetime) -> str:
    """Return what the second place has, and what would be lost if it were all that is left."""
    from actions.backups.offsite.findings import covered_until

    until = covered_until(seen)
    if until is None or seen.began_at is None:
        return "NOTHING whole is there"
    copied = f"{count(len(seen.backups), 'backup')}, copied {seen.began_at:%Y-%m-%d %H:%M:%S} UTC"
    return (
        f"{copied}; were they all that is left, what came after {until:%H:%M:%S} UTC ({_age(until, now)}) would be lost"
    )


def _restored(seen: Seen) -> str:
    """Return when a backup was last restored from there, and how long that took with the fetch."""
    if (last := seen.restored) is None:
        return "NEVER restored from there: cleo drill restore --from offsite"
    took = f" in {exact_duration(last.mark.seconds)}, with the fetch" if last.mark.seconds else ""
    how = f"restored from there{took}" if last.mark.ok else f"NOT SOUND: {last.mark.words}"
    return f"{last.label}, {last.mark.at:%Y-%m-%d %H:%M} UTC: {how}"


def _age(at: datetime, now: datetime) -> str:
    return rough_duration(max(0.0, (now - at).total_seconds()))
