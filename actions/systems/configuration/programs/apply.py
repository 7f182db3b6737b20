"""``apply OPTIONS COMMIT INCIDENT EXTRA``: make what runs as a commit has it, and keep what was there.

Each file is replaced whole or not at all, and first copied to the same path in ``<directory>.aside-<incident>``. Killed
between two files, it is run again: what is as in the commit is left as it is, and what was kept first stays.
``EXTRA`` is ``remove`` where files that the commit does not have are moved there, too.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actions.systems.configuration.programs.comparing import (
    LINK,
    PROGRAM,
    Entry,
    content,
    differences,
    entries_of,
)
from actions.systems.configuration.programs.git import GitFailed, Mirror
from actions.systems.configuration.programs.history import describe
from actions.systems.configuration.programs.records import sync_folder, write_record, write_whole


def apply(options: dict[str, Any], commit: str, incident: str, *, remove_extra: bool) -> dict[str, Any]:
    """Put the commit's files in their places, and return what was done.

    Raises:
        GitFailed: a file leads out of the directory, or is not what it should be afterwards.
    """
    mirror = Mirror(Path(options["mirror"]), float(options["deadline_s"]))
    directory, paths = Path(options["directory"]), options["paths"]
    directory.mkdir(parents=True, exist_ok=True)
    aside = directory.with_name(f"{directory.name}.aside-{incident}")
    entries = {entry.path: entry for entry in entries_of(mirror, commit, paths)}
    done: dict[str, int] = {}
    for each in differences(mirror, commit, directory, paths):
        if each.kind == "extra" and not remove_extra:
            continue
        _require_inside(directory, each.path)
        _keep(directory / each.path, aside / each.path, move=each.kind in ("extra", "kind"))
        if entry := entries.get(each.path):
            _put(mirror, entry, directory / each.path)
        done[each.kind] = done.get(each.kind, 0) + 1
        print(f"{each.kind}: {each.path}", flush=True)
    left = [each.path for each in differences(mirror, commit, directory, paths) if each.kind != "extra"]
    if left:
        raise GitFailed(f"somebody wrote meanwhile: {', '.join(left[:3])} differ again")
    record = {
        "incident": incident,
        "commit": commit,
        "committed_at": describe(mirror, commit)["at"],
        "at": datetime.now(UTC).isoformat(),
        "kept": str(aside) if aside.exists() else "",
        "done": done,
    }
    write_record(directory, record)
    return record


def _require_inside(directory: Path, path: str) -> None:
    """A folder that is a link to elsewhere would have the file written there."""
    real = (directory / path).parent.resolve()
    if not real.is_relative_to(directory.resolve()):
        raise GitFailed(f"{directory / path} leads out of {directory}, to {real}: a folder above it is a link")


def _keep(path: Path, to: Path, *, move: bool) -> None:
    """Keep what lies at a path; the same content is kept once, another one beside it."""
    if not os.path.lexists(path):
        return
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = next(name for name in _names(to) if not os.path.lexists(name) or (not move and _same(path, name)))
    if move:
        path.rename(place)
    elif not os.path.lexists(place):
        new = place.with_name(f".{place.name}.cleo-new")
        shutil.copy2(path, new, follow_symlinks=False)
        if not new.is_symlink():
            seen = path.stat()
            os.chown(new, seen.st_uid, seen.st_gid)
        new.replace(place)
    sync_folder(place.parent)


def _names(to: Path) -> Iterator[Path]:
    yield to
    yield from (to.with_name(f"{to.name}~{number}") for number in range(2, 1000))


def _same(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


def _put(mirror: Mirror, entry: Entry, path: Path) -> None:
    """Write one file of the commit, with the owner and permissions that it had; a new one has its folder's owner."""
    _make_folder(path.parent)
    data = content(mirror, entry)
    if entry.mode == LINK:
        new = path.with_name(f".{path.name}.cleo-new")
        new.unlink(missing_ok=True)
        new.symlink_to(os.fsdecode(data))
        new.replace(path)
        sync_folder(path.parent)
        return
    seen = path.lstat() if path.is_file() and not path.is_symlink() else None
    mode = stat.S_IMODE(seen.st_mode) if seen else 0o644
    readable = (mode & 0o444) >> 2
    mode = mode | readable if entry.mode == PROGRAM else mode & ~0o111
    folder = path.parent.stat()
    owner = (seen.st_uid, seen.st_gid) if seen else (folder.st_uid, folder.st_gid)
    write_whole(path, data, mode, owner if os.geteuid() == 0 else None)


def _make_folder(folder: Path) -> None:
    """Make a folder, and those above it, each with the owner of the one that it lies in."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir()
    if os.geteuid() == 0:
        above = folder.parent.stat()
        os.chown(folder, above.st_uid, above.st_gid)
    sync_folder(folder.parent)


if __name__ == "__main__":
    asked, id_, by, extra = sys.argv[1:]
    try:
        print(json.dumps(apply(json.loads(asked), id_, by, remove_extra=extra == "remove")))
    except (GitFailed, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(4)
