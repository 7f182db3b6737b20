"""What a hosted zone's name servers answer to a question: as authorities, by the record sets that they have."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dns.message import Message
    from dns.rrset import RRset


class Served(NamedTuple):
    """A record set: seconds that it may be cached, its values, and its weight among several."""

    ttl: int
    values: Sequence[str]
    weight: int = 1


Sets = Mapping[tuple[str, str], Sequence[Served]]
"""By name and type, several where they are weighted."""


def answer(zone: str, sets: Sets, query: Message) -> Message:
    """Return the answer to a question.

    Args:
        zone: the zone's whole name.
        sets: what it has.
        query: the question.
    """
    import dns.flags
    import dns.message
    import dns.rcode
    import dns.rdatatype

    made = dns.message.make_response(query)
    name = query.question[0].name.to_text().lower()
    if name != zone and not name.endswith(f".{zone}"):
        made.set_rcode(dns.rcode.REFUSED)
        return made
    made.flags |= dns.flags.AA
    kind = dns.rdatatype.to_text(query.question[0].rdtype)
    if _add(made, name, sets, kind) or _add(made, name, sets, "CNAME"):
        return made
    if not any(owner == name or owner.endswith(f".{name}") for owner, _ in sets):
        made.set_rcode(dns.rcode.NXDOMAIN)
    _say_none(made, zone, sets)
    return made


def _add(made: Message, name: str, sets: Sets, kind: str) -> bool:
    """Add what a name has of a type, one of several by chance; whether it has any."""
    found = [one for one in sets.get((name, kind), ()) if one.weight]
    if not found:
        return False
    chosen = random.choices(found, [one.weight for one in found])[0]  # no secret
    made.answer.append(_rrset(name, chosen.ttl, kind, chosen.values))
    return True


def _rrset(name: str, ttl: int, kind: str, values: Sequence[str]) -> RRset:
    """Return a record set; names in it are whole ones, with or without the dot."""
    import dns.name
    import dns.rrset

    return dns.rrset.from_text_list(name, ttl, "IN", kind, list(values), origin=dns.name.root, relativize=False)


def _say_none(made: Message, zone: str, sets: Sets) -> None:
    """Say that there is nothing, and for how long that may be kept."""
    for soa in sets.get((zone, "SOA"), ()):
        minimum = int(soa.values[0].split()[-1])
        made.authority.append(_rrset(zone, min(soa.ttl, minimum), "SOA", soa.values))
