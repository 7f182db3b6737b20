"""``swap DIRECTORY RESTORED INCIDENT``: put a restored tree in a store's place by rename, and keep what was there.

``RESTORED`` is the folder that ``bring`` made. Killed between any two steps, it goes on where it stood: which tree is
which is told by inode, and written down before the first rename.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from actions.systems.files.programs.bring import WHOLE
from actions.systems.files.programs.door import shut_restored
from actions.systems.files.programs.records import (
    DOOR,
    RESTORED,
    inode_of,
    now,
    read_record,
    sync_folder,
    write_record,
)
from actions.systems.files.programs.tree import entries

_REPLACED = "replaced"


def swap(directory: Path, brought: Path, stored: str, incident: str) -> dict[str, Any]:
    """Swap them, and return the record of it.

    Raises:
        SystemExit: something lies where nothing may.
    """
    record, tree = read_record(directory, RESTORED), brought / stored.strip("/")
    if record and record["state"] == "restored" and record["from"] == str(brought) and not inode_of(tree):
        return _cleared(record)
    if not (record and record["state"] == "swapping" and record["from"] == str(brought)):
        record = _begin(directory, brought, stored, incident, record)
    _move(directory, tree, record)
    done = {**record, "state": "restored", "at": now()}
    write_record(directory, RESTORED, done)
    return _cleared(done)


def _cleared(record: dict[str, Any]) -> dict[str, Any]:
    """Remove what a finished swap needs no more: the empty folders around the tree, and an unused earlier restore."""
    shutil.rmtree(record["from"], ignore_errors=True)
    if record["drop"]:
        shutil.rmtree(record["aside"], ignore_errors=True)
    return record


def _begin(directory: Path, brought: Path, stored: str, incident: str, before: dict[str, Any] | None) -> dict[str, Any]:
    """Write down what is about to be moved where."""
    whole = json.loads((brought / WHOLE).read_text())
    drop = _is_unused(directory, before)
    aside = _free_name(directory, incident, drop) if inode_of(directory) else ""
    record = {
        "state": "swapping",
        "from": str(brought),
        "incident": incident,
        "snapshot": whole["snapshot"],
        "newest": whole["newest"],
        "files": whole["files"],
        "bytes": whole["bytes"],
        "seconds": whole.get("seconds", 0.0),
        "inode": inode_of(brought / stored.strip("/")),
        "old": inode_of(directory),
        "aside": aside,
        "drop": drop,
        "at": now(),
    }
    write_record(directory, RESTORED, record)
    return record


def _move(directory: Path, restored: Path, record: dict[str, Any]) -> None:
    """Do the two renames, as far as they are not done."""
    if inode_of(restored) == record["inode"]:
        shut_restored(directory, restored)
    if record["old"] and inode_of(directory) == record["old"]:
        directory.rename(record["aside"])
        sync_folder(directory.parent)
    if inode_of(directory) != record["inode"]:
        if inode_of(directory):
            raise SystemExit(f"{directory} was made anew by somebody meanwhile: move it away, then run it again")
        restored.rename(directory)
        sync_folder(directory.parent)
        sync_folder(restored.parent)


def _is_unused(directory: Path, before: dict[str, Any] | None) -> bool:
    """Whether what lies there is an earlier restore's work that nobody wrote to since: that is no copy to keep."""
    door = read_record(directory, DOOR)
    if not (before and door and before["state"] == "restored" and inode_of(directory) == before["inode"]):
        return False
    return door["at"] <= before["at"] and all(seen.st_ctime <= _seconds(before["at"]) for _, seen in entries(directory))


def _seconds(at: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(at).timestamp()


def _free_name(directory: Path, incident: str, drop: bool) -> str:
    """Return a name beside the store that nothing has."""
    first = f"{directory}.{_REPLACED if drop else 'aside'}-{incident}"
    names = [first, *(f"{first}-{number}" for number in range(2, 1000))]
    return next(name for name in names if not os.path.lexists(name))


if __name__ == "__main__":
    at, from_, path, by = sys.argv[1:]
    print(json.dumps(swap(Path(at), Path(from_), path, by)))
