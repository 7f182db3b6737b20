"""What a lab is doing at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cleo_console.lab.fault_log import Fault, injected_faults
from cleo_console.lab.inventory import inventory_path
from cleo_console.lab.service import LabService, ServiceStatus


@dataclass(frozen=True)
class LabStatus:
    """A lab at one moment.

    Args:
        directory: the lab's folder.
        inventory: its inventory file.
        services: its services, by name.
        faults: what was injected so far.
    """

    directory: str
    inventory: str
    services: dict[str, ServiceStatus]
    faults: list[Fault]

    @property
    def whole(self) -> bool:
        """Whether everything that belongs to the lab runs and answers."""
        return all(service.whole for service in self.services.values())

    def as_data(self) -> dict[str, Any]:
        """All of it for a program to read."""
        data = asdict(self)
        for name, service in self.services.items():
            del data["services"][name]["lines"]
            data["services"][name]["whole"] = service.whole
        return {**data, "whole": self.whole}


def read_status(lab: Path, services: Mapping[str, LabService]) -> LabStatus:
    """Look at the lab; nothing is changed, and what cannot be read is said."""
    found = {name: service.status() for name, service in services.items()}
    return LabStatus(str(lab), str(inventory_path(lab)), found, injected_faults(lab))
