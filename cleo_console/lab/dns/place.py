"""One zone of a lab: its servers' folders and ports, the key, and what is in the zone at first."""

from __future__ import annotations

import os
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cleo_console.lab.account import Account
from cleo_console.lab.station import DR, HERE, OUTSIDE, Station
from cleo_console.lab.station import PRIMARY as HOME
from cleo_console.lab.workspace import Workspace, write_secret
from journal.errors import CleoError

ZONE, KEY, ADDRESS = "dr.test", "cleo", "127.0.0.1"
PRIMARY, SECONDARY, RESOLVER = "ns1.dr.test", "ns2.dr.test", "resolver"
SERVERS = (PRIMARY, SECONDARY, RESOLVER)
RECORDS = (
    {"name": "www.dr.test", "ttl": 20, "sites": {"primary": {"A": ["192.0.2.10"]}, "dr": {"A": ["198.51.100.20"]}}},
    {
        "name": "api.dr.test",
        "ttl": 20,
        "sites": {
            "primary": {"A": ["192.0.2.11", "192.0.2.12"], "AAAA": ["2001:db8:1::11"]},
            "dr": {"A": ["198.51.100.21"]},
        },
    },
    {
        "name": "try.dr.test",
        "ttl": 20,
        "test": True,
        "sites": {"primary": {"CNAME": ["www.dr.test"]}, "dr": {"A": ["198.51.100.20"]}},
    },
)
"""As the inventory has them; one of them changes its type."""
ZONE_FILE = f"""\
$TTL 30
@ IN SOA {PRIMARY}. admin.dr.test. ( 1 60 10 3600 30 )
@ IN NS {PRIMARY}.
@ IN NS {SECONDARY}.
ns1 IN A {ADDRESS}
ns2 IN A {ADDRESS}
www IN A 192.0.2.10
api IN A 192.0.2.11
api IN A 192.0.2.12
api IN AAAA 2001:db8:1::11
try IN CNAME www
other IN TXT "nobody's business"
"""
_SITES_ZONE = f"""\
$TTL 30
@ IN SOA {PRIMARY}. admin.dr.test. ( 1 60 10 3600 30 )
@ IN NS {PRIMARY}.
@ IN NS {SECONDARY}.
ns1 IN A {{ns1}}
ns2 IN A {{ns2}}
"""
_TTL = 5
"""Seconds that the records of two sites may be cached."""


@dataclass(frozen=True)
class Place:
    """A zone of a lab.

    Args:
        lab: the lab's folder.
        name: the service's name.
        programs: the folder of BIND's programs.
        ports: each server's port.
        stations: the lab's, by site; nothing where all is on loopback.
    """

    lab: Path
    name: str
    programs: str
    ports: Mapping[str, int]
    stations: Mapping[str, Station] = field(default_factory=dict)

    def station(self, server: str) -> Station:
        """Where a server runs: with two sites, the one that takes updates at the DR site, and a resolver outside."""
        return self.stations.get({PRIMARY: DR, SECONDARY: HOME}.get(server, OUTSIDE), HERE)

    def site(self, server: str) -> str:
        """The site that a server stands at; empty: outside."""
        there = {PRIMARY: HOME, SECONDARY: DR} if not self.stations else {PRIMARY: DR, SECONDARY: HOME}
        return there.get(server, "")

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records that lead users to a site, as the inventory has them."""
        if not self.stations:
            return [dict(record) for record in RECORDS]
        sites = {site: {"A": [self.stations[site].address]} for site in (HOME, DR)}
        return [{"name": f"{name}.{ZONE}", "ttl": _TTL, "sites": sites} for name in ("www", "api")]

    @property
    def zone_text(self) -> str:
        """The zone as it is at first: its records lead to the primary site."""
        if not self.stations:
            return ZONE_FILE
        head = _SITES_ZONE.format(ns1=self.station(PRIMARY).address, ns2=self.station(SECONDARY).address)
        home = self.stations[HOME].address
        return head + "".join(f"{record['name']}. {record['ttl']} IN A {home}\n" for record in self.records)

    def at(self, server: str) -> Workspace:
        """The service's folder, for what a server runs in it."""
        return replace(self.workspace, station=self.station(server))

    @property
    def workspace(self) -> Workspace:
        """The service's folder; everything in it is ours."""
        return Workspace(self.lab, self.name, Account("", os.geteuid(), os.getegid()))

    @property
    def key_file(self) -> Path:
        """The key's secret, as the console reads it."""
        return self.workspace.secrets / KEY

    def folder(self, server: str) -> Path:
        """The folder that a server works in."""
        return self.workspace.directory / server.partition(".")[0]

    def config(self, server: str) -> Path:
        """A server's configuration."""
        return self.folder(server) / "named.conf"

    def log(self, server: str) -> Path:
        """What a server writes."""
        return self.workspace.log(server.partition(".")[0])


def configure(place: Place) -> None:
    """Write key, configurations and the zone.

    Raises:
        CleoError: the folder cannot be made.
    """
    place.workspace.make()
    secret = b64encode(secrets.token_bytes(32)).decode()
    account = place.workspace.account
    write_secret(place.key_file, secret, account.uid, account.gid)
    key = place.workspace.secrets / "key.conf"
    write_secret(key, f'key "{KEY}" {{ algorithm hmac-sha256; secret "{secret}"; }};', account.uid, account.gid)
    for server in SERVERS:
        place.folder(server).mkdir(exist_ok=True)
        place.config(server).write_text(_configuration(place, server, key))
    (place.folder(PRIMARY) / "zone").write_text(place.zone_text)


def _configuration(place: Place, server: str, key: Path) -> str:
    folder, ports = place.folder(server), place.ports
    address, first, second = (place.station(each).address for each in (server, PRIMARY, SECONDARY))
    own, zone = {
        PRIMARY: (
            f'recursion no; notify explicit; also-notify {{ {second} port {ports[SECONDARY]} key "{KEY}"; }}; '
            "notify-delay 0; serial-query-rate 100;",
            f'type primary; file "zone"; update-policy {{ grant {KEY} zonesub ANY; }};',
        ),
        SECONDARY: (
            "recursion no; notify no; masterfile-format text; min-refresh-time 1; min-retry-time 1;",
            f'type secondary; file "zone"; allow-notify {{ {first}; }}; '
            f'primaries {{ {first} port {ports[PRIMARY]} key "{KEY}"; }};',
        ),
        RESOLVER: (
            "recursion yes; allow-recursion { any; }; max-ncache-ttl 20;",
            f"type forward; forward only; "
            f"forwarders {{ {first} port {ports[PRIMARY]}; {second} port {ports[SECONDARY]}; }};",
        ),
    }[server]
    return f"""\
include "{key}";
options {{
  directory "{folder}"; pid-file "{folder}/pid"; session-keyfile "{folder}/session.key"; lock-file none;
  managed-keys-directory "{folder}"; listen-on port {ports[server]} {{ {address}; }}; listen-on-v6 {{ none; }};
  query-source address {address}; notify-source {address}; transfer-source {address};
  dnssec-validation no; allow-query {{ any; }}; allow-transfer {{ key "{KEY}"; }};
  allow-new-zones no; empty-zones-enable no;
  {own}
}};
controls {{ }};
zone "{ZONE}" {{ {zone} }};
"""


def require(found: bool, words: str) -> None:
    """Refuse what the lab's state does not allow.

    Raises:
        CleoError: it does not.
    """
    if not found:
        raise CleoError(words, "Start it again: cleo lab up.")
