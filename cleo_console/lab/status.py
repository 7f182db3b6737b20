"""What a lab is doing at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cleo_console.lab.fault_log import Fault, injected_faults
from cleo_console.lab.post.place import Post
from cleo_console.lab.second_place.place import SecondPlace
from cleo_console.lab.service import LabService, ServiceStatus
from cleo_console.lab.sites.place import Sites
from cleo_console.lab.workspace import inventory_path


@dataclass(frozen=True)
class LabStatus:
    """A lab at one moment.

    Args:
        directory: the lab's folder.
        inventory: its inventory file.
        services: its services, by name.
        faults: what was injected so far.
        second_place: where its backups are copied to; None: nowhere.
        sites: its two sites' network; None: all is on loopback.
        post: its mail server and webhook; None: it has none.
    """

    directory: str
    inventory: str
    services: dict[str, ServiceStatus]
    faults: list[Fault]
    second_place: ServiceStatus | None = None
    sites: ServiceStatus | None = None
    post: ServiceStatus | None = None

    @property
    def whole(self) -> bool:
        """Whether everything that belongs to the lab runs and answers."""
        beside = [each for each in (self.second_place, self.sites, self.post) if each]
        return all(each.whole for each in (*self.services.values(), *beside))

    def as_data(self) -> dict[str, Any]:
        """All of it for a program to read."""
        data = asdict(self)
        for name, service in self.services.items():
            del data["services"][name]["lines"]
            data["services"][name]["whole"] = service.whole
        for beside in ("second_place", "sites", "post"):
            if data[beside]:
                del data[beside]["lines"]
        return {**data, "whole": self.whole}


def read_status(
    lab: Path,
    services: Mapping[str, LabService],
    offsite: SecondPlace | None,
    sites: Sites | None = None,
    post: Post | None = None,
) -> LabStatus:
    """Look at the lab; nothing is changed, and what cannot be read is said."""
    found = {name: service.status() for name, service in services.items()}
    second = offsite.status() if offsite else None
    network, told = sites.status() if sites else None, post.status() if post else None
    return LabStatus(str(lab), str(inventory_path(lab)), found, injected_faults(lab), second, network, told)
