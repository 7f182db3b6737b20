"""Which requests are to be carried out again at a system: those since what it was recovered to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from actions.context import ActionContext
from actions.erasure.ledger import Ledger, Request, read_ledger
from actions.outcome import ActionFailed, Cure, Finding
from actions.settings import ErasureSettings
from journal.wording.counting import count
from journal.wording.durations import exact_duration
from journal.wording.instants import utc

VERB = "reapply_erasures"
"""What the action of a type is called that carries requests out again: ``postgres.reapply_erasures``."""
NO_LEDGER = "the inventory names no ledger of erasure requests"
BY_HAND = (
    "Ask who keeps the requests which users were erased since the recovery point, and erase them again by hand, before "
    "writers are let in. For the next time name the ledger in the inventory (erasure:)."
)
_CLOCKS = timedelta(minutes=5)
"""By how much clocks may differ: a request after that is yet to come."""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """The requests that are to be carried out again at one system.

    Attributes:
        requests: the newest of each user, the oldest first.
        since: from when on they count; None: nobody knows what the system was recovered to, so all count.
        restored: whether anything was recovered there in this incident, or is to be.
        words: from when on they count, in words.
    """

    requests: list[Request]
    since: datetime | None
    restored: bool
    words: str

    @property
    def users(self) -> list[str]:
        """The users' keys, as the ledger has them."""
        return [one.user for one in self.requests]


def find_ledger(ctx: ActionContext) -> tuple[ErasureSettings, Ledger]:
    """Return the ledger that the inventory names.

    Raises:
        ActionFailed: it names none, or that cannot be read.
    """
    settings = ctx.inventory.erasure
    if settings is None:
        cure = Cure(words=BY_HAND, instead=True)
        raise ActionFailed(f"Nobody can tell whom to erase again: {NO_LEDGER}.", cures=[cure])
    return settings, read_ledger(ctx, settings)


def due_at(ctx: ActionContext, system: str, settings: ErasureSettings, ledger: Ledger) -> Due:
    """Return the requests that are to be carried out again at a system.

    They count from the earliest state that it was recovered to in this incident, and the inventory's margin before it:
    what was measured leads there, and, where it is affected, what was decided. One too many costs nothing.

    Args:
        ctx: the action's context.
        system: the system's name in the inventory.
        settings: where the ledger is.
        ledger: what it says.
    """
    incident = ctx.incident
    hit = not incident.affected or system in incident.affected
    decided = incident.recovery_point if hit else None
    point = decided.of(system) if decided else None
    instants = [incident.recovered_to.get(system), point.instant if point else None]
    since = min((at for at in instants if at), default=None)
    restored = bool(since or decided)
    margin = timedelta(minutes=settings.margin_minutes)
    meant = [one for one in _past(ledger) if restored and (since is None or one.at >= since - margin)]
    if since is None:
        words = "what it was recovered to is not known, so every request of the ledger counts"
    else:
        before = f", and {exact_duration(margin.total_seconds())} before" if margin else ""
        words = f"since {utc(since)}, what it was recovered to{before}"
    newest = {one.user: one for one in meant}
    return Due(requests=sorted(newest.values(), key=lambda one: one.at), since=since, restored=restored, words=words)


def _past(ledger: Ledger) -> list[Request]:
    end = datetime.now(UTC) + _CLOCKS
    return [one for one in ledger.requests if one.at <= end]


def doubts(ledger: Ledger, settings: ErasureSettings) -> list[Finding]:
    """Return what keeps the ledger from telling all: entries that cannot be read, or are dated after now."""
    found = [
        Finding(
            severity="warning",
            about=settings.file,
            text=f"{line}; it is not carried out again",
            cure="Look up that entry, and carry it out by hand, or mend it and run this again.",
        )
        for line in ledger.unread
    ]
    coming = len(ledger.requests) - len(_past(ledger))
    if coming:
        text = f"{count(coming, 'request is', 'requests are')} dated after now, and not carried out"
        found.append(Finding(severity="warning", about=settings.file, text=text, cure="Compare the clocks."))
    if not ledger.requests:
        text = "it has no request at all"
        cure = "Look whether that is so, or whether it was lost with the disaster, too."
        found.append(Finding(severity="warning", about=settings.file, text=text, cure=cure))
    return found


def require_not_erased(ctx: ActionContext, user: str) -> None:
    """Refuse to bring back what a user had who was erased. Where no ledger is named nobody can tell.

    Raises:
        ActionFailed: the ledger has the user, or it cannot be read.
    """
    if ctx.inventory.erasure is None:
        return
    settings, ledger = find_ledger(ctx)
    at = max((one.at for one in ledger.requests if one.user == user.strip()), default=None)
    if at:
        raise ActionFailed(
            f"User {user} was erased at {utc(at)}, as {settings.file} says: what was erased on request stays erased.",
            "Is it another user who has that key by now? Then ask who keeps the ledger.",
            left_behind="Nothing was changed.",
        )
