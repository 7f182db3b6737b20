"""What an inventory says of a zone, its name servers, and the records that lead users to a site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Annotated, Literal

import msgspec

from actions.secrets import Secret
from actions.settings import Settings, SystemSettings

RecordType = Literal["A", "AAAA", "CNAME", "HTTPS", "SVCB", "TXT", "MX", "SRV"]
Algorithm = Literal["hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha224", "hmac-sha1"]


class NameServer(Settings, frozen=True):
    """A server that is asked.

    Attributes:
        name: its name; of an authoritative one, as the zone's NS records have it.
        address: its IP address, so that finding it needs no DNS.
        port: its port, for UDP and TCP.
        site: where it stands; empty: outside of all sites.
    """

    name: str
    address: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 53
    site: str = ""

    def __post_init__(self) -> None:
        """Refuse a name in an address' place: it would be looked up in the DNS that may be broken."""
        ip_address(self.address)


class Key(Settings, frozen=True):
    """The key that updates are signed with (TSIG).

    Attributes:
        name: its name, as the server has it.
        secret: the key itself, in base64, as ``tsig-keygen`` prints it.
        algorithm: what the server has it for.
    """

    name: str
    secret: Secret
    algorithm: Algorithm = "hmac-sha256"


class Route53Settings(Settings, frozen=True, kw_only=True):
    """A hosted zone of Amazon Route 53, which is changed through its API, and asked there.

    Attributes:
        zone_id: the hosted zone's id (``Z0123456789ABC``): names are not unique there.
        endpoint: another address of the API (an emulation, a private endpoint); empty: Amazon's.
        credentials: a file on this machine that only its owner can read, as AWS's own programs have it
            (``aws_access_key_id``, ``aws_secret_access_key``); empty: whatever boto3 finds (a role).
        profile: which section of it.
        certificates: a file with the certificates to trust; empty: the usual ones.
        wait_s: seconds until all of Route 53's name servers must have a change.
    """

    zone_id: str
    endpoint: str = ""
    credentials: str = ""
    profile: str = "default"
    certificates: str = ""
    wait_s: Annotated[int, msgspec.Meta(ge=1)] = 120

    def __post_init__(self) -> None:
        """Refuse what no request could go to."""
        if self.endpoint and not self.endpoint.startswith(("http://", "https://")):
            raise ValueError(f"{self.endpoint} is no address: it begins with https://")


class Record(Settings, frozen=True):
    """A name that leads users to a site.

    Attributes:
        name: the whole name, with or without the dot at its end.
        sites: the record sets that the name has when it leads to a site: for each site, the values by type. A type that
            another site has and this one has not is removed.
        ttl: seconds that the new records may be cached.
        test: it is only for try-outs: changed without ``--production``, too.
    """

    name: str
    sites: dict[str, dict[RecordType, list[str]]]
    ttl: Annotated[int, msgspec.Meta(ge=0, le=604800)] = 60
    test: bool = False

    def __post_init__(self) -> None:
        """Refuse what no zone could hold."""
        for site, sets in self.sites.items():
            if "CNAME" in sets and len(sets) > 1:
                raise ValueError(f"{self.name} has a CNAME for {site}, and nothing else may stand beside it")
            for kind, values in sets.items():
                _check(kind, values)

    def types(self) -> list[str]:
        """Return the types that any of its sites has: those that are changed, and no other."""
        return sorted({kind for sets in self.sites.values() for kind in sets})

    def at(self, site: str) -> Mapping[RecordType, list[str]]:
        """Return the values by type that lead to a site; nothing where none do."""
        return self.sites.get(site, {})


def _check(kind: str, values: list[str]) -> None:
    if not values:
        raise ValueError(f"{kind} has no values: leave the type out where a site has none")
    if kind == "CNAME" and len(values) > 1:
        raise ValueError("a CNAME has one value")
    for value in values if kind in ("A", "AAAA") else ():
        if ip_address(value).version != (4 if kind == "A" else 6):
            raise ValueError(f"{value} is no address for {kind}")


class DnsSettings(SystemSettings, frozen=True, kw_only=True, tag="dns", tag_field="type"):
    """One zone. A private zone of the same name (a view for the inside) is a system of its own.

    Attributes:
        zone: its name.
        primary: which of the servers takes updates (RFC 2136), by its name; none where `route53` is given.
        servers: every authoritative server of the zone.
        resolvers: whom users and the application ask; some that validate DNSSEC among them.
        parents: name servers of the parent zone, asked for the DS of a signed zone; none: resolvers are, whose caches
            may have one of yesterday.
        key: what updates are signed with; none where `route53` is given.
        route53: the zone is a hosted zone of Amazon Route 53, instead of `primary` and `key`.
        records: the names that lead users to a site; nothing else is changed.
        moves_to: the site that `dns.update` points them at.
        longest_ttl: seconds that an answer may live in caches, negative ones too, for the RTO to hold.
    """

    title: str = "DNS"
    zone: str
    primary: str = ""
    servers: Annotated[list[NameServer], msgspec.Meta(min_length=1)]
    resolvers: list[NameServer] = []
    parents: list[NameServer] = []
    key: Key | None = None
    route53: Route53Settings | None = None
    records: Annotated[list[Record], msgspec.Meta(min_length=1)]
    moves_to: str = "dr"
    longest_ttl: Annotated[int, msgspec.Meta(ge=1)] = 300

    def __post_init__(self) -> None:
        """Refuse what leads out of the zone, or nowhere."""
        if problem := next(self._problems(), ""):
            raise ValueError(problem)

    def _problems(self) -> Iterator[str]:
        names = [one.name for one in (*self.servers, *self.resolvers)]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            yield f"two servers are called {twice}"
        if self.route53 and (self.primary or self.key):
            yield "route53: it has neither a primary nor a key: leave them out, or leave route53 out"
        if not self.route53 and not (self.primary and self.key):
            yield "say who is asked for a change: primary and key (RFC 2136), or route53"
        if not self.route53 and self.primary not in [one.name for one in self.servers]:
            yield f"primary: there is no server {self.primary} under servers:"
        if self.primary and self.first_server.site not in ("", self.site):
            stands = self.first_server.site
            yield f"{self.primary}, where the zone is changed, is at {stands}, not at {self.site}: say site: {stands}"
        zone = whole(self.zone)
        for record in self.records:
            if whole(record.name) != zone and not whole(record.name).endswith(f".{zone}"):
                yield f"{record.name} is not in the zone {self.zone}"
            if whole(record.name) == zone and "CNAME" in record.types():
                yield f"{record.name} is the zone's own name, where SOA and NS are: a CNAME beside them is dropped"
            if not record.at(self.moves_to):
                yield f"{record.name} has no values for the site {self.moves_to}, to which users are to be moved"

    @property
    def first_server(self) -> NameServer:
        """The server that is asked first: the one that takes updates; one of Route 53's, which are all alike."""
        return next((one for one in self.servers if one.name == self.primary), self.servers[0])

    def place(self) -> str:
        """Return the zone, and where it is changed."""
        if self.route53:
            return f"{whole(self.zone)} at Route 53, {self.route53.zone_id}"
        return f"{whole(self.zone)} at {self.first_server.address}:{self.first_server.port}"


def whole(name: str) -> str:
    """Return a name as it is compared: small letters, with the dot at its end, so that no zone is added to it."""
    return f"{name.rstrip('.').lower()}."
