"""What lies in the directory beside what a commit has there, byte for byte."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from actions.systems.configuration.programs.git import GitFailed, Mirror

LINK, PROGRAM, MODULE = 0o120000, 0o100755, 0o160000
UNFINISHED = ".cleo-new"
"""What a killed restore may leave: the next one writes over it."""


@dataclass(frozen=True)
class Entry:
    """One file or link of a commit."""

    path: str
    mode: int
    blob: str


@dataclass(frozen=True)
class Difference:
    """One path that is not as in the commit.

    Attributes:
        path: the path in repository and directory.
        kind: missing, changed, mode, kind (a folder or link in its place), extra.
        mtime: when what lies there was written, in seconds since 1970; 0 where nothing does.
        held: whether some commit that was pushed has the same content: it is an old or a moved file, and no edit.
    """

    path: str
    kind: str
    mtime: float = 0.0
    held: bool = False


def entries_of(mirror: Mirror, commit: str, paths: Sequence[str]) -> list[Entry]:
    """Return the files that a commit has below some paths.

    Raises:
        GitFailed: there are none, or a path leads out of the directory.
    """
    found = []
    listed = mirror.bytes_of("ls-tree", "-r", "-z", commit, "--", *paths).decode("utf-8", "surrogateescape")
    for line in listed.split("\0"):
        if line:
            about, _, path = line.partition("\t")
            mode, _, blob = about.split()
            if ".." in path.split("/") or path.startswith("/"):
                raise GitFailed(f"commit {commit[:12]} has the path {path}, which leads out")
            found.append(Entry(path, int(mode, 8), blob))
    if not found:
        raise GitFailed(f"commit {commit[:12]} has nothing in {', '.join(paths)}")
    return [entry for entry in found if entry.mode != MODULE]


def content(mirror: Mirror, entry: Entry) -> bytes:
    """Return a file's bytes, or where a link leads."""
    return mirror.bytes_of("cat-file", "blob", entry.blob)


def differences(mirror: Mirror, commit: str, directory: Path, paths: Sequence[str]) -> list[Difference]:
    """Return what is not as in the commit, by path.

    Raises:
        GitFailed: the commit cannot be read.
    """
    entries = entries_of(mirror, commit, paths)
    found = [each for entry in entries if (each := _difference(mirror, entry, directory / entry.path))]
    known = {entry.path for entry in entries}
    extra = [Difference(path, "extra", mtime) for path, mtime in there(directory, paths) if path not in known]
    every = (replace(each, held=_is_held(mirror, directory / each.path)) for each in (*found, *extra))
    return sorted(every, key=lambda each: each.path)


def _is_held(mirror: Mirror, path: Path) -> bool:
    """Whether the mirror, in which nothing is but what was pushed, has this file's content."""
    if path.is_symlink() or not path.is_file():
        return False
    try:
        return mirror.holds("cat-file", "-e", mirror.ask("hash-object", "--no-filters", "--", str(path)))
    except GitFailed:
        return False  # nobody can read it


def _difference(mirror: Mirror, entry: Entry, path: Path) -> Difference | None:
    try:
        seen = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Difference(entry.path, "missing")
    wanted = stat.S_IFLNK if entry.mode == LINK else stat.S_IFREG
    if stat.S_IFMT(seen.st_mode) != wanted:
        return Difference(entry.path, "kind", seen.st_mtime)
    now = os.fsencode(path.readlink()) if entry.mode == LINK else path.read_bytes()
    if now != content(mirror, entry):
        return Difference(entry.path, "changed", seen.st_mtime)
    if entry.mode != LINK and bool(seen.st_mode & stat.S_IXUSR) != (entry.mode == PROGRAM):
        return Difference(entry.path, "mode", seen.st_mtime)
    return None


def there(directory: Path, paths: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Yield every file below some paths of the directory, and when it was written."""
    for path in paths:
        at = directory / path.strip("/")
        if at.is_file() or at.is_symlink():
            yield path.strip("/"), at.lstat().st_mtime
        for folder, folders, files in os.walk(at):
            links = [name for name in folders if Path(folder, name).is_symlink()]
            for name in (*files, *links):
                found = Path(folder, name)
                if not name.endswith(UNFINISHED):
                    yield str(found.relative_to(directory)), found.lstat().st_mtime
