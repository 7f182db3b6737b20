"""Where things live: a frozen value, built once by ``cleo_console.settings`` and handed down."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """The folders of one installation.

    Attributes:
        incidents: one folder an incident: its journal, its files, the spools of what is running.
        locks: one file a target that an incident has claimed.
        inventory: the inventory file used where none is named, or None.
        second: where journals go on when the disk under ``incidents`` gives way: a folder on another disk, or None.
    """

    incidents: Path
    locks: Path
    inventory: Path | None = None
    second: Path | None = None

    def incident(self, incident_id: str) -> IncidentPlace:
        """Return where one incident lives."""
        second = self.second / incident_id if self.second else None
        return IncidentPlace(folder=self.incidents / incident_id, second=second)


class IncidentPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The folder of one incident. Its lease is an flock on the folder itself.

    Attributes:
        folder: where it lives.
        second: where its journal goes on when the disk gives way, as the settings say;
            `journal.store.failover.segments` finds the place that was settled for this incident.
    """

    folder: Path
    second: Path | None = None

    @property
    def journal(self) -> Path:
        """The SQLite file that is the incident."""
        return self.folder / "journal.db"

    @property
    def files(self) -> Path:
        """What actions write for people: damage reports."""
        return self.folder / "files"

    @property
    def runner_log(self) -> Path:
        """What a runner says that cannot say it in the journal."""
        return self.folder / "runner.log"
