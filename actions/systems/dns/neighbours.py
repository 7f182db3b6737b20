"""What stands beside a record and keeps users at the old site though the record itself was moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from actions.outcome import ActionFailed, Finding
from actions.systems.dns.exchange import NoAnswer, keyring, send
from actions.systems.dns.looking import Held, Keys, look_at
from actions.systems.dns.sets import RecordSet
from actions.systems.dns.settings import DnsSettings, Record, whole

KINDS = ("A", "AAAA", "CNAME", "HTTPS", "SVCB")
"""What clients ask for, in one order or another, to find a server."""
_LOOK_S = 6.0


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside the records.

    Attributes:
        unlisted: sets of a record's own name whose type the inventory does not list.
        wildcards: sets that answer for every name of their folder that is not there itself.
        unseen: why nobody could look; empty: it was looked at.
    """

    unlisted: list[RecordSet] = []
    wildcards: list[RecordSet] = []
    unseen: str = ""


def keys_beside(settings: DnsSettings, records: Sequence[Record]) -> tuple[Keys, Keys]:
    """Return what might stand beside some records: sets of their own names, and wildcards."""
    own = [(whole(one.name), kind) for one in records for kind in KINDS if kind not in one.types()]
    return own, [(name, kind) for name in _wildcards(settings, records) for kind in ("A", "AAAA", "CNAME")]


def look_beside(settings: DnsSettings, records: Sequence[Record]) -> Beside:
    """Return what stands beside some records at the server that takes updates."""
    own, wild = keys_beside(settings, records)
    seen = look_at(settings, settings.first_server, [*own, *wild], deadline_s=_LOOK_S)
    if seen.why:
        return Beside(unseen=seen.words)
    wildcards = [seen.sets[key] for key in wild if seen.sets[key].values]
    unlisted = [seen.sets[key] for key in own if seen.sets[key].values]
    covered = {(one.kind, one.values) for one in wildcards}  # a wildcard's answer for the name is not its own
    return Beside(unlisted=[one for one in unlisted if (one.kind, one.values) not in covered], wildcards=wildcards)


def findings_beside(beside: Beside) -> Iterator[Finding]:
    """Yield what must be known of it."""
    for one in beside.unlisted:
        text = f"{one.kind} {one.told} stands beside the record, and the inventory does not list it"
        cure = f"Add {one.kind} under sites: of the record, or remove it: clients that prefer it stay where it leads."
        yield Finding(severity="warning", about=one.name, text=text, cure=cure)
    for one in beside.wildcards:
        text = f"{one.kind} {one.told} answers for every name there that has no record of its own"
        cure = "List the names that users come by under records:, so that the wildcard does not lead them."
        yield Finding(severity="warning", about=one.name, text=text, cure=cure)
    if beside.unseen:
        yield Finding(severity="warning", about="records beside", text=f"not looked at: {beside.unseen}")


def require_no_alias(beside: Beside) -> None:
    """Refuse where an alias stands that nobody listed: a name server would drop what is added beside it, and say yes.

    Raises:
        ActionFailed: one does.
    """
    if alias := next((one for one in beside.unlisted if one.kind == "CNAME"), None):
        raise ActionFailed(
            f"{alias.name} is an alias (CNAME {alias.told}), and the inventory lists none: nothing stands beside it.",
            "Add the CNAME under the old site's types of that record, so that it is replaced and can be put back.",
        )


def own_sets(settings: DnsSettings, answers: Held, beside: Beside) -> list[RecordSet]:
    """Return what the names have themselves: without what only a wildcard answers for them.

    Raises:
        ActionFailed: the server does not tell.
    """
    return [_own(settings, one, beside) for one in answers.sets.values()]


def _own(settings: DnsSettings, one: RecordSet, beside: Beside) -> RecordSet:
    wild = any(each.kind == one.kind and each.values == one.values for each in beside.wildcards)
    return RecordSet(one.name, one.kind) if wild and not is_there(settings, one) else one


def is_there(settings: DnsSettings, one: RecordSet) -> bool:
    """Whether the name itself has a type: told by an update that has a prerequisite and changes nothing.

    Raises:
        ActionFailed: it does not tell.
    """
    import dns.update

    message = dns.update.UpdateMessage(whole(settings.zone), keyring=keyring(settings))
    message.present(one.name, one.kind)
    try:
        send(settings.first_server, message, _LOOK_S)
    except NoAnswer as error:
        if error.why == "changed":
            return False
        raise ActionFailed(f"{error.message}.", error.hint) from error
    return True


def _wildcards(settings: DnsSettings, records: Iterable[Record]) -> list[str]:
    """Return the names of the wildcards that could answer for some names."""
    zone, found = whole(settings.zone), dict[str, None]()
    for record in records:
        name = whole(record.name)
        while name != zone and name.endswith(f".{zone}"):
            name = name.partition(".")[2]
            found[f"*.{name}"] = None
    return list(found)
