"""Whether a signed zone's answers are valid: who validates gets SERVFAIL for others, and nobody else notices."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from actions.outcome import Finding
from actions.systems.dns.bogus import RESIGN, signed
from actions.systems.dns.exchange import NoAnswer, ask
from actions.systems.dns.looking import ASK_S, Keys
from actions.systems.dns.settings import DnsSettings, NameServer, whole

if TYPE_CHECKING:
    from dns.message import Message
    from dns.rrset import RRset

_SOON_S = 3 * 86400


def dnssec_findings(settings: DnsSettings, server: NameServer, keys: Keys) -> Iterator[Finding]:
    """Yield what is wrong with the signatures of a signed zone; nothing for one that is not signed.

    Args:
        settings: the zone.
        server: the authority that is asked.
        keys: the names and types of the records.
    """
    zone = whole(settings.zone)
    try:
        dnskeys, _ = signed(_ask(server, zone, "DNSKEY"), zone, "DNSKEY")
        if dnskeys is None:
            return
        for name, kind in keys:
            yield from _of_record(server, dnskeys, name, kind)
    except NoAnswer as error:
        yield Finding(severity="warning", about="DNSSEC", text=f"not looked at: {error.message}")


def _of_record(server: NameServer, dnskeys: RRset, name: str, kind: str) -> Iterator[Finding]:
    """Yield what is wrong with one record set's signatures."""
    import dns.dnssec
    import dns.exception

    rrset, signatures = signed(_ask(server, name, kind), name, kind)
    if rrset is None:
        return
    if signatures is None:
        text = f"{kind} is not signed, and the zone is: who validates gets SERVFAIL"
        yield Finding(severity="wrong", about=name, text=text, cure=RESIGN)
        return
    try:
        dns.dnssec.validate(rrset, signatures, {dnskeys.name: dnskeys})
    except dns.exception.ValidationFailure as error:
        text = f"{kind}: no valid signature ({error}): who validates gets SERVFAIL"
        yield Finding(severity="wrong", about=name, text=text, cure=RESIGN)
        return
    left_s = min(signature.expiration for signature in signatures) - time.time()
    if left_s < _SOON_S:
        text = f"{kind}: its signature expires in {left_s / 3600:.0f} h"
        yield Finding(severity="warning", about=name, text=text, cure="See that the zone's signer still runs.")


def _ask(server: NameServer, name: str, kind: str) -> Message:
    import dns.message

    return ask(server, dns.message.make_query(name, kind, want_dnssec=True), ASK_S)
