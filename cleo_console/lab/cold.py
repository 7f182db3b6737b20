"""A cold standby as a service of a lab: a host at the DR site with programs and configuration, and without data."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from cleo_console.lab.service import FaultKind, LabService, Say, ServiceStatus


class ColdHost(LabService):
    """What such a standby of any type is; it stands before the type's own class among the bases."""

    faults: ClassVar[tuple[FaultKind, ...]] = ()
    can_back_up_to_bucket: ClassVar[bool] = False

    @abstractmethod
    def restored(self) -> str:
        """Return what was restored there, in words; empty: nothing yet."""

    def pids_of_restored(self) -> dict[str, int | None]:
        """Return the processes of what was restored there."""
        return {}

    @property
    def title(self) -> str:
        """What people call it: it has its primary's name."""
        return f"cold standby of {self.instance.standby_of}"

    def announce(self, say: Say) -> None:
        """Say that its host is being prepared."""
        say(f"Preparing a host for a {self.title} on {self.address}; it has no data.")

    def start(self) -> None:
        """Nothing: what is restored there is started by who recovers it."""

    def is_running(self) -> bool:
        """It stands by as long as its host is there."""
        return True

    def status(self) -> ServiceStatus:
        """Look whether something was restored there."""
        lines = [
            ("cold standby", self.restored() or "a prepared host without data"),
            ("stands by for", self.instance.standby_of),
        ]
        return ServiceStatus(self.instance.type, self.address, self.pids_of_restored(), {}, lines, [])
