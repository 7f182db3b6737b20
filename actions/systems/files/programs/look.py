"""``look DIRECTORY OPTIONS``: what lies at a store's directory, who may enter it, who writes there. Changes nothing.

Options, as one word of JSON: ``mount``, ``marker`` (its path), ``repository`` (a local one), ``walk_s`` (seconds for
walking the tree), ``writers`` (whether to look for who has files of it open).
"""

from __future__ import annotations

import json
import os
import pwd
import re
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from actions.systems.files.programs.records import DOOR, RESTORED, read_record
from actions.systems.files.programs.tree import measure

_MARKER_BYTES = 4096
_ID = re.compile(r"[0-9a-f]{64}")


def look(directory: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Return what lies there."""
    begun = time.monotonic()
    found: dict[str, Any] = {"kind": _kind(directory), **_room(directory), **_beside(directory)}
    found["door"], found["restored"] = read_record(directory, DOOR), read_record(directory, RESTORED)
    mount = options.get("mount", "")
    found["mounted"] = os.path.ismount(mount) if mount else True
    found["snapshots"], found["locks"] = _repository(options.get("repository", ""))
    if found["kind"] == "directory":
        found |= _inside(directory, options.get("marker", ""))
        found |= measure(directory, begun + float(options.get("walk_s", 0.0)))
    if options.get("writers"):
        found["writers"] = list(writers(directory))
    return found


def _kind(directory: Path) -> str:
    try:
        mode = directory.lstat().st_mode
    except FileNotFoundError:
        return "missing"
    except NotADirectoryError:
        return "missing"
    return "directory" if stat.S_ISDIR(mode) else "link" if stat.S_ISLNK(mode) else "file"


def _inside(directory: Path, marker: str) -> dict[str, Any]:
    seen = directory.stat()
    return {
        "is_mount": os.path.ismount(directory),
        "empty": not any(os.scandir(directory)),
        "writable": os.access(directory, os.W_OK | os.X_OK),
        "owner": _name(seen.st_uid),
        "marker": _marker(directory / marker) if marker else None,
    }


def _marker(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_MARKER_BYTES).decode("utf-8", "replace").rstrip("\n")
    except OSError:
        return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _room(directory: Path) -> dict[str, int]:
    """Free bytes and inodes where the tree would be restored: beside it."""
    there = next(each for each in directory.parents if each.is_dir())
    found = os.statvfs(there)
    inodes = found.f_favail if found.f_files else -1
    return {"free": found.f_bavail * found.f_frsize, "inodes": inodes}


def _beside(directory: Path) -> dict[str, list[str]]:
    kept = sorted(str(path) for path in directory.parent.glob(f"{directory.name}.aside-*"))
    begun = sorted(str(path) for path in directory.parent.glob(f"{directory.name}.restoring-*"))
    return {"kept": kept, "restoring": begun}


def _repository(repository: str) -> tuple[list[str] | None, int | None]:
    """Return the ids of a local repository's snapshots and the number of its locks; None where it cannot be listed."""
    try:
        if not repository.startswith("/"):
            return None, None
        found = [path.name for path in Path(repository, "snapshots").iterdir()]
        return sorted(name for name in found if _ID.fullmatch(name)), len(list(Path(repository, "locks").iterdir()))
    except OSError:
        return None, None


def writers(directory: Path) -> Iterator[dict[str, Any]]:
    """Yield each process that has a file of the tree open for writing, or works in it."""
    inside = f"{directory.resolve()}/"
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and (path := _at_work(entry, inside)):
            yield {"pid": int(entry.name), "program": _program(entry), "path": path}


def _at_work(entry: Path, inside: str) -> str:
    """Return a path of the tree that a process may write to without entering it anew; empty: none is seen."""
    try:
        if f"{(entry / 'cwd').readlink()}/".startswith(inside):
            return str((entry / "cwd").readlink())
        for handle in (entry / "fd").iterdir():
            path = str(handle.readlink())
            if path.startswith(inside) and _writes(entry / "fdinfo" / handle.name):
                return path
    except OSError:  # it has ended, or is not ours to look at
        return ""
    return ""


def _writes(info: Path) -> bool:
    flags = next(line.split()[1] for line in info.read_text().splitlines() if line.startswith("flags:"))
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY


def _program(entry: Path) -> str:
    try:
        return (entry / "comm").read_text().strip()
    except OSError:
        return "?"


if __name__ == "__main__":
    print(json.dumps(look(Path(sys.argv[1]), json.loads(sys.argv[2]))))
