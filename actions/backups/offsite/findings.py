"""What is wrong with the second place, and what would be lost if the first one were gone."""

from __future__ import annotations

from datetime import datetime

from actions.backups.offsite.index import NO_INDEX
from actions.backups.offsite.look import Seen
from journal.events.types import Finding

_SYNC = "Run cleo backup run --type offsite-sync, and see that it is scheduled."
_MEND = (
    "Sync again (cleo backup run --type offsite-sync --reread): what is missing, cut off or changed there is copied "
    "anew. Look what changed it."
)
_RULE = "Take the rule away, or let it only remove versions that are no more current."
_NAMED = 5


def offsite_findings(seen: Seen, site: str) -> list[Finding]:
    """Return what a person must see to.

    Args:
        seen: what is there.
        site: where that is.
    """
    if not seen.files and seen.damage:
        return [Finding(severity="wrong", about=site, text=seen.damage[0], cure=NO_INDEX), *_rules(seen, site)]
    if seen.ended_at is None:
        text = "nothing was ever copied there whole: if the first place is lost, everything is"
        return [Finding(severity="warning", about=site, text=text, cure=_SYNC), *_rules(seen, site)]
    more = f", and {len(seen.damage) - _NAMED} more files" if seen.damage[_NAMED:] else ""
    lines = [f"{'; '.join(seen.damage[:_NAMED])}{more}"] if seen.damage else []
    return [*(Finding(severity="wrong", about=site, text=one, cure=_MEND) for one in lines), *_rules(seen, site)]


def covered_until(seen: Seen) -> datetime | None:
    """Return up to when what was committed is in the second place, by what is there; None: nothing is.

    It is the end of the log that was copied, or the instant that the newest whole backup shows, whichever is later.
    """
    whole = [one.shows for label, one in seen.backups.items() if label not in seen.broken]
    log = [seen.archived_until] if seen.archived_until and not seen.damage else []
    return max([*whole, *log], default=None) if whole else None


def _rules(seen: Seen, site: str) -> list[Finding]:
    rules = [Finding(severity="warning", about=site, text=text, cure=_RULE) for text in seen.findings]
    return [*rules, *(Finding(severity="note", about=site, text=text) for text in seen.notes)]
