"""A file store as a service of a lab: a tree, a program that uploads a file a second, snapshots; a host for copies."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any, ClassVar

from cleo_console.lab.cold import ColdHost
from cleo_console.lab.files import content, preparation_faults
from cleo_console.lab.files.faults import FAULTS
from cleo_console.lab.files.place import MARKER, SCHEDULE, SNAPSHOT_HOST, WRITER, Place, find_restic
from cleo_console.lab.processes import running_script
from cleo_console.lab.service import Done, FaultKind, LabService, Order, Say, ServiceStatus
from cleo_console.lab.sites.place import fence_of
from cleo_console.lab.station import station_of
from cleo_console.lab.workspace import write_secret
from journal.errors import CleoError


class StoreService(LabService):
    """A file store, or a place for one."""

    small_bytes: ClassVar[int] = content.SMALL_BYTES
    at_sites: ClassVar[bool] = True
    lost_with_site: ClassVar[tuple[str, ...]] = ("srv", "repository", "secrets")

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Find restic."""
        return {"restic": find_restic()}

    @property
    def place(self) -> Place:
        """Where everything lies."""
        station = station_of(self.instance)
        return Place(self.lab, self.instance.name, self.instance.settings["restic"], station)

    @property
    def title(self) -> str:
        """What people call it."""
        return "File store"

    @property
    def address(self) -> str:
        """Its directory."""
        return str(self.place.directory)

    def stop(self) -> None:
        """Nothing is to be stopped but the helpers, which the lab ends."""

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to reach it."""
        place = self.place
        return {
            "title": self.title,
            "host": place.station.host,
            "directory": str(place.directory),
            "repository": str(place.repository),
            "password": {"file": str(place.password_file)},
            "snapshot_host": SNAPSHOT_HOST,
            "tag": "lab",
            "hold_file": str(place.hold_file),
            "may_vanish": ["tmp/*"],
            "restic": place.restic,
            "python": sys.executable,
            **fence_of(self.instance, self.lab),
        }


class ColdService(ColdHost, StoreService):
    """A host on which the copies of a lost store's snapshots can be restored; nothing lies there before."""

    def create(self, order: Order, say: Say) -> None:
        """Prepare the host: folders, and the password that was kept for it."""
        self.announce(say)
        if not isinstance(self.primary, StoreService):
            raise CleoError(f"{self.instance.name} has nothing to stand by for.", "Start over with `cleo lab down`.")
        self.place.keeper.make(("srv",))
        self.place.repository.mkdir(mode=0o700)
        kept = self.primary.place.password_file.read_text().strip()
        write_secret(self.place.password_file, kept, os.geteuid(), os.getegid())

    def restored(self) -> str:
        """Return its tree, where one was restored."""
        return self.address if self.place.directory.is_dir() else ""


class FilesService(StoreService):
    """A file store. It has no server: it runs as long as its directory is there."""

    faults: ClassVar[tuple[FaultKind, ...]] = (*FAULTS, *preparation_faults.FAULTS)
    cold: ClassVar[type[LabService] | None] = ColdService

    def create(self, order: Order, say: Say) -> None:
        """Make the tree and the repository, and take the first snapshot."""
        say(f"Creating a file store at {self.address}.")
        place = self.place
        place.keeper.make(("srv",))
        place.application.make()
        place.install_scripts(order.backup_minutes)
        write_secret(place.password_file, secrets.token_hex(16), os.geteuid(), os.getegid())
        content.fill(place, order.size)
        place.ask_restic("init", "--quiet")
        place.take_snapshot()
        self.start_helpers()

    def start(self) -> None:
        """Start the uploads and the scheduled snapshots: there is no server."""
        if not self.is_running():
            raise CleoError(f"{self.address} is not there.", "Restore it: cleo run files.restore.")
        self.start_helpers()

    def is_running(self) -> bool:
        """Whether its directory is there."""
        return self.place.directory.is_dir()

    def start_helpers(self) -> list[str]:
        """Start the uploads and the schedule where they do not run; return the names."""
        place, started = self.place, list[str]()
        for name, workspace in ((WRITER, place.application), (SCHEDULE, place.keeper)):
            if self._pid(name) is None:
                script = str(place.keeper.directory / "bin" / name)
                workspace.spawn(["sh", script], workspace.log(name.removesuffix(".sh")))
                started.append(name)
        return started

    def _pid(self, name: str) -> int | None:
        directory = self.place.keeper.directory
        found = running_script(directory, directory / "bin" / name)
        return found.pid if found else None

    def status(self) -> ServiceStatus:
        """Look at the tree, the helpers and the snapshots."""
        place, trouble = self.place, list[str]()
        files = sum(len(names) for _, _, names in os.walk(place.directory))
        try:
            found = place.snapshots()
        except CleoError as error:
            found, trouble = [], [error.message]
        newest = found[-1]["short_id"] if found else "none"
        if not place.directory.is_dir():
            trouble.append(f"{place.directory} is missing")
        lines = [("file store", f"{place.directory}, {files} files"), ("snapshots", f"{len(found)}, newest {newest}")]
        facts = {"files": files, "snapshots": len(found), "held": place.hold_file.exists()}
        pids = {"uploads": self._pid(WRITER), "schedule": self._pid(SCHEDULE)}
        return ServiceStatus("files", self.address, pids, facts, lines, trouble)

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to reach it."""
        return {**super().inventory_entry(), "marker": {"file": MARKER, "says": self._marker()}}

    def keep_offsite(self, folder: Path) -> dict[str, Any]:
        """Keep restic's password."""
        kept = folder / f"{self.instance.name}-restic"
        if not kept.exists() and self.place.password_file.exists():
            write_secret(kept, self.place.password_file.read_text().strip(), os.geteuid(), os.getegid())
        return {"drill": {"password": {"file": str(kept)}}}

    def _marker(self) -> str:
        """What the marker says; it is kept beside the store, for the store may be lost as an inventory is written."""
        kept = self.place.keeper.directory / "marker"
        if not kept.exists():
            kept.write_text(content.marker(self.place))
        return kept.read_text()

    def inject(self, kind: FaultKind) -> Done:
        """Inject a fault into the store."""
        return kind.inject(self.place)
