"""The folders of an installation, built once by ``cleo_console.settings`` and handed down."""

from __future__ import annotations

from pathlib import Path

import msgspec

from journal.errors import CleoError


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """The folders of one installation.

    Attributes:
        incidents: one folder an incident: its journal, its files, the spools of what is running.
        locks: one file a target that an incident has claimed.
        inventory: the inventory file used where none is named, or None.
        plan: the file of the plan that a new incident goes by, or None: the one that the program brings.
        fallback: the folder on another disk where journals continue when the disk of ``incidents`` fails, or None.
    """

    incidents: Path
    locks: Path
    inventory: Path | None = None
    plan: Path | None = None
    fallback: Path | None = None

    @property
    def readiness(self) -> Path:
        """The file of what ``cleo ready`` found last (`journal.readiness.result`)."""
        return self.incidents.parent / "readiness.json"

    @property
    def alerts(self) -> Path:
        """The folder of the alerts that nobody answered yet (`journal.commands.offer`)."""
        return self.incidents.parent / "alerts"

    @property
    def unwitnessed(self) -> Path:
        """The folder of the heads that wait until the witness takes them (`journal.store.witness`)."""
        return self.incidents.parent / "unwitnessed"

    def ids(self) -> list[str]:
        """Return the ids of all incidents, the newest first.

        Raises:
            CleoError: their folder cannot be read.
        """
        try:
            folders = [path.name for path in self.incidents.iterdir()] if self.incidents.is_dir() else []
        except OSError as error:
            raise CleoError(
                f"The incidents in {self.incidents} cannot be listed: {error.strerror}.",
                "Check who may read that folder.",
            ) from error
        return sorted((name for name in folders if _may_be_there(self.incident(name).journal)), reverse=True)

    def meant(self, named: str) -> str:
        """Return the id that somebody named: the whole one, or the only one that it begins, without its mark.

        Where several begin so, or none, it is what was named.
        """
        known = self.ids()
        begun = [each for each in known if each.startswith(f"{named}-")]
        return begun[0] if named not in known and len(begun) == 1 else named

    def incident(self, incident_id: str) -> IncidentPlace:
        """Return the folders of one incident."""
        fallback = self.fallback / incident_id if self.fallback else None
        return IncidentPlace(folder=self.incidents / incident_id, fallback=fallback)


def _may_be_there(journal: Path) -> bool:
    """Return whether a journal is there; also where its folder is shut to us: whoever reads it says so."""
    try:
        return journal.exists()
    except OSError:
        return True


class IncidentPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The folder of one incident. Its lease is an flock on the folder itself.

    Attributes:
        folder: its path.
        fallback: where its journal continues when the disk fails, as the settings say;
            `journal.store.failover.segments` finds the folder that was settled for this incident.
    """

    folder: Path
    fallback: Path | None = None

    @property
    def journal(self) -> Path:
        """The SQLite file that is the incident."""
        return self.folder / "journal.db"

    @property
    def files(self) -> Path:
        """The folder for what actions write for people, such as damage reports."""
        return self.folder / "files"

    @property
    def runner_log(self) -> Path:
        """The file for what a runner cannot write into the journal."""
        return self.folder / "runner.log"
