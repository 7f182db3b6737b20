"""A load balancer as a service of a lab: HAProxy, and two servers at each of two sites."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from cleo_console.lab.load_balancer import processes
from cleo_console.lab.load_balancer.elbv2.service import Elbv2Service
from cleo_console.lab.load_balancer.faults import FAULTS
from cleo_console.lab.load_balancer.place import BACKEND, Place
from cleo_console.lab.ports import free_port
from cleo_console.lab.service import Done, FaultKind, LabService, Order, Say, ServiceStatus
from cleo_console.lab.station import DR, SITE_PORT, stations_of
from cleo_console.lab.workspace import SYSTEM_PATH
from journal.errors import CleoError

_HTTP = 80
"""Its port at each of two sites."""


class LoadBalancerService(LabService):
    """HAProxy in front of the primary site's two servers; the DR site's two are in its configuration, disabled."""

    server_programs: ClassVar[Mapping[str, signal.Signals]] = {"haproxy": signal.SIGTERM}
    small_bytes: ClassVar[int] = 100_000
    at_sites: ClassVar[bool] = True
    own_site: ClassVar[str] = DR
    faults: ClassVar[tuple[FaultKind, ...]] = FAULTS
    managed: ClassVar[Mapping[str, type[LabService]]] = {"elbv2": Elbv2Service}

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Find HAProxy, and choose the ports."""
        program = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")
        if not program:
            sudo = "" if os.geteuid() == 0 else "sudo "
            raise CleoError(
                "The lab needs a program that is not installed: haproxy.",
                f"Install it: {sudo}apt-get install --no-install-recommends haproxy",
            )
        return {"program": program, "port": free_port(), "ports": {each: free_port() for each in processes.SERVERS}}

    @property
    def places(self) -> list[Place]:
        """Where everything lies: one, or an HAProxy at each site, in front of the application at both."""
        chosen, stations = self.instance.settings, stations_of(self.instance)
        sites = {site: one for site, one in stations.items() if one.namespace}
        api = {site: f"{one.address}:{SITE_PORT}" for site, one in sites.items()}
        folder, program = self.lab / self.instance.name, chosen["program"]
        at_sites = [Place(folder, site, _HTTP, {}, program, one, api) for site, one in sites.items()]
        return at_sites or [Place(self.lab, self.instance.name, chosen["port"], chosen["ports"], program)]

    @property
    def place(self) -> Place:
        """The one that the console acts on: with two sites the one of the DR site."""
        return self.places[-1]

    @property
    def title(self) -> str:
        """What people call it."""
        return "Load balancer"

    @property
    def address(self) -> str:
        """Where users come in."""
        return self.place.frontend

    def create(self, order: Order, say: Say) -> None:
        """Make it, with its servers, and start all."""
        servers = "in front of the API at both sites" if self.place.api else "with two servers at each of two sites"
        say(f"Creating HAProxy on {', '.join(each.frontend for each in self.places)}, {servers}.")
        for each in self.places:
            each.lab.mkdir(exist_ok=True)
            each.make()
        self.start()

    def start(self) -> None:
        """Start HAProxy, and the servers that do not run."""
        self.start_helpers()
        for each in self.places:
            if not processes.haproxy(each):
                processes.start_haproxy(each)

    def stop(self) -> None:
        """End HAProxy and the servers."""
        for each in self.places:
            processes.end_all(each)

    def is_running(self) -> bool:
        """Whether HAProxy runs."""
        return bool(processes.haproxy(self.place))

    def start_helpers(self) -> list[str]:
        """Start the servers that do not run."""
        missing = [name for name in self._own_servers if processes.server(self.place, name) is None]
        for name in missing:
            processes.start_server(self.place, name)
        return missing

    def status(self) -> ServiceStatus:
        """Look at the processes."""
        place = self.place
        pids: dict[str, int | None] = {}
        for each in self.places:
            own = processes.haproxy(each)
            pids[f"haproxy at {each.name}" if each.api else "haproxy"] = own[0].pid if own else None
        for name in self._own_servers:
            found = processes.server(place, name)
            pids[name] = found.pid if found else None
        red = [name for name in self._own_servers if place.red(name).exists()]
        trouble = [f"{name} is healthy, and not ready" for name in red]
        lines = [("load balancer", f"HAProxy, http://{self.address}"), ("admin socket", str(place.socket))]
        return ServiceStatus("load_balancer", self.address, pids, {"red": red}, lines, trouble)

    @property
    def _own_servers(self) -> tuple[str, ...]:
        return () if self.place.api else processes.SERVERS

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to reach it."""
        place = self.place
        return {
            "title": self.title,
            "host": place.station.host,
            "socket": str(place.socket),
            "backend": BACKEND,
            "pools": {
                site: [{"name": name, "address": address} for name, address in servers.items()]
                for site, servers in place.pools.items()
            },
            "one_primary": not place.api,
            "step_s": 3.0,
            "drain_s": 5.0,
            "health_s": 5.0,
            "frontend": f"http://{self.address}",
            "config": str(place.config),
            "state_file": str(place.state_file),
            "program": place.program,
            "reload": ["sh", str(place.reload_script)],
            "python": sys.executable,
        }

    def keep_offsite(self, folder: Path) -> dict[str, Any]:
        """Say nothing: it has no backups."""
        return {}

    def inject(self, kind: FaultKind) -> Done:
        """Inject a fault."""
        return kind.inject(self.place)
