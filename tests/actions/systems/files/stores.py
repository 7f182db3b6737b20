"""A lab with one file store, and work on it. Its uploads are ended: a test says itself what is written."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actions.action import Action
from actions.inventory import load_inventory
from actions.outcome import Outcome
from actions.system_type import load
from actions.systems.files import SYSTEM
from cleo_console.lab import Lab
from cleo_console.lab.files.place import Place
from cleo_console.lab.files.service import FilesService
from journal.incident.recovery_point import parse
from tests.actions.contexts import FakeContext
from tests.actions.systems.files.quick_key import quicken
from tests.labs import lab_directory
from tests.waiting import until

WORD = f"files@{socket.gethostname()}"
"""What is typed to confirm."""


class StoreLab:
    """The store, its inventory, and its actions in a context without a runner."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.inventory = lab.inventory_path
        service = lab.services["files"]
        assert isinstance(service, FilesService)
        self.service: FilesService = service

    @property
    def place(self) -> Place:
        return self.service.place

    @property
    def directory(self) -> Path:
        return self.place.directory

    def context(self, incident: str = "INC-1", point: str = "", **more: Any) -> FakeContext:
        """A context in an incident whose recovery point is decided, where one is given."""
        found = FakeContext(load_inventory(self.inventory), system="files", id=incident, **more)
        forms = {"files": {form.name: form for form in SYSTEM.positions}}
        return found.with_incident(recovery_point=parse(point, forms)) if point else found

    def do(self, name: str, context: FakeContext | None = None, **params: Any) -> Outcome:
        """Run one of its actions."""
        return (context or self.context()).do(action_of(name), **params)

    def end_helpers(self) -> None:
        """End uploads and schedule."""
        for pid in self.service.status().pids.values():
            if pid:
                os.kill(pid, signal.SIGTERM)
        until(lambda: not any(self.service.status().pids.values()))

    def digests(self) -> dict[str, Any]:
        """What every entry of the store is: kind, owner, mode, time and content."""
        return {str(path.relative_to(self.directory)): _state(path) for path in self.directory.rglob("*")}


def action_of(name: str) -> Action:
    """One of the type's actions."""
    found: Action = load(SYSTEM.actions[name])
    return found


@contextmanager
def store_lab() -> Iterator[StoreLab]:
    """A lab with a file store alone, and nothing left of it afterwards."""
    with lab_directory() as directory:
        found = StoreLab(Lab.up(directory, systems=["files"], backup_minutes=1000))
        found.end_helpers()
        quicken(found.place.repository, found.place.password_file.read_text().strip())
        found.place.take_snapshot()  # of what was uploaded meanwhile, too
        yield found


def _state(path: Path) -> tuple[Any, ...]:
    seen = path.lstat()
    content = path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else ""
    names = os.listxattr(path, follow_symlinks=False)
    attributes = [(name, os.getxattr(path, name, follow_symlinks=False)) for name in names]
    return seen.st_mode, seen.st_uid, seen.st_gid, seen.st_mtime_ns, seen.st_nlink, content, attributes
