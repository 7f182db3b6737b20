"""What is wrong with the second place, and what would be lost if the first one were gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from actions.backups.offsite.index import NO_INDEX
from actions.backups.offsite.look import Seen
from journal.events.types import Finding
from journal.incident.exposure import SecondPlace
from journal.wording.instants import utc

_SYNC = "Run cleo backup run --type offsite-sync, and see that it is scheduled."
_MEND = (
    "Sync again (cleo backup run --type offsite-sync --reread): what is missing, cut off or changed there is copied "
    "anew. Look what changed it."
)
_RULE = "Take the rule away, or let it only remove versions that are no more current."
_EMPTIED = (
    "Look who emptied it: what had expired here since is nowhere any more, unless the place keeps older versions."
)
_COPY_ANEW = f"{_EMPTIED} Then {_SYNC[0].lower()}{_SYNC[1:]}"
_TOLD_FOR = timedelta(days=7)
_NAMED = 5


def offsite_findings(seen: Seen, site: str) -> list[Finding]:
    """Return what a person must see to.

    Args:
        seen: what is there.
        site: where that is.
    """
    lost = _lost(seen, site)
    if not seen.files and seen.damage:
        wrong = Finding(severity="wrong", about=site, text=seen.damage[0], cure=NO_INDEX)
        return [wrong, *lost, *_rules(seen, site)]
    if seen.ended_at is None and lost:
        return [*lost, *_rules(seen, site)]
    if seen.ended_at is None:
        text = "nothing was ever copied there whole: if the first place is lost, everything is"
        return [Finding(severity="warning", about=site, text=text, cure=_SYNC), *_rules(seen, site)]
    more = f", and {len(seen.damage) - _NAMED} more files" if seen.damage[_NAMED:] else ""
    lines = [f"{'; '.join(seen.damage[:_NAMED])}{more}"] if seen.damage else []
    wrong_ones = [Finding(severity="wrong", about=site, text=one, cure=_MEND) for one in lines]
    return [*wrong_ones, *lost, *_rules(seen, site)]


def _lost(seen: Seen, site: str) -> list[Finding]:
    """Return that the place was emptied: proven until it is copied anew, and told for a week after that."""
    if not seen.lost:
        return []
    if seen.lost_at is None:
        return [Finding(severity="wrong", about=site, text=seen.lost, cure=_COPY_ANEW)]
    if datetime.now(UTC) - seen.lost_at > _TOLD_FOR:
        return []
    text = f"{seen.lost}; what is here was copied anew from {utc(seen.lost_at)} on"
    return [Finding(severity="warning", about=site, text=text, cure=_EMPTIED)]


def covered_until(seen: Seen) -> datetime | None:
    """Return up to when what was committed is in the second place, by what is there; None: nothing is.

    It is the end of the log that was copied, or the instant that the newest whole backup shows, whichever is later.
    """
    whole = [one.shows for label, one in seen.backups.items() if label not in seen.broken]
    log = [seen.archived_until] if seen.archived_until and not seen.damage else []
    return max([*whole, *log], default=None) if whole else None


def as_second_place(seen: Seen, site: str) -> SecondPlace:
    """Return what is there, just looked at, as an incident keeps it.

    Args:
        seen: what is there.
        site: where that is.
    """
    until, wrong = covered_until(seen), next(iter(seen.damage), seen.lost)
    return SecondPlace(site=site, covered_until=until, looked_at=datetime.now(UTC), trouble="" if until else wrong)


def _rules(seen: Seen, site: str) -> list[Finding]:
    rules = [Finding(severity="warning", about=site, text=text, cure=_RULE) for text in seen.findings]
    return [*rules, *(Finding(severity="note", about=site, text=text) for text in seen.notes)]
