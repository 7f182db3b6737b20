"""Route 53 as a service of a lab: emulated, so that AWS's way can be played without an account."""

from __future__ import annotations

from typing import Any, ClassVar

from cleo_console.lab.dns.route53.faults import FAULTS
from cleo_console.lab.dns.route53.place import RECORDS, SERVERS, ZONE, Place
from cleo_console.lab.emulated_aws import require_moto
from cleo_console.lab.ports import free_port
from cleo_console.lab.service import Done, FaultKind, LabService, Order, Say, ServiceStatus
from cleo_console.lab.station import OUTSIDE


class Route53Service(LabService):
    """AWS's API by moto, and a hosted zone's four name servers."""

    small_bytes: ClassVar[int] = 100_000
    faults: ClassVar[tuple[FaultKind, ...]] = FAULTS

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Choose the ports.

        Raises:
            CleoError: moto is not installed.
        """
        require_moto("Route 53", "route53")
        return {"port": free_port(), "ports": {each: free_port() for each in SERVERS}}

    @property
    def place(self) -> Place:
        """Where everything lies."""
        chosen = self.instance.settings
        return Place(self.lab, self.instance.name, chosen["port"], chosen["ports"])

    @property
    def title(self) -> str:
        """What people call it."""
        return "DNS (Route 53, emulated)"

    @property
    def address(self) -> str:
        """Where the first name server answers."""
        return f"127.0.0.1:{self.place.ports[SERVERS[0]]}"

    def create(self, order: Order, say: Say) -> None:
        """Make the zone, and start it."""
        say(f"Creating an emulated Route 53 with the zone {ZONE}: its API on {self.place.endpoint}.")
        self.place.make()
        self.start()

    def start(self) -> None:
        """Start it, as it was at first."""
        if self.place.process() is None:
            self.place.start()

    def stop(self) -> None:
        """End it."""
        self.place.end()

    def is_running(self) -> bool:
        """Whether it runs."""
        return self.place.process() is not None

    def status(self) -> ServiceStatus:
        """Look at the process."""
        place, found = self.place, self.place.process()
        trouble = [f"{place.mood.read_text()}; rm {place.mood} takes it back"] if place.mood.exists() else []
        lines = [(name, f"127.0.0.1:{port}") for name, port in place.ports.items()]
        pids = {"API and name servers": found.pid if found else None}
        facts = {"zone": ZONE, "endpoint": place.endpoint}
        return ServiceStatus("dns", self.address, pids, facts, [*lines, ("API", f"{place.endpoint} (moto)")], trouble)

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to reach it."""
        place = self.place
        return {
            "title": self.title,
            "site": OUTSIDE,
            "zone": ZONE,
            "servers": [{"name": name, "address": "127.0.0.1", "port": port} for name, port in place.ports.items()],
            "route53": {
                "zone_id": place.account()["zone_id"],
                "endpoint": place.endpoint,
                "credentials": str(place.credentials),
                "wait_s": 20,
            },
            "records": [dict(record) for record in RECORDS],
        }

    def inject(self, kind: FaultKind) -> Done:
        """Inject a fault."""
        return kind.inject(self.place)
