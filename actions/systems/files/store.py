"""One file store of the inventory, as an action meets it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure
from actions.systems.files.bucket import LOOK_S, require_bucket
from actions.systems.files.restic import Lock, Snapshot, list_snapshots, restic, snapshots_of
from actions.systems.files.settings import FilesSettings
from actions.transport import Completed, LocalHost
from journal.events.types import Identity
from journal.structs import from_json

PROGRAMS = "actions.systems.files.programs"
RESTORE = Cure(
    words="Restore it from its newest sound snapshot; what lies there is kept.",
    action="files.restore",
    cost="what was written since that snapshot",
)
"""What helps where its data is lost or damaged."""
START = Cure(words="Mount its file system.", action="files.start")


class Store:
    """A file store, and the context in which it is acted on."""

    def __init__(self, ctx: ActionContext, name: str) -> None:
        self.ctx = ctx
        self.name = name
        self.settings = ctx.inventory.system(name, FilesSettings)

    @property
    def place(self) -> str:
        """Its directory."""
        return self.settings.place()

    def look(self, *, walk_s: float = 0.0, writers: bool = False, timeout_s: float = 30) -> dict[str, Any]:
        """Return what lies at its directory (see `programs.look`).

        Args:
            walk_s: seconds to spend on walking the tree.
            writers: also look for who has files of it open.
            timeout_s: seconds for all of it.

        Raises:
            ActionFailed: nobody can look.
        """
        argv = look_argv(self.settings, local=self.local, walk_s=walk_s, writers=writers)
        found: dict[str, Any] = json.loads(self._asked(argv, timeout_s).out)
        return found

    def look_at(self, path: str) -> dict[str, Any]:
        """Return what lies at another path of its host, and the room there: ``kind``, ``free``, ``inodes``.

        Raises:
            ActionFailed: nobody can look.
        """
        found: dict[str, Any] = json.loads(self._asked(self.program("look", path, "{}"), 30).out)
        return found

    def snapshots(self, timeout_s: float = 120) -> list[Snapshot]:
        """Return its snapshots, the oldest first, those with holes among them.

        Raises:
            ActionFailed: restic cannot list them, or the bucket that they lie in cannot be used.
        """
        self.require_repository()
        done = self._asked(list_snapshots(self.settings), timeout_s)
        try:
            return snapshots_of(done.out, self.settings)
        except msgspec.DecodeError as error:
            raise ActionFailed(
                f"{self.name} cannot be looked at: {self.settings.restic} prints no list of snapshots ({error}).",
                f"Look which program that is on {self.settings.host}: {self.settings.restic} version.",
            ) from error

    def require_repository(self) -> None:
        """Prove that the repository can be used, where it is a bucket.

        Raises:
            ActionFailed: it cannot; it says why, and what helps.
        """
        require_bucket(self.settings, self.local, lambda argv: self.query(argv, LOOK_S))

    def locks(self) -> list[Lock]:
        """Return the locks on the repository.

        Raises:
            ActionFailed: restic cannot list them.
        """
        ids = self._asked(restic(self.settings, "list", "locks", "--no-lock"), 60).out.split()
        found = [self.query(restic(self.settings, "cat", "lock", id_, "--no-lock"), 60) for id_ in ids]
        return [from_json(done.out, Lock) for done in found if not done.code]  # others have gone meanwhile

    def query(self, argv: Sequence[str], timeout_s: float) -> Completed:
        """Run a program that changes nothing."""
        return self.ctx.query(
            self.settings.host, argv, timeout_s=timeout_s, user=self.settings.run_as, env=self.environment
        )

    def run(self, key: str, argv: Sequence[str], on_line: Callable[[str, str], None] | None = None) -> Completed:
        """Run a program that has effects, or takes long."""
        return self.ctx.run(
            key, self.settings.host, argv, user=self.settings.run_as, env=self.environment, on_line=on_line
        )

    def program(self, name: str, *words: str) -> list[str]:
        """Return the command line of one of our programs on the store's host."""
        return program(self.settings, self.local, name, *words)

    @property
    def local(self) -> bool:
        """Whether its host is this machine."""
        return isinstance(self.ctx.inventory.host(self.settings.host), LocalHost)

    @property
    def environment(self) -> Mapping[str, str]:
        """What programs get beside the harmless variables."""
        return self.settings.variables()

    def require_ours(self, seen: Mapping[str, Any], *, or_missing: bool = False) -> None:
        """Refuse to go on where another tree lies at the directory, or its file system is not mounted.

        Args:
            seen: what a look found.
            or_missing: go on where nothing lies there, or an empty directory.

        Raises:
            ActionFailed: it is not there, or not ours.
        """
        why = not_ours(self.settings, seen)
        if why:
            raise ActionFailed(f"{self.name}: {why}", "Nothing was touched.", cures=cures(seen))
        if (lost := what_is_lost(seen)) and not or_missing:
            raise ActionFailed(f"{self.name}: {self.place} is {lost}.", cures=[RESTORE])

    def _asked(self, argv: Sequence[str], timeout_s: float) -> Completed:
        done = self.query(argv, timeout_s)
        if done.code:
            raise ActionFailed(f"{self.name} cannot be looked at: {last_words(done)}", "See what it says.")
        return done


def look_argv(settings: FilesSettings, *, local: bool, walk_s: float, writers: bool = False) -> list[str]:
    """Return the command line that looks at a store.

    Args:
        settings: what the inventory says of it.
        local: whether its host is this machine.
        walk_s: seconds to spend on walking the tree.
        writers: also look for who has files of it open.
    """
    options = {
        "mount": settings.mount,
        "marker": settings.marker.file if settings.marker else "",
        "repository": settings.repository,
        "walk_s": walk_s,
        "writers": writers,
    }
    return program(settings, local, "look", settings.place(), json.dumps(options))


def program(settings: FilesSettings, local: bool, name: str, *words: str) -> list[str]:
    """Return the command line of one of our programs on a store's host."""
    python = settings.python or (sys.executable if local else "python3")
    return [python, "-P", "-m", f"{PROGRAMS}.{name}", *words]


def not_ours(settings: FilesSettings, seen: Mapping[str, Any]) -> str:
    """Return why what lies at the directory is not to be touched; empty: it is the store, or nothing lies there."""
    if not seen["mounted"]:
        return f"{settings.mount} is not mounted: what lies at {settings.place()} is on another disk."
    if seen["kind"] in ("link", "file"):
        return f"{settings.place()} is a {seen['kind']}, no directory."
    marker = settings.marker
    if marker and seen.get("marker") != marker.says and _is_said(seen.get("marker")):
        return f"what lies at {settings.place()} is another tree: {marker.file} says {seen['marker'][:80]!r}."
    return ""


def _is_said(marker: str | None) -> bool:
    """Whether a marker was written on purpose: one that is gone, empty or no text was damaged with the store."""
    return marker is not None and marker != "" and marker.isprintable() and "\ufffd" not in marker


def what_is_lost(seen: Mapping[str, Any]) -> str:
    """Return what the directory is where there is nothing in it: missing, empty; nothing where it holds something."""
    return "empty" if seen.get("empty") else "" if seen["kind"] == "directory" else str(seen["kind"])


def cures(seen: Mapping[str, Any]) -> list[Cure]:
    """Return what helps where the store is not there."""
    return [] if seen["mounted"] else [START]


def instant(seconds: float | None) -> datetime | None:
    """Return a file's time as an instant."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def last_words(done: Completed) -> str:
    """Return what a program that failed said last."""
    said = [line.strip() for line in (done.err.strip() or done.out.strip()).splitlines()]
    causes = [line for line in said if line.startswith(("Fatal:", "unable to", "error", "panic:"))]
    return (causes or said)[-1] if said else done.ending


def find_store(ctx: ActionContext) -> Store:
    """Return the store that the run is aimed at."""
    return Store(ctx, ctx.system)


def identity(ctx: ActionContext) -> list[Identity]:
    """Return what tells the store that the run is aimed at from every other."""
    return identity_of(find_store(ctx))


def identity_of(store: Store) -> list[Identity]:
    """Return what a person types to confirm, host, machine id, directory and repository."""
    host = store.ctx.transport(store.settings.host).host_identity()
    return [
        _reported("confirm", f"{store.name}@{host.get('hostname', store.settings.host)}"),
        _reported("host", host.get("hostname", "")),
        _reported("machine id", host.get("machine_id", "")),
        _reported("data directory", store.place),
        _reported("repository", store.settings.repository),
    ]


def _reported(name: str, value: str) -> Identity:
    return Identity(name=name, value=value or "unknown", known="reported" if value else "unknown")
