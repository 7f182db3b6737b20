"""Where everything of a lab's emulated Route 53 lies, what its zone has at first, and its process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from cleo_console.lab.emulated_aws import EmulatedAws

ZONE = "users.test"
WWW = f"www.{ZONE}"
SERVERS = ("ns-2048.awsdns-64.com", "ns-2049.awsdns-65.net", "ns-2050.awsdns-66.org", "ns-2051.awsdns-67.co.uk")
"""The zone's name servers, as the emulation calls them."""
RECORDS: tuple[Mapping[str, Any], ...] = (
    {"name": WWW, "ttl": 20, "sites": {"primary": {"A": ["192.0.2.10"]}, "dr": {"A": ["198.51.100.20"]}}},
    {
        "name": f"api.{ZONE}",
        "ttl": 20,
        "sites": {"primary": {"A": ["192.0.2.11", "192.0.2.12"]}, "dr": {"A": ["198.51.100.21"]}},
    },
    {
        "name": f"try.{ZONE}",
        "ttl": 20,
        "test": True,
        "sites": {"primary": {"CNAME": [WWW]}, "dr": {"A": ["198.51.100.20"]}},
    },
)
"""As the inventory has them; one of them changes its type."""
TTL = 60
"""Seconds that the zone's records may be cached at first."""


@dataclass(frozen=True)
class Place(EmulatedAws):
    """An emulated Route 53 of a lab.

    Args:
        ports: the port of each of the zone's name servers.
    """

    ports: Mapping[str, int]

    program: ClassVar[str] = "cleo_console.lab.dns.route53.program"
    title: ClassVar[str] = "Route 53"

    @property
    def mood(self) -> Path:
        """What it does otherwise than it should, in a word; missing: nothing."""
        return self.workspace.directory / "mood"

    def said(self) -> dict[str, Any]:
        """See `EmulatedAws`."""
        return {"ports": dict(self.ports), "mood": str(self.mood)}
