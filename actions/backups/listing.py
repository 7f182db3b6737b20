"""What a list of backups says: as facts that the journal keeps, and as findings that a person must see to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from actions.backups.engine import KEEP_SOUND_SET, BackupList, BackupSet
from actions.outcome import Cure
from journal.events.types import Finding
from journal.incident.backup_catalogue import BackupCatalogue
from journal.wording.durations import Duration, rough_duration

_COMPARED = 5
"""With how many earlier backups the newest one's size is compared."""
_CLOCK_OFF = timedelta(minutes=5)
"""By how much clocks may differ before it is said."""
_CLOCK = "Set the clock of the host that took it: which backup is the newest is told by these times."
_NONE = "Look for another copy: the second place's, or another repository. Take one as soon as the data is sound."
_SHRUNK = "Look whether that is all there is: count what it holds, or restore it somewhere."

NONE_LEFT = Cure(
    words="Keep the system's data and its log as they are; look for another copy of its backups, and name it in the "
    "inventory."
)
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


def too_old(facts: Mapping[str, Any], oldest_s: int) -> list[Finding]:
    """Return that the newest backup is older than it may be.

    Args:
        facts: those of `described`.
        oldest_s: how old it may be, in seconds; 0: nobody said.
    """
    age = facts.get("age_s")
    if not oldest_s or age is None or age <= oldest_s:
        return []
    text = f"there is no backup since {rough_duration(age)}, and there is to be one every {Duration(oldest_s)}"
    return [Finding(severity="wrong", about="", text=text, cure="Look why none is taken: run cleo backup run by hand.")]


def what_is_wrong(listed: BackupList) -> list[Finding]:
    """Return what the list says that a person must see to.

    The engine's findings, the sets that are unusable, that none is usable, and what is strange among those that are:
    one dated after now, and a newest one that is much smaller than those of its kind before it.
    """
    lines = {f"backup {each.label} {each.unusable}": KEEP_SOUND_SET for each in listed.sets if each.unusable}
    if not _usable(listed.sets):
        lines["there is no usable backup"] = _NONE
    found = [Finding(severity="wrong", about="", text=line, cure=cure) for line, cure in lines.items()]
    return [*listed.findings, *found, *_strange(_usable(listed.sets), datetime.now(UTC))]


def _strange(usable: Sequence[BackupSet], now: datetime) -> list[Finding]:
    """Return what may be right and is seldom: nobody is told by an error that backups became empty (GitLab, 2017)."""
    lines = [
        (f"backup {each.label} is dated after now: it ended at {each.ended_at:%Y-%m-%d %H:%M:%S} UTC", _CLOCK)
        for each in usable
        if each.ended_at > now + _CLOCK_OFF
    ]
    if shrunk := has_shrunk(usable):
        lines.append((shrunk, _SHRUNK))
    return [Finding(severity="warning", about="", text=text, cure=cure) for text, cure in lines]


def has_shrunk(usable: Sequence[BackupSet]) -> str:
    """Return that the newest backup has less than half of what those of its kind before it had; empty: it has not."""
    if not usable or usable[-1].kind == "incremental":  # as large as what was written since
        return ""
    newest = usable[-1]
    before = [one.size for one in usable[:-1] if one.kind == newest.kind and one.size and one.label != newest.label]
    from statistics import median

    usual = median(before[-_COMPARED:]) if before else 0
    if newest.size >= usual / 2:
        return ""
    return f"backup {newest.label} has {newest.size} bytes, and those of its kind before it had {usual:.0f}"


def _usable(sets: Sequence[BackupSet]) -> list[BackupSet]:
    return [each for each in sets if not each.unusable]
