"""Comparing a tree with a snapshot, file by file, by content: what restic holds comes as a tar stream and is hashed.

restic proves each piece that it sends by its own digest, so the snapshot itself is read to the end by this.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import IO, Any

from actions.redaction import BLOT

_PIECE = 1 << 18
_SAMPLE = 1 << 16
_XATTR = "SCHILY.xattr."
NAMED = 20
"""Paths that are named of each kind of difference; all are counted."""


@dataclass
class Compared:
    """What a comparison found. ``differ`` holds paths by kind of difference; see `_kinds`.

    What is missing and fits one of ``may_vanish`` is ``deleted``: the application does that by itself.
    """

    may_vanish: Sequence[str] = ()
    files: int = 0
    bytes: int = 0
    seen: set[str] = field(default_factory=set)
    number: dict[str, int] = field(default_factory=dict)
    differ: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, path: str) -> None:
        """Note a difference."""
        if kind == "missing" and any(fnmatch(path, pattern) for pattern in self.may_vanish):
            kind = "deleted"
        self.number[kind] = self.number.get(kind, 0) + 1
        self.differ.setdefault(kind, [])
        if len(self.differ[kind]) < NAMED:
            self.differ[kind].append(path)

    def as_data(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {"files": self.files, "bytes": self.bytes, "number": self.number, "differ": self.differ}


class CannotRead(Exception):
    """restic could not give the whole snapshot; the text is its own."""


def compare(
    restic: Sequence[str],
    snapshot: str,
    stored: str,
    tree: Path,
    began: float,
    may_vanish: Sequence[str] = (),
) -> Compared:
    """Compare the tree with what the snapshot has of ``stored``.

    Args:
        restic: its command line up to the command.
        snapshot: the id.
        stored: the directory's path in the snapshot.
        tree: the directory to compare.
        began: when the snapshot was begun, in seconds since 1970.
        may_vanish: patterns of what the application deletes by itself.

    Raises:
        CannotRead: the snapshot cannot be read to its end.
    """
    argv = [*restic, "dump", "--no-lock", "--archive", "tar", snapshot, stored]
    found, at = Compared(may_vanish), f"{stored.strip('/')}/"
    owners = os.geteuid() == 0  # nobody else can restore them
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                for member in archive:
                    name = member.name.strip("/")
                    if name.startswith(at):
                        _one(archive, member, name.removeprefix(at), tree, began, owners, found)
            process.stdout.read()
        except tarfile.TarError as error:
            process.kill()
            raise CannotRead(_words(process.stderr) or f"its archive ends in the middle: {error}") from error
        said = _words(process.stderr)
    if process.returncode:
        raise CannotRead(said or f"restic ended with status {process.returncode}")
    return found


def _words(stream: IO[bytes]) -> str:
    return " / ".join(stream.read().decode("utf-8", "replace").strip().splitlines()[-3:])


def _one(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    name: str,
    tree: Path,
    began: float,
    owners: bool,
    found: Compared,
) -> None:
    """Compare one entry, and note how it differs."""
    found.seen.add(name)
    if member.isreg():
        found.files, found.bytes = found.files + 1, found.bytes + member.size
    for kind in _kinds(archive, member, tree / name, began, owners):
        found.add(kind, name)


def _kinds(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path, began: float, owners: bool) -> Iterator[str]:
    """Yield how an entry differs: missing, kind, changed, scrambled, damaged, link, mode, owner, attributes."""
    content = archive.extractfile(member) if member.isreg() else None
    try:
        now = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        yield "missing"
        return
    if _type(member) != stat.S_IFMT(now.st_mode):
        yield "kind"
        return
    if content:
        yield from _content(content, path, _changed_since(now, began))
    if member.issym() and str(path.readlink()) != member.linkname:
        yield "link"
    if not member.issym() and stat.S_IMODE(now.st_mode) != member.mode & 0o7777:
        yield "mode"
    if owners and (now.st_uid, now.st_gid) != (member.uid, member.gid):
        yield "owner"
    if _attributes(member) - _attributes_of(path):
        yield "attributes"


def _changed_since(now: os.stat_result, began: float) -> bool:
    """Whether a file was written since the snapshot was begun, by its own time: then it may differ."""
    return now.st_mtime >= began


def _content(content: IO[bytes], path: Path, changed: bool) -> Iterator[str]:
    """Compare bytes; what was written since is ``changed``, or ``scrambled`` if it cannot be compressed any more."""
    same, first, now = True, b"", b""
    with path.open("rb") as file:
        while piece := content.read(_PIECE):
            other = file.read(len(piece))
            first, now = first or piece[:_SAMPLE], now or other[:_SAMPLE]
            same = same and piece == other
        now = now or file.peek(_SAMPLE)[:_SAMPLE]
        same = same and not file.read(1)
    if not same:
        yield ("scrambled" if _scrambled(first, now) else "changed") if changed else "damaged"


def _scrambled(before: bytes, now: bytes) -> bool:
    """Whether what could be compressed looks random now, as what ransomware leaves."""
    return len(now) >= 512 and _density(before) < 0.9 and _density(now) > 0.98


def _density(data: bytes) -> float:
    return len(zlib.compress(data, 1)) / len(data) if data else 1.0


def _type(member: tarfile.TarInfo) -> int:
    types = ((member.isreg(), stat.S_IFREG), (member.isdir(), stat.S_IFDIR), (member.issym(), stat.S_IFLNK))
    devices = ((member.isfifo(), stat.S_IFIFO), (member.ischr(), stat.S_IFCHR), (member.isblk(), stat.S_IFBLK))
    return next((found for is_it, found in (*types, *devices) if is_it), 0)


def _attributes(member: tarfile.TarInfo) -> set[tuple[str, str]]:
    """The user's extended attributes that the snapshot has."""
    named = ((name.removeprefix(_XATTR), text) for name, text in member.pax_headers.items() if name.startswith(_XATTR))
    return {(name, text) for name, text in named if name.startswith("user.")}


def _attributes_of(path: Path) -> set[tuple[str, str]]:
    try:
        names = os.listxattr(path, follow_symlinks=False)
        return {(name, os.getxattr(path, name, follow_symlinks=False).decode()) for name in names}
    except (OSError, UnicodeDecodeError):
        return set()


def say(found: Mapping[str, Any], restic: Sequence[str]) -> None:
    """Print what was found as JSON. restic's password is not in it, even where a file is called like that."""
    print(_blotted(json.dumps(found, ensure_ascii=False), restic))


def failed(why: str, status: int, restic: Sequence[str]) -> None:
    """End with a reason."""
    print(_blotted(why, restic), file=sys.stderr)
    raise SystemExit(status)


def _blotted(text: str, restic: Sequence[str]) -> str:
    file = restic[restic.index("--password-file") + 1]
    password = Path(file).read_text().strip()
    return text.replace(json.dumps(password)[1:-1], BLOT) if password else text
