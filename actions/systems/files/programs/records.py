"""The two small files beside a store: who may enter it, and what was restored. Each is written whole or not at all."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DOOR, RESTORED = "door", "restored"


def now() -> str:
    """Return this moment."""
    return datetime.now(UTC).isoformat()


def record_path(directory: Path, name: str) -> Path:
    """Return where a store's record lies."""
    return directory.with_name(f".{directory.name}.cleo-{name}.json")


def read_record(directory: Path, name: str) -> dict[str, Any] | None:
    """Return a record; None where there is none."""
    try:
        found: dict[str, Any] = json.loads(record_path(directory, name).read_text())
    except FileNotFoundError:
        return None
    return found


def write_record(directory: Path, name: str, record: dict[str, Any]) -> None:
    """Write a record durably."""
    path = record_path(directory, name)
    new = path.with_name(f"{path.name}.new")
    with new.open("w") as file:
        json.dump(record, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def remove_record(directory: Path, name: str) -> None:
    """Remove a record that may be there."""
    record_path(directory, name).unlink(missing_ok=True)
    sync_folder(directory.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def inode_of(path: Path) -> list[int] | None:
    """Return what tells a directory from every other one; None where nothing lies there."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return [found.st_dev, found.st_ino]
