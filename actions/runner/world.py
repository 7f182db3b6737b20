"""The systems that a runner works on: real or simulated."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from actions.action import Action
from actions.health import Health
from actions.inventory import Inventory
from actions.transport import HostSpec, Transport
from journal.events.envelope import Clock
from journal.incident.exposure import SecondPlace
from journal.plan.action_spec import Catalogue

Probe = Callable[[float], Health]
"""Looks at one system's health within a deadline in seconds; call it by `actions.overview.measurements.measure`."""


class Copies(Protocol):
    """Looks at what of one system is in the second place, from one thread.

    Attributes:
        site: where the second place is.
    """

    site: str

    def look(self) -> SecondPlace | None:
        """Return what is there; None: the system's repository is not copied.

        Raises:
            CleoError: nobody can look.
        """


@dataclass(frozen=True)
class World:
    """Everything beyond the journal that a runner can reach.

    Attributes:
        registry: what can be run, by name. A tabletop's registry holds simulated actions only.
        catalogue: what the plan may name, whether it can be run or not.
        inventory: the environment's systems.
        open_transport: opens the way to a host. A tabletop's refuses.
        probes: measures each system's health, by the system's name.
        copies: looks at the second place, by the system's name; none where there is no second place.
        locks: the folder that says which incident has claimed which target.
        clock: tells the time of its events. A tabletop's is that of its exercise.
        seconds: counts the seconds that pass in it.
    """

    registry: Mapping[str, Action]
    catalogue: Catalogue
    inventory: Inventory
    open_transport: Callable[[HostSpec], Transport]
    probes: Mapping[str, Probe] = field(default_factory=dict)
    copies: Mapping[str, Copies] = field(default_factory=dict)
    locks: Path | None = None
    clock: Clock = field(default_factory=Clock)
    seconds: Callable[[], float] = time.monotonic
