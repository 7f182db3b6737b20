"""One update of a zone, all of it or nothing: the records must be as they were read, and are replaced at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from actions.outcome import ActionFailed, Cure, InDoubt
from actions.systems.dns.exchange import UNREACHED, NoAnswer, ask, send, signing_key
from actions.systems.dns.looking import Answers
from actions.systems.dns.moved import Moved
from actions.systems.dns.neighbours import is_there
from actions.systems.dns.sets import RecordSet
from actions.systems.dns.settings import DnsSettings, whole
from actions.systems.dns.zone import LOOK_WHO, Zone

if TYPE_CHECKING:
    from dns.update import UpdateMessage

_SEND_S = 5.0
_HALF = 2**31
_ALL_AS_BEFORE = "Nothing was changed: an update is made whole or not at all."


def change(zone: Zone, old: Sequence[RecordSet], new: Sequence[RecordSet], kept: Moved, seen: Iterable[Answers]) -> int:
    """Replace records, and return the serial with which the authority answers with them.

    Args:
        zone: the zone.
        old: what the records are now; one that is another meanwhile is not overwritten.
        new: what they are to be.
        kept: what is to be written down first.
        seen: what the servers answered: the serial becomes higher than any of theirs.

    Raises:
        ActionFailed: it was not changed, or the authority does not answer with it.
        InDoubt: nobody can tell.
    """
    serials = [one.serial for one in seen if one.serial is not None]
    message = update_message(zone.settings, old, new)
    _raise_serial(zone.settings, message, serials)
    kept.keep(zone.ctx.files, zone.name)
    try:
        send(zone.settings.update_server, message, _SEND_S)
    except NoAnswer as error:
        if error.why not in UNREACHED:
            raise _refused(error) from error
        _require_made(zone, old, new, error)
    return _proven(zone, new, serials)


def update_message(settings: DnsSettings, old: Iterable[RecordSet], new: Iterable[RecordSet]) -> UpdateMessage:
    """Return the update: prerequisites first, then each record set replaced.

    Args:
        settings: the zone.
        old: what must be so, value for value.
        new: what replaces it; a set without values is removed.
    """
    import dns.update

    message = dns.update.UpdateMessage(whole(settings.zone), keyring=signing_key(settings.key))
    for one in old:
        if one.values:
            message.present(one.name, one.rdataset(0))  # a prerequisite has none
        else:
            message.absent(one.name, one.kind)
    for one in sorted(new, key=lambda one: bool(one.values)):  # what goes, goes first: no CNAME beside another type
        message.delete(one.name, one.kind)
    for one in new:
        if one.values:
            message.add(one.name, one.rdataset(one.ttl))
    return message


def is_above(serial: int, other: int) -> bool:
    """Whether a serial is ahead of another one, as secondaries count (RFC 1982)."""
    return serial != other and (serial - other) % 2**32 < _HALF


def highest(serials: Iterable[int]) -> int:
    """Return the serial that is ahead of the others."""
    top: int | None = None
    for serial in serials:
        top = serial if top is None or is_above(serial, top) else top
    return top or 0


def _raise_serial(settings: DnsSettings, message: UpdateMessage, serials: Sequence[int]) -> None:
    """Set the serial above all, where a server is ahead of the primary; else that counts by itself.

    Raises:
        ActionFailed: the primary does not tell its own.
    """
    import dns.message
    import dns.rdataset
    import dns.rdatatype

    query = dns.message.make_query(whole(settings.zone), "SOA")
    try:
        answer = ask(settings.update_server, query, _SEND_S)
    except NoAnswer as error:
        raise ActionFailed(f"{error.message}.", error.hint, left_behind=_ALL_AS_BEFORE) from error
    found = next((one for one in answer.answer if one.rdtype == dns.rdatatype.SOA), None)
    top = highest(serials)
    if found is not None and is_above(top, found[0].serial):
        raised = found[0].replace(serial=(top + 1) % 2**32 or 1)
        message.add(whole(settings.zone), dns.rdataset.from_rdata(found.ttl, raised))


def _refused(error: NoAnswer) -> ActionFailed:
    """Return what is said of an update that was refused."""
    if error.why == "changed":
        again = Cure(words="Then run it again: it starts from what is there now.", action="dns.update")
        return ActionFailed(
            f"{error.message}. Somebody changed the record since it was read.",
            cures=[LOOK_WHO, again],
            left_behind=_ALL_AS_BEFORE,
        )
    return ActionFailed(f"{error.message}.", error.hint, left_behind=_ALL_AS_BEFORE)


def _require_made(zone: Zone, old: Sequence[RecordSet], new: Sequence[RecordSet], error: NoAnswer) -> None:
    """Look whether an update that nobody answered was made.

    Raises:
        ActionFailed: it was not.
        InDoubt: nobody can tell.
    """
    try:
        answers = zone.primary([one.key for one in new])
    except ActionFailed as unseen:
        raise InDoubt(
            f"{error.message}; whether the update was made cannot be told: {unseen.message}",
            "Ask the other servers (cleo run dns.look), and this one once it answers.",
        ) from unseen
    if answers.has(old):
        raise ActionFailed(f"{error.message}.", error.hint, left_behind=_ALL_AS_BEFORE) from error
    if answers.has(new):
        zone.ctx.log(f"{error.message}; the update was made all the same.", "err")


def _proven(zone: Zone, new: Sequence[RecordSet], serials: Sequence[int]) -> int:
    """Return the serial, once the authority itself answers with the new records.

    Raises:
        ActionFailed: it does not.
        InDoubt: it gives no answer now.
    """
    try:
        answers = zone.primary([one.key for one in new])
    except ActionFailed as unseen:
        raise InDoubt(
            f"The update was taken; whether the authority answers with it cannot be told: {unseen.message}",
            "Ask all servers (cleo run dns.look), and this one once it answers.",
        ) from unseen
    filled = {one.key for one in new if one.values}
    other = answers.other(new)
    if [one for one in other if one.key in filled or is_there(zone.settings, one)]:  # else a wildcard answers
        said = "; ".join(str(one) for one in other)
        raise ActionFailed(
            f"{answers.server.name} took the update, and answers with {said}.",
            cures=[LOOK_WHO],
            left_behind="What the authority has now is another's: the old values are written down.",
        )
    serial, top = answers.serial or 0, highest(serials)
    if not is_above(serial, top):
        raise ActionFailed(
            f"{answers.server.name} has the new records with serial {serial}; who has {top} will not take them.",
            "Raise the serial above it by hand (in BIND: rndc freeze, edit the SOA, rndc thaw).",
            left_behind="The primary has the new records; secondaries keep the old ones.",
        )
    return serial
