"""What a list of backups says: as facts that the journal keeps, and as findings that a person must see to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from actions.backups.engine import KEEP_SOUND_SET, BackupList, BackupSet
from journal.events.types import Finding
from journal.incident.backup_catalogue import BackupCatalogue

_SETS_NAMED = 30
"""Of how many backups a look says when each ended: what a recovery point at one of them gives up is told by it."""


def described(listed: BackupList) -> dict[str, Any]:
    """Return the facts of a look: how many backups there are, and what recovery points are judged by.

    ``age_s`` is in seconds since the newest usable one ended.
    """
    facts: dict[str, Any] = {"backups": len({each.label for each in listed.sets})}
    named = (usable := _usable(listed.sets))[-_SETS_NAMED:]
    facts |= BackupCatalogue(
        ended={each.label: each.ended_at for each in named},
        whole=len(named) == len(usable) and listed.whole,
        reach=listed.reach,
    ).facts()
    if usable:
        newest = usable[-1]
        facts |= {"newest": newest.label, "newest_ended_at": newest.ended_at.isoformat()}
        facts["age_s"] = int((datetime.now(UTC) - newest.ended_at).total_seconds())
    if listed.archived_until:
        facts["archived_until"] = listed.archived_until.isoformat()
    return {**facts, **listed.facts}


def what_is_wrong(listed: BackupList) -> list[Finding]:
    """Return what the list says that is wrong: the engine's findings, the sets that are unusable, and that none is."""
    lines = [f"backup {each.label} {each.unusable}" for each in listed.sets if each.unusable]
    if not _usable(listed.sets):
        lines.append("there is no usable backup")
    found = [Finding(severity="wrong", about="", text=line, cure=KEEP_SOUND_SET) for line in lines]
    return [*listed.findings, *found]


def _usable(sets: Sequence[BackupSet]) -> list[BackupSet]:
    return [each for each in sets if not each.unusable]
