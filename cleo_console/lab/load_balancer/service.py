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
from cleo_console.lab.load_balancer.faults import FAULTS
from cleo_console.lab.load_balancer.place import BACKEND, SITES, Place
from cleo_console.lab.ports import free_port
from cleo_console.lab.service import HOST, Done, FaultKind, LabService, Order, Say, ServiceStatus
from cleo_console.lab.workspace import SYSTEM_PATH
from journal.errors import CleoError


class LoadBalancerService(LabService):
    """HAProxy in front of the primary site's two servers; the DR site's two are in its configuration, disabled."""

    server_programs: ClassVar[Mapping[str, signal.Signals]] = {"haproxy": signal.SIGTERM}
    small_bytes: ClassVar[int] = 100_000
    faults: ClassVar[tuple[FaultKind, ...]] = FAULTS

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
        ports = set[int]()
        while len(ports) <= len(processes.SERVERS):
            ports.add(free_port())
        own, *others = ports
        return {"program": program, "port": own, "ports": dict(zip(processes.SERVERS, others, strict=True))}

    @property
    def place(self) -> Place:
        """Where everything lies."""
        chosen = self.instance.settings
        return Place(self.lab, self.instance.name, chosen["port"], chosen["ports"], chosen["program"])

    @property
    def title(self) -> str:
        """What people call it."""
        return "Load balancer"

    @property
    def address(self) -> str:
        """Where users come in."""
        return f"127.0.0.1:{self.place.port}"

    def create(self, order: Order, say: Say) -> None:
        """Make it, with its servers, and start all."""
        say(f"Creating HAProxy on {self.address}, with two servers at each of two sites.")
        self.place.make()
        self.start()

    def start(self) -> None:
        """Start HAProxy, and the servers that do not run."""
        self.start_helpers()
        if not self.is_running():
            processes.start_haproxy(self.place)

    def stop(self) -> None:
        """End HAProxy and the servers."""
        processes.end_all(self.place)

    def is_running(self) -> bool:
        """Whether HAProxy runs."""
        return bool(processes.haproxy(self.place))

    def start_helpers(self) -> list[str]:
        """Start the servers that do not run."""
        missing = [name for name in processes.SERVERS if processes.server(self.place, name) is None]
        for name in missing:
            processes.start_server(self.place, name)
        return missing

    def status(self) -> ServiceStatus:
        """Look at the processes."""
        place, own = self.place, processes.haproxy(self.place)
        pids: dict[str, int | None] = {"haproxy": own[0].pid if own else None}
        for name in processes.SERVERS:
            found = processes.server(place, name)
            pids[name] = found.pid if found else None
        red = [name for name in processes.SERVERS if place.red(name).exists()]
        trouble = [f"{name} is healthy, and not ready" for name in red]
        lines = [("load balancer", f"HAProxy, http://{self.address}"), ("admin socket", str(place.socket))]
        return ServiceStatus("load_balancer", self.address, pids, {"red": red}, lines, trouble)

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to reach it."""
        place = self.place
        return {
            "title": self.title,
            "host": HOST,
            "socket": str(place.socket),
            "backend": BACKEND,
            "pools": {
                site: [{"name": name, "address": f"127.0.0.1:{place.ports[name]}"} for name in names]
                for site, names in SITES.items()
            },
            "one_primary": True,
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
