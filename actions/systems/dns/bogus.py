"""Why a resolver answers SERVFAIL: it refused the signatures, or it could not find the answer at all.

Two things tell: what it says itself (Extended DNS Errors, RFC 8914), and the same question with validation left out
(the CD bit, RFC 4035): a name that is answered then is refused for its signatures alone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from actions.systems.dns.exchange import NoAnswer, Why, ask
from actions.systems.dns.settings import NameServer
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    from dns.message import Message
    from dns.rrset import RRset

RESIGN = (
    "Have the zone signed anew with the keys that the parent's DS names; leave the DS: caches keep it a day. Flush the "
    "resolver, where it is ours."
)
UNSIGNED = (
    "The parent's DS says that the zone is signed, and what is served is not, or by other keys: have it signed "
    "with the keys that the DS names. Only if those are lost change the DS: caches keep it a day."
)
_CLOCK = "Compare the clocks of the signer and the resolver; then have the zone signed anew."
_CAUSES: Mapping[int, tuple[str, str]] = {
    1: ("it knows no algorithm of the zone's keys", RESIGN),
    2: ("it knows no digest type of the DS", "Give the parent a DS with SHA-256."),
    6: ("no signature fits the zone's keys", RESIGN),
    7: ("the signatures have expired", RESIGN),
    8: ("the signatures are not valid yet", _CLOCK),
    9: ("the zone has no key that the parent's DS names", UNSIGNED),
    10: ("there are no signatures", UNSIGNED),
    12: ("nothing signed says that there is no such record", RESIGN),
}
"""Codes of RFC 8914 that speak of signatures: what each means, and what helps."""
_KEPT = (
    "what it has now is signed by the zone's own keys: it keeps an earlier refusal, or the DS names another key",
    "Wait a minute, or flush it, where it is ours. Still so: compare the parent's DS with the zone's keys.",
)
_OTHER: Mapping[int, str] = {
    13: "a failure that it keeps in its cache for a while",
    14: "it is not ready yet",
    22: "it reaches no name server of the zone",
    23: "a network error on the way to the zone's name servers",
    24: "the zone's name servers sent it nonsense",
}
_STALE: Mapping[int, str] = {3: "Stale Answer", 19: "Stale NXDOMAIN Answer"}
"""It answers from its cache beyond the TTL (RFC 8767): it got no answer, or not in time, or did not ask first."""
_SAID = 80


class Refusal(NamedTuple):
    """Why a resolver answers SERVFAIL: the word for it, the words, and what helps (empty: nothing in particular)."""

    why: Why
    words: str
    hint: str


def codes_of(answer: Message) -> list[int]:
    """Return the codes with which a server says why."""
    return [int(each.code) for each in answer.extended_errors()]


def stale_words(answer: Message) -> str:
    """Return in which words a resolver says that its answer is beyond the TTL; empty: it does not say so."""
    for each in answer.extended_errors():
        if code := _STALE.get(int(each.code)):
            return f"{code}: {sanitize(each.text)[:_SAID]}" if each.text else code
    return ""


def refusal(server: NameServer, name: str, kind: str, answer: Message, left_s: float) -> Refusal:
    """Return why a resolver answered SERVFAIL.

    Args:
        server: the resolver.
        name: what was asked.
        kind: of which type.
        answer: its answer.
        left_s: seconds that there still are to ask it again, without validation.
    """
    end = time.monotonic() + left_s
    asked = f"answers SERVFAIL for {name} {kind}"
    unchecked = _unchecked(server, name, kind, end)
    if unchecked is None:
        return Refusal("SERVFAIL", f"{asked}{_why_else(answer)}", "")
    rrset, signatures = signed(unchecked, name, kind)
    shown = list(signatures or _others(unchecked))
    cause, hint = _seen(shown) or _beyond(server, rrset, signatures, codes_of(answer), end)
    has = ", ".join(rdata.to_text() for rdata in rrset) if rrset else "an answer"
    return Refusal("bogus", f"{asked}, as it validates: {cause}; unvalidated (+cd) it has {has}", hint)


def signed(answer: Message, name: str, kind: str) -> tuple[RRset | None, RRset | None]:
    """Return a record set of an answer, and its signatures."""
    import dns.name
    import dns.rdataclass
    import dns.rdatatype

    owner, wanted = dns.name.from_text(name), dns.rdatatype.from_text(kind)
    rrset = answer.get_rrset(answer.answer, owner, dns.rdataclass.IN, wanted)
    return rrset, answer.get_rrset(answer.answer, owner, dns.rdataclass.IN, dns.rdatatype.RRSIG, wanted)


def _unchecked(server: NameServer, name: str, kind: str, end: float) -> Message | None:
    """Return its answer without validation; None: that is no answer either, or none came in time."""
    import dns.flags
    import dns.message
    import dns.rcode

    left_s = end - time.monotonic()
    if left_s <= 0:
        return None
    query = dns.message.make_query(name, kind, want_dnssec=True)
    query.flags |= dns.flags.CD
    try:
        answer = ask(server, query, left_s)
    except NoAnswer:
        return None
    return answer if answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN) else None


def _why_else(answer: Message) -> str:
    """Return what it says of a failure that has nothing to do with signatures; empty: nothing."""
    for each in answer.extended_errors():
        text = f" ({sanitize(each.text)[:_SAID]})" if each.text else ""
        if meaning := _OTHER.get(int(each.code)):
            return f": {meaning}{text}"
    return ""


def _others(unchecked: Message) -> list[Any]:
    """Return the signatures of an alias, or of what says that there is nothing."""
    import dns.rdatatype

    found = (*unchecked.answer, *unchecked.authority)
    return [each for rrset in found if rrset.rdtype == dns.rdatatype.RRSIG for each in rrset]


def _seen(signatures: Sequence[Any]) -> tuple[str, str] | None:
    """Return what the signatures' dates show, whatever the resolver says: not all say it, and not all rightly."""
    if not signatures:
        return _CAUSES[10]
    now = time.time()
    if all(each.expiration < now for each in signatures):
        return _CAUSES[7]
    return _CAUSES[8] if all(each.inception > now for each in signatures) else None


def _beyond(
    server: NameServer, rrset: RRset | None, signatures: RRset | None, codes: list[int], end: float
) -> tuple[str, str]:
    """Return the cause where the dates are right: what the resolver says, or an earlier refusal that it keeps."""
    if rrset and signatures and _fits(server, rrset, signatures, end):
        return _CAUSES[9] if 9 in codes else _KEPT
    return next((_CAUSES[code] for code in codes if code in _CAUSES), _CAUSES[6])


def _fits(server: NameServer, rrset: RRset, signatures: RRset, end: float) -> bool:
    """Whether a record set is signed by a key of the zone, as the resolver has that."""
    import dns.dnssec
    import dns.exception

    zone = signatures[0].signer
    answer = _unchecked(server, zone.to_text(), "DNSKEY", end)
    keys = signed(answer, zone.to_text(), "DNSKEY")[0] if answer else None
    if keys is None:
        return False
    try:
        dns.dnssec.validate(rrset, signatures, {zone: keys})
    except dns.exception.ValidationFailure:
        return False
    return True
