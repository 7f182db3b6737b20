"""restic's command lines, and what it prints: snapshots and locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from actions.systems.files.settings import FilesSettings
from journal.structs import from_json

INCOMPLETE = "incomplete"
"""The tag of a snapshot with holes: restic ended with 3, some files could not be read. It is no backup."""
HOLES = 3
"""restic's exit status after such a snapshot."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One snapshot, as ``restic snapshots --json`` prints it.

    Attributes:
        id: all 64 digits of it.
        time: when it was begun; what was written while it was taken may be in it.
        paths: what it holds.
        hostname: the host that it is filed under.
        tags: its tags.
    """

    id: str
    time: datetime
    paths: list[str]
    hostname: str
    tags: list[str] | None = None

    @property
    def label(self) -> str:
        """What people call it: as many digits of its id as restic shows."""
        return self.id[:8]

    @property
    def path(self) -> str:
        """The store's directory in it."""
        return self.paths[0]

    @property
    def unusable(self) -> str:
        """Why nothing is restored from it; empty: it can be."""
        return "has holes: files could not be read as it was taken" if INCOMPLETE in (self.tags or ()) else ""


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """A lock on the repository, as ``restic cat lock`` prints it."""

    time: datetime
    exclusive: bool
    hostname: str
    pid: int = 0


def restic(settings: FilesSettings, *words: str) -> list[str]:
    """Return a restic command line. The password is read by restic from its file."""
    local = ["--no-cache"] if settings.repository.startswith("/") else []
    place = ["--repo", settings.repository, "--password-file", settings.password.file]
    trusted = ["--cacert", settings.certificates] if settings.certificates else []
    return [settings.restic, *place, *trusted, *local, *words]


def by_hand(settings: FilesSettings, argv: Sequence[str]) -> list[str]:
    """Return a command line of restic's as a person types it: with the variables that it needs."""
    needed = [f"{name}={value}" for name, value in settings.variables().items() if name != "LC_ALL"]
    return [*(["env", *needed] if needed else []), *argv]


def list_snapshots(settings: FilesSettings) -> list[str]:
    """Return what lists the store's own snapshots, and locks nothing."""
    within = [] if settings.snapshot_path else ["--path", settings.place()]
    pinned = ["--host", settings.snapshot_host, *within]
    tagged = ["--tag", settings.tag] if settings.tag else []
    return restic(settings, "snapshots", "--json", "--no-lock", *pinned, *tagged)


def take_snapshot(settings: FilesSettings) -> list[str]:
    """Return what takes a snapshot, under the pinned host and tag."""
    tagged = ["--tag", settings.tag] if settings.tag else []
    pinned = ["--host", settings.snapshot_host, *tagged]
    return restic(settings, "backup", "--json", *pinned, settings.place())


def snapshots_of(text: str, settings: FilesSettings) -> list[Snapshot]:
    """Return the snapshots of the store that restic printed, the oldest first; those of further paths are others'.

    Raises:
        msgspec.DecodeError: it is no such list.
    """
    found = from_json("[]" if text.strip() in ("", "null") else text, list[Snapshot])
    own = [[path] for path in settings.paths()]
    return sorted((each for each in found if each.paths in own), key=lambda each: each.time)
