"""What name servers and resolvers answer for some record sets: all of them are asked at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec

from actions.systems.dns.bogus import refusal, stale_words
from actions.systems.dns.exchange import UNREACHED, NoAnswer, Why, ask
from actions.systems.dns.sets import RecordSet, set_of
from actions.systems.dns.settings import DnsSettings, NameServer, whole

if TYPE_CHECKING:
    from dns.message import Message

ASK_S = 3.0
"""Seconds that one server may take."""

UNSTALE = "Nothing runs out there: see whether it reaches the zone's name servers; flush its cache, where it is ours."
"""What helps against an answer beyond its TTL."""

Keys = Sequence[tuple[str, str]]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What an authority has, by whatever way it was asked.

    Attributes:
        sets: what it has, by name and type; empty sets where it says that there is nothing.
        why: what is in the way of an answer, in a word; empty: nothing is.
        words: the same in words.
        hint: what to do about it.
    """

    sets: dict[tuple[str, str], RecordSet] = {}
    why: str = ""
    words: str = ""
    hint: str = ""

    def has(self, wanted: Iterable[RecordSet]) -> bool:
        """Whether it answers with all of these values."""
        return not self.why and all(self.sets[one.key].same(one) for one in wanted)

    def other(self, wanted: Iterable[RecordSet]) -> list[RecordSet]:
        """Return what it has instead of these."""
        return [self.sets[one.key] for one in wanted if not self.why and not self.sets[one.key].same(one)]


class Answers(Held, frozen=True, kw_only=True):
    """What one server answered.

    Attributes:
        server: who was asked.
        resolver: it is asked as users do; else as an authority.
        missing: the names of which it says that they do not exist at all (NXDOMAIN).
        serial: of the zone, as an authority has it.
        own_zone: a resolver answers with authority of its own: it has a zone of that name.
        stale: what a resolver answers beyond the TTL by its own words (RFC 8767), and these, by name and type. Such an
            answer agrees with nothing: what it would say if it asked the name servers is not known.
    """

    server: NameServer
    resolver: bool = False
    missing: list[str] = []
    serial: int | None = None
    own_zone: bool = False
    stale: dict[tuple[str, str], str] = {}

    @property
    def down(self) -> bool:
        """Whether nothing came back from it at all."""
        return self.why in UNREACHED

    def agrees(self, wanted: Iterable[RecordSet]) -> bool:
        """Whether it answers with all of these values, and none of that is stale."""
        wanted = list(wanted)
        return self.has(wanted) and not any(one.key in self.stale for one in wanted)

    def differing(self, wanted: Iterable[RecordSet]) -> list[RecordSet]:
        """Return what it has instead of these, and what it has of them that is stale."""
        wanted = [] if self.why else list(wanted)
        return [self.sets[one.key] for one in wanted if one.key in self.stale or not self.sets[one.key].same(one)]

    def running_out(self, wanted: Iterable[RecordSet]) -> list[RecordSet]:
        """Return what it has instead of these until its TTL is over."""
        return [one for one in self.other(wanted) if one.key not in self.stale]

    def told(self, wanted: Iterable[RecordSet]) -> str:
        """Return in words what it says, as against what is wanted."""
        if self.why:
            return f"{self.server.name}: {self.words}"
        wanted = list(wanted)
        if other := self.differing(wanted):
            return f"{self.server.name}: " + "; ".join(self._instead(one) for one in other)
        serial = f", serial {self.serial}" if self.serial is not None else ""
        values = ", ".join(dict.fromkeys(one.told for one in wanted if one.values))
        return f"{self.server.name}: {values}{serial}"

    def told_alone(self, wanted: Iterable[RecordSet] | None = None) -> str:
        """Return the same without the server's name; without ``wanted`` only what is stale."""
        return self.told(self.sets.values() if wanted is None else wanted).partition(": ")[2]

    def _instead(self, one: RecordSet) -> str:
        """Say what it has instead, and for how long yet where that is cached."""
        what = "NXDOMAIN" if one.name in self.missing else one.told
        if said := self.stale.get(one.key):
            return f"{one.name} {one.kind} {what}, stale: beyond its TTL ({said})"
        left = f", for {one.ttl} s yet" if self.resolver else f", serial {self.serial}"
        return f"{one.name} {one.kind} {what}{left}"


def look_at_all(settings: DnsSettings, keys: Keys, deadline_s: float = ASK_S) -> list[Answers]:
    """Return what every authoritative server and every resolver answers; all are asked at once.

    Args:
        settings: the zone.
        keys: names and types.
        deadline_s: seconds that each of them may take, and so all of them.
    """
    asked = [(one, False) for one in settings.servers] + [(one, True) for one in settings.resolvers]
    with ThreadPoolExecutor(max_workers=len(asked)) as pool:
        waiting = [pool.submit(look_at, settings, server, keys, resolver, deadline_s) for server, resolver in asked]
        return [one.result() for one in waiting]


def look_at(
    settings: DnsSettings, server: NameServer, keys: Keys, resolver: bool = False, deadline_s: float = ASK_S
) -> Answers:
    """Return what one server answers.

    Args:
        settings: the zone.
        server: who is asked.
        keys: names and types.
        resolver: ask it as users do, from its cache too; else as an authority.
        deadline_s: seconds for all of it.
    """
    end = time.monotonic() + deadline_s
    sets: dict[tuple[str, str], RecordSet] = {}
    missing: list[str] = []
    stale: dict[tuple[str, str], str] = {}
    own, serial = False, None
    try:
        if not resolver:
            serial = _serial(settings, server, deadline_s)
        for name, kind in keys:
            answer = _asked(server, name, kind, resolver, end - time.monotonic())
            sets[name, kind] = _found(answer, name, kind)
            own = own or (resolver and _has_authority(answer))
            if resolver and (said := stale_words(answer)):
                stale[name, kind] = said
            missing += [name] if _is_missing(answer) and name not in missing else []
    except NoAnswer as error:
        return Answers(server=server, resolver=resolver, why=error.why, words=error.words, hint=error.hint)
    seen = Answers(server=server, resolver=resolver, sets=sets, missing=missing, serial=serial)
    return msgspec.structs.replace(seen, own_zone=own, stale=stale)


def _serial(settings: DnsSettings, server: NameServer, deadline_s: float) -> int:
    """Return the zone's serial at an authority."""
    import dns.rdatatype

    zone = whole(settings.zone)
    answer = _asked(server, zone, "SOA", False, deadline_s)
    for rrset in answer.answer:
        if rrset.rdtype == dns.rdatatype.SOA and whole(rrset.name.to_text()) == zone:
            return int(rrset[0].serial)
    raise NoAnswer("unusable", server, f"tells no serial of {zone}")


def _asked(server: NameServer, name: str, kind: str, resolver: bool, left_s: float) -> Message:
    """Return an answer that says yes or no of a name: not one that says that the server cannot."""
    import dns.flags
    import dns.message
    import dns.rcode

    end = time.monotonic() + left_s
    if left_s <= 0:
        raise NoAnswer("timeout", server, "no answer in time")
    query = dns.message.make_query(name, kind, use_edns=resolver)  # without it a resolver may not say why it fails
    if not resolver:
        query.flags &= ~dns.flags.RD
    answer = ask(server, query, left_s)
    code = answer.rcode()
    if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        if resolver and code == dns.rcode.SERVFAIL:
            refused = refusal(server, name, kind, answer, end - time.monotonic())
            raise NoAnswer(refused.why, server, refused.words, refused.hint)
        why: Why = code.name if code.name in ("REFUSED", "SERVFAIL", "NOTAUTH") else "other"  # type: ignore[assignment]
        raise NoAnswer(why, server, f"answers {dns.rcode.to_text(code)} for {name} {kind}")
    if not resolver and not _has_authority(answer):
        raise NoAnswer("NOTAUTH", server, f"answers for {name} without authority: it does not have the zone")
    return answer


def _has_authority(answer: Message) -> bool:
    import dns.flags

    return bool(answer.flags & dns.flags.AA)


def _is_missing(answer: Message) -> bool:
    import dns.rcode

    return bool(answer.rcode() == dns.rcode.NXDOMAIN)


def _found(answer: Message, name: str, kind: str) -> RecordSet:
    """Return what the answer says that the name itself has; behind an alias lies another name's."""
    import dns.rdatatype

    for rrset in answer.answer:
        if dns.rdatatype.to_text(rrset.rdtype) == kind and whole(rrset.name.to_text()) == name:
            return set_of(rrset)
    negative = [min(one.ttl, one[0].minimum) for one in answer.authority if one.rdtype == dns.rdatatype.SOA]
    return RecordSet(name, kind, (), negative[0] if negative else 0)
