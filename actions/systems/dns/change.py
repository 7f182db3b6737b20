"""One change of a zone, all of it or nothing: the records must be as they were read, and are replaced at once."""

from __future__ import annotations

import time
from collections.abc import Sequence

from actions.outcome import ActionFailed, InDoubt
from actions.systems.dns.authority import ALL_AS_BEFORE, Made, Unanswered
from actions.systems.dns.looking import Answers, Held
from actions.systems.dns.moved import Moved
from actions.systems.dns.sets import RecordSet
from actions.systems.dns.zone import Zone

_PAUSE_S = 1.0


def change(
    zone: Zone, old: Sequence[RecordSet], new: Sequence[RecordSet], kept: Moved, seen: Sequence[Answers]
) -> Made:
    """Replace records, and return by what is known that the authority has them.

    Args:
        zone: the zone.
        old: what the records are now; one that is another meanwhile is not overwritten.
        new: what they are to be.
        kept: what is to be written down first.
        seen: what the servers answered.

    Raises:
        ActionFailed: it was not changed, or the authority does not answer with it.
        InDoubt: nobody can tell.
    """
    prepared = zone.authority.prepare(old, new, seen)
    kept.keep(zone.ctx.files, zone.name)
    sent = None
    try:
        sent = zone.authority.send(zone.ctx, prepared)
    except Unanswered as error:
        _require_made(zone, old, new, error)
    return zone.authority.proven(zone.ctx, _held_since(zone, new), new, sent)


def _require_made(zone: Zone, old: Sequence[RecordSet], new: Sequence[RecordSet], error: Unanswered) -> None:
    """Look whether a change that nobody answered was made.

    Raises:
        ActionFailed: it was not.
        InDoubt: nobody can tell.
    """
    end = time.monotonic() + zone.authority.late_s
    while True:
        try:
            held = zone.held([one.key for one in new])
        except ActionFailed as unseen:
            raise InDoubt(
                f"{error.message}; whether the update was made cannot be told: {unseen.message}",
                "Ask the other servers (cleo run dns.look), and this one once it answers.",
            ) from unseen
        if not held.has(old) or time.monotonic() >= end:
            break
        time.sleep(_PAUSE_S)
    if held.has(old):
        raise ActionFailed(f"{error.message}.", error.hint, left_behind=ALL_AS_BEFORE) from error
    if held.has(new):
        zone.ctx.log(f"{error.message}; the update was made all the same.", "err")


def _held_since(zone: Zone, new: Sequence[RecordSet]) -> Held:
    """Return what the authority has after the change.

    Raises:
        InDoubt: it gives no answer now.
    """
    try:
        return zone.held([one.key for one in new])
    except ActionFailed as unseen:
        raise InDoubt(
            f"The update was taken; whether the authority answers with it cannot be told: {unseen.message}",
            "Ask all servers (cleo run dns.look), and this one once it answers.",
        ) from unseen
