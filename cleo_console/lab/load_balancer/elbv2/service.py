"""An ELBv2 as a service of a lab: emulated, so that AWS's way can be played without an account."""

from __future__ import annotations

from typing import Any, ClassVar

from cleo_console.lab.emulated_aws import require_moto
from cleo_console.lab.load_balancer.elbv2.faults import FAULTS
from cleo_console.lab.load_balancer.elbv2.place import GROUPS, Place
from cleo_console.lab.ports import free_port
from cleo_console.lab.service import Done, FaultKind, LabService, Order, Say, ServiceStatus
from cleo_console.lab.station import OUTSIDE


class Elbv2Service(LabService):
    """AWS's API by moto, and a front door whose users are divided as the listener has it."""

    small_bytes: ClassVar[int] = 100_000
    faults: ClassVar[tuple[FaultKind, ...]] = FAULTS

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Choose the ports.

        Raises:
            CleoError: moto is not installed.
        """
        require_moto("ELBv2", "ec2,elbv2")
        return {"port": free_port(), "front": free_port()}

    @property
    def place(self) -> Place:
        """Where everything lies."""
        chosen = self.instance.settings
        return Place(self.lab, self.instance.name, chosen["port"], chosen["front"])

    @property
    def title(self) -> str:
        """What people call it."""
        return "Load balancer (AWS, emulated)"

    @property
    def address(self) -> str:
        """Where users come in."""
        return f"127.0.0.1:{self.place.front}"

    def create(self, order: Order, say: Say) -> None:
        """Make the account, and start it."""
        say(f"Creating an emulated ELBv2: its API on {self.place.endpoint}, its users on http://{self.address}.")
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
        trouble = [f"no target of {place.sick.read_text()} is healthy"] if place.sick.exists() else []
        lines = [("users", f"http://{self.address}"), ("API", f"{place.endpoint} (moto)")]
        pids = {"API and front door": found.pid if found else None}
        return ServiceStatus("load_balancer", self.address, pids, {"endpoint": place.endpoint}, lines, trouble)

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to reach it."""
        place, arns = self.place, self.place.account()
        return {
            "title": self.title,
            "site": OUTSIDE,
            "provider": "elbv2",
            "elbv2": {
                "load_balancer": arns["load_balancer"],
                "listener": arns["listener"],
                "endpoint": place.endpoint,
                "credentials": str(place.credentials),
            },
            "pools": {site: [{"name": GROUPS[site], "address": arn}] for site, arn in arns["groups"].items()},
            "one_primary": True,
            "step_s": 3.0,
            "health_s": 5.0,
            "frontend": f"http://{self.address}",
        }

    def inject(self, kind: FaultKind) -> Done:
        """Inject a fault."""
        return kind.inject(self.place)
