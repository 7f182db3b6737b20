"""The parent's DS as against the zone's keys: where none of them fits, who validates gets SERVFAIL for every name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from actions.outcome import Finding
from actions.systems.dns.bogus import UNSIGNED, signed
from actions.systems.dns.exchange import NoAnswer, ask
from actions.systems.dns.looking import ASK_S
from actions.systems.dns.settings import DnsSettings, NameServer, whole

if TYPE_CHECKING:
    from dns.message import Message
    from dns.rrset import RRset

_RESOLVERS = 3
"""Of those that are asked for the DS where the inventory names no server of the parent."""
_ABOUT = "DS at the parent"
_NAME_IT = "Name the parent zone's name servers under parents: in the inventory, so that they are asked."


class Said(NamedTuple):
    """What a server says: a record set and its signatures, or that there is none; or why it gives no answer."""

    server: NameServer
    rrset: RRset | None = None
    signatures: RRset | None = None
    why: str = ""


def ds_findings(settings: DnsSettings, servers: Sequence[NameServer]) -> list[Finding]:
    """Return what is wrong between the parent's DS and the keys that each name server has; nothing where they fit.

    Args:
        settings: the zone.
        servers: those of its name servers that are asked for the keys.
    """
    parents = settings.parents or settings.resolvers[:_RESOLVERS]
    with ThreadPoolExecutor(max_workers=max(len(servers) + len(parents), 1)) as pool:
        keys = [pool.submit(_said, settings, one, "DNSKEY") for one in servers]
        told = [pool.submit(_said, settings, one, "DS", not settings.parents) for one in parents]
        return list(_compared([one.result() for one in keys], [one.result() for one in told]))


def _compared(keys: Sequence[Said], told: Sequence[Said]) -> Iterator[Finding]:
    """Yield what does not fit."""
    known = [one for one in told if not one.why]
    signs = [one for one in keys if one.rrset]
    yield from (_unseen(f"the keys of {one.server.name}: {one.why}") for one in keys if one.why and signs)
    if not known:
        if signs:
            reasons = "; ".join(f"{one.server.name}: {one.why}" for one in told)
            yield _unseen(reasons or "the inventory names nobody who could be asked for it")
        return
    if signs and not any(one.rrset for one in known):
        text = f"the zone is signed, and {_names(known)} tells of no DS: nobody validates its answers"
        yield Finding(severity="note", about=_ABOUT, text=text)
    found: dict[str, list[Said]] = {}
    for parent in known:
        for one in keys:
            if parent.rrset and not one.why and (trouble := _trouble(parent.rrset, one)):
                found.setdefault(f"{one.server.name} {trouble}", []).append(parent)
    for text, parents in found.items():
        text = f"{text}, as {_names(parents)} has it: who validates gets SERVFAIL for every name of the zone"
        yield Finding(severity="wrong", about=_ABOUT, text=text, cure=UNSIGNED)


def _trouble(ds: RRset, one: Said) -> str:
    """Return why a server's keys are not those of the DS; empty: one of them is, and signs them all."""
    import dns.dnssec
    import dns.exception
    import dns.rrset

    tags = ", ".join(str(each.key_tag) for each in ds)
    if one.rrset is None:
        return f"has no keys, and the parent's DS names key {tags}"
    fitting = [key for key in one.rrset if any(_is_of(one.rrset, key, each) for each in ds)]
    if not fitting:
        own = ", ".join(str(dns.dnssec.key_id(key)) for key in one.rrset)
        return f"has the keys {own}, and the parent's DS names none of them: key {tags}"
    if one.signatures is None:
        return f"gives no signature over its keys, one of which is that of the parent's DS: key {tags}"
    trusted = dns.rrset.from_rdata_list(one.rrset.name, one.rrset.ttl, fitting)
    try:
        dns.dnssec.validate(one.rrset, one.signatures, {one.rrset.name: trusted})
    except dns.exception.ValidationFailure as error:
        return f"has keys that are not validly signed by that of the parent's DS, key {tags} ({error})"
    return ""


def _is_of(rrset: RRset, key: Any, ds: Any) -> bool:
    """Whether a DS is of a key."""
    import dns.dnssec
    import dns.exception

    try:
        made = dns.dnssec.make_ds(rrset.name, key, ds.digest_type, validating=True)
    except (dns.exception.DNSException, ValueError):
        return False  # a digest that nobody here can make
    return bool(made == ds)


def _said(settings: DnsSettings, server: NameServer, kind: str, resolver: bool = False) -> Said:
    """Return what a server says of the zone's own name."""
    import dns.flags
    import dns.message
    import dns.rcode

    zone = whole(settings.zone)
    query = dns.message.make_query(zone, kind, want_dnssec=True)
    query.flags |= dns.flags.CD  # who refuses the signatures still tells what is there
    if not resolver:
        query.flags &= ~dns.flags.RD
    try:
        answer = ask(server, query, ASK_S)
    except NoAnswer as error:
        return Said(server, why=error.words)
    if answer.rcode() != dns.rcode.NOERROR:
        return Said(server, why=f"answers {dns.rcode.to_text(answer.rcode())} for {zone} {kind}")
    rrset, signatures = signed(answer, zone, kind)
    if rrset is None and kind == "DS" and not _is_parents(answer, zone):
        return Said(server, why="what it says of the DS is not the parent's word")
    return Said(server, rrset, signatures)


def _is_parents(answer: Message, zone: str) -> bool:
    """Whether it is the parent that says that there is no DS; the zone itself always says so, and knows nothing."""
    import dns.rdatatype

    owners = [whole(one.name.to_text()) for one in answer.authority if one.rdtype == dns.rdatatype.SOA]
    return bool(owners) and zone not in owners


def _names(said: Sequence[Said]) -> str:
    return " and ".join(one.server.name for one in said)


def _unseen(why: str) -> Finding:
    return Finding(severity="warning", about=_ABOUT, text=f"not compared with the zone's keys: {why}", cure=_NAME_IT)
