"""DNS as a service of a lab: a zone on a primary and a secondary, and a resolver that caches."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any, ClassVar

from cleo_console.lab.dns import server
from cleo_console.lab.dns.faults import FAULTS
from cleo_console.lab.dns.place import (
    KEY,
    PRIMARY,
    RESOLVER,
    SECONDARY,
    SERVERS,
    ZONE,
    Place,
    configure,
)
from cleo_console.lab.dns.route53.service import Route53Service
from cleo_console.lab.ports import free_port
from cleo_console.lab.service import Done, FaultKind, LabService, Order, Say, ServiceStatus
from cleo_console.lab.station import DR, stations_of


class DnsService(LabService):
    """A zone with its servers."""

    server_programs: ClassVar[Mapping[str, signal.Signals]] = {"named": signal.SIGTERM}
    small_bytes: ClassVar[int] = 1_000_000
    at_sites: ClassVar[bool] = True
    own_site: ClassVar[str] = DR
    faults: ClassVar[tuple[FaultKind, ...]] = FAULTS
    managed: ClassVar[Mapping[str, type[LabService]]] = {"route53": Route53Service}

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Choose a port for each server."""
        return {"programs": server.find_programs(), "ports": {each: free_port() for each in SERVERS}}

    @property
    def place(self) -> Place:
        """Where everything lies."""
        chosen = self.instance.settings
        return Place(self.lab, self.instance.name, chosen["programs"], chosen["ports"], stations_of(self.instance))

    @property
    def title(self) -> str:
        """What people call it."""
        return "DNS"

    @property
    def address(self) -> str:
        """Where the primary listens."""
        return self._where(PRIMARY)

    def create(self, order: Order, say: Say) -> None:
        """Write the zone, and start its servers."""
        say(f"Creating the zone {ZONE} on two name servers at {self.address}, and a resolver.")
        configure(self.place)
        server.start_all(self.place)

    def start(self) -> None:
        """Start the servers that do not run."""
        server.start_all(self.place)

    def start_helpers(self) -> list[str]:
        """Start the servers that do not run, where one of them does."""
        return server.start_all(self.place)

    def stop(self) -> None:
        """Stop the servers cleanly."""
        for each in reversed(SERVERS):
            if server.process_of(self.place, each):
                server.end(self.place, each)

    def is_running(self) -> bool:
        """Whether the server that takes updates runs."""
        return server.process_of(self.place, PRIMARY) is not None

    def status(self) -> ServiceStatus:
        """Look which servers run, and what they have."""
        place = self.place
        found = {each: server.process_of(place, each) for each in SERVERS}
        pids = {each: process.pid if process else None for each, process in found.items()}
        silent = [each for each, process in found.items() if process and not server.answers(place, each)]
        lines = [(each, self._where(each)) for each in SERVERS]
        trouble = [f"{each} does not answer for {ZONE}" for each in silent]
        return ServiceStatus("dns", self.address, pids, {"zone": ZONE, "ports": dict(place.ports)}, lines, trouble)

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to reach it."""
        return {
            "title": self.title,
            "zone": ZONE,
            "primary": PRIMARY,
            "servers": [self._server(each) for each in (PRIMARY, SECONDARY)],
            "resolvers": [self._server(RESOLVER)],
            "key": {"name": KEY, "secret": {"file": str(self.place.key_file)}},
            "records": self.place.records,
        }

    def _server(self, name: str) -> dict[str, Any]:
        place = self.place
        site = {"site": place.site(name)} if place.site(name) else {}
        return {"name": name, "address": place.station(name).address, "port": place.ports[name], **site}

    def _where(self, name: str) -> str:
        return f"{self.place.station(name).address}:{self.place.ports[name]}"

    def inject(self, kind: FaultKind) -> Done:
        """Inject a fault."""
        return kind.inject(self.place)
