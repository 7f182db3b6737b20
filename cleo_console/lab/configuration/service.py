"""A host's configuration as a service of a lab: a bare Git remote, and what runs of it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any, ClassVar

from cleo_console.lab.configuration import content
from cleo_console.lab.configuration.faults import FAULTS
from cleo_console.lab.configuration.place import BRANCH, PATHS, Place
from cleo_console.lab.second_place.place import SITE
from cleo_console.lab.service import HOST, Done, FaultKind, LabService, Order, Say, ServiceStatus
from journal.errors import CleoError


class ConfigurationService(LabService):
    """A configuration. It has no server: it runs as long as its directory is there."""

    small_bytes: ClassVar[int] = 100_000
    faults: ClassVar[tuple[FaultKind, ...]] = FAULTS

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Look whether git is there."""
        if not shutil.which("git"):
            sudo = "" if os.geteuid() == 0 else "sudo "
            raise CleoError(
                "The lab needs a program that is not installed: git.",
                f"Install it: {sudo}apt-get install --no-install-recommends git",
            )
        return {}

    @property
    def place(self) -> Place:
        """Where everything lies."""
        return Place(self.lab, self.instance.name)

    @property
    def title(self) -> str:
        """What people call it."""
        return "Configuration"

    @property
    def address(self) -> str:
        """What runs."""
        return str(self.place.directory)

    def create(self, order: Order, say: Say) -> None:
        """Make the remote with some history, and have its head run."""
        say(f"Creating a Git remote, and what runs of it at {self.address}.")
        self.place.workspace.make()
        content.make(self.place)

    def start(self) -> None:
        """There is nothing to start.

        Raises:
            CleoError: the directory is lost.
        """
        if not self.is_running():
            raise CleoError(f"{self.address} is not there.", "Restore it: cleo run configuration.restore.")

    def stop(self) -> None:
        """There is nothing to stop."""

    def is_running(self) -> bool:
        """Whether its directory is there."""
        return self.place.directory.is_dir()

    def status(self) -> ServiceStatus:
        """Look at the remote's head and at what runs."""
        place, trouble = self.place, list[str]()
        head = place.git("ls-remote", str(place.remote), f"refs/heads/{BRANCH}").split("\t")[0][:12]
        missing = [path for path in PATHS if not (place.directory / path).is_dir()]
        trouble += [f"{place.directory / path} is missing" for path in missing]
        lines = [("configuration", str(place.directory)), ("git remote", f"{place.remote}, head {head}")]
        return ServiceStatus("configuration", self.address, {}, {"head": head}, lines, trouble)

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to reach it."""
        place = self.place
        return {
            "title": self.title,
            "host": HOST,
            "directory": str(place.directory),
            "remote": str(place.remote),
            "branch": BRANCH,
            "root": place.git("rev-list", "--max-parents=0", "HEAD"),
            "paths": list(PATHS),
            "mirror": str(place.mirror),
            "python": sys.executable,
        }

    def keep_offsite(self, folder: Path) -> dict[str, Any]:
        """Say that the Git remote stands for one at the other site: it needs no key."""
        return {"backups_site": SITE}

    def inject(self, kind: FaultKind) -> Done:
        """Inject a fault."""
        return kind.inject(self.place)
