"""The small file beside the directory that says what was restored."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def _path(directory: Path) -> Path:
    return directory.with_name(f".{directory.name}.cleo-restored.json")


def read_record(directory: Path) -> dict[str, Any] | None:
    """Return what was restored last; None where nothing was."""
    try:
        found: dict[str, Any] = json.loads(_path(directory).read_text())
    except FileNotFoundError:
        return None
    return found


def write_record(directory: Path, record: dict[str, Any]) -> None:
    """Write down what was restored, durably."""
    write_whole(_path(directory), json.dumps(record).encode(), 0o644)


def write_whole(path: Path, data: bytes, mode: int, owner: tuple[int, int] | None = None) -> None:
    """Write a file whole or not at all.

    Args:
        path: where it goes.
        data: what is in it.
        mode: its permissions.
        owner: uid and gid, where they are not to be ours.
    """
    new = path.with_name(f".{path.name}.cleo-new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fchmod(file.fileno(), mode)
        if owner and owner != (os.geteuid(), os.getegid()):
            os.fchown(file.fileno(), *owner)
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
