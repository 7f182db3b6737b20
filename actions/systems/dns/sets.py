"""Record sets as they are compared and written down: a name and a type, a TTL, and values in one form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from actions.systems.dns.settings import Record, whole
from journal.errors import CleoError
from journal.structs import to_struct

if TYPE_CHECKING:
    from dns.rdataset import Rdataset
    from dns.rrset import RRset


class RecordSet(msgspec.Struct, frozen=True, order=True):
    """What a name has of one type; without values: it has none.

    Attributes:
        name: the whole name.
        kind: the type.
        values: its values in the zone file's form, whole names, sorted.
        ttl: seconds; it is not compared.
    """

    name: str
    kind: str
    values: tuple[str, ...] = ()
    ttl: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """Its name and type."""
        return self.name, self.kind

    def same(self, other: RecordSet) -> bool:
        """Whether another has the same values; TTLs run down in caches."""
        return self.values == other.values

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.name} {self.kind} {self.told}"

    @property
    def told(self) -> str:
        """Its values, in words."""
        return ", ".join(self.values) or "none"

    def lines(self) -> list[str]:
        """Return it as a zone file has it, a line a value."""
        return [f"{self.name} {self.ttl} IN {self.kind} {value}" for value in self.values]

    def rdataset(self, ttl: int) -> Rdataset:
        """Return it as dnspython has it, with a TTL in seconds."""
        import dns.rdataset

        return dns.rdataset.from_text_list("IN", self.kind, ttl, list(self.values))


def set_of(rrset: RRset) -> RecordSet:
    """Return what came in an answer."""
    import dns.rdatatype

    values = tuple(sorted(rdata.to_text() for rdata in rrset))
    return RecordSet(whole(rrset.name.to_text()), dns.rdatatype.to_text(rrset.rdtype), values, rrset.ttl)


def same_form(kind: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return values in the form in which they are compared: the zone file's, whole names, sorted.

    Raises:
        DNSException: a value is none of its type.
    """
    import dns.name
    import dns.rdata

    return tuple(
        sorted(dns.rdata.from_text("IN", kind, one, origin=dns.name.root, relativize=False).to_text() for one in values)
    )


def wanted_sets(record: Record, site: str) -> Iterator[RecordSet]:
    """Yield what a name has of each of its types when it leads to a site; without values where it has none.

    Raises:
        CleoError: a value is none of its type.
    """
    import dns.exception

    given: Mapping[str, list[str]] = {str(kind): values for kind, values in record.at(site).items()}
    for kind in record.types():
        try:
            found = same_form(kind, given.get(kind, ()))
        except (dns.exception.DNSException, ValueError) as error:
            raise CleoError(
                f"{record.name}: {', '.join(given[kind])} is no {kind} ({error}).", "Correct it in the inventory."
            ) from error
        yield RecordSet(whole(record.name), kind, found, record.ttl)


def differences(old: Iterable[RecordSet], new: Iterable[RecordSet]) -> Iterator[str]:
    """Yield the lines that go and those that come, as a diff has them; also where only the TTL is another."""
    before, after = {one.key: one for one in old}, {one.key: one for one in new}
    for key in sorted(before | after):
        gone = before[key].lines() if key in before else []
        come = after[key].lines() if key in after else []
        yield from (f"- {line}" for line in gone if line not in come)
        yield from (f"+ {line}" for line in come if line not in gone)


def written(sets: Iterable[RecordSet]) -> list[dict[str, Any]]:
    """Return sets as they are kept in a file."""
    return [msgspec.to_builtins(one) for one in sets]


def read(kept: object) -> list[RecordSet]:
    """Return sets as `written` kept them."""
    return to_struct(kept, list[RecordSet])
