"""Brings backups back from the second place: ``python -m actions.backups.offsite.fetch ORDER`` (an `Order` in JSON).

Each file is written under another name, its SHA-256 compared with what was copied, and only then named; the files that
tell of others come last, so that nothing is a backup before all of it is there. A file that is here with the same
content stays; one with another content is never replaced. Exit status 0: all is here; 1: it is not.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatch
from hashlib import sha256
from pathlib import Path

import msgspec

from actions.backups.offsite.index import NO_INDEX, Copied, load_index, without_index
from actions.backups.offsite.order import Order, tell
from actions.backups.offsite.source import digest_of
from actions.backups.repository.entry import ENTRY
from actions.backups.storage.at_once import at_once
from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Missing, Storage
from journal.errors import CleoError

_TELL_EVERY_S = 0.5
_NAMED = 5


class NotFetched(CleoError):
    """Something there is not what was copied, or something else is here already."""


def main(order: str) -> int:
    """Do what an `Order` in JSON says; return the exit status."""
    try:
        fetch(msgspec.json.decode(order, type=Order))
    except CleoError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or 'a file here'}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def fetch(order: Order) -> None:
    """Bring back what is not here.

    Raises:
        CleoError: what is there cannot be used, or something else is here.
        OSError: it cannot be written here.
    """
    storage = open_storage(order.where)
    index = load_index(storage, order.system)
    files = index.files if index else {}
    wanted = {name: one for name, one in files.items() if not order.only or name.startswith(tuple(order.only))}
    if index is None and (lost := without_index(storage, order.system)):
        raise NotFetched(f"In the second place {lost}: nobody can tell what was copied.", NO_INDEX)
    if not wanted:
        raise NotFetched(f"Nothing of {order.system} was copied that fits.", "Look with cleo backup list.")
    fetch, begun = _Fetch(storage, order, wanted), time.monotonic()
    heads = [name for name in wanted if _tells(name, order.heads)]
    fetch.bring([name for name in wanted if name not in heads])
    broken = {name.partition("/")[0] for name in fetch.damaged}
    fetch.bring([name for name in heads if name.partition("/")[0] not in broken or not name.endswith(f"/{ENTRY}")])
    tell(**fetch.did, seconds=round(time.monotonic() - begun, 2))
    if lines := [f"{name} {why}" for name, why in fetch.damaged.items()]:
        more = f", and {len(lines) - _NAMED} more files" if lines[_NAMED:] else ""
        raise NotFetched(
            f"In the second place {'; '.join(lines[:_NAMED])}{more}: not fetched. All else is here.",
            "What needs them cannot be restored; take another backup.",
        )


class _Fetch:
    """What was brought so far."""

    def __init__(self, storage: Storage, order: Order, wanted: Mapping[str, Copied]) -> None:
        self._storage, self._order, self._wanted = storage, order, wanted
        self._read, self._of, self._told = 0, sum(one.size for one in wanted.values()), time.monotonic()
        self.did: dict[str, float] = {"fetched": 0, "kept": 0, "bytes": 0}
        self.damaged: dict[str, str] = {}

    def bring(self, names: Sequence[str]) -> None:
        """Bring files, several at once."""
        for name, why in zip(names, at_once(self._one, names), strict=True):
            size = self._wanted[name].size
            if why is None:
                self.did["kept"] += 1
            elif why:
                self.damaged[name] = why
            else:
                self.did["fetched"] += 1
                self.did["bytes"] += size
            self._read += size
            if time.monotonic() - self._told > _TELL_EVERY_S:
                self._told = time.monotonic()
                tell(read=self._read, of=self._of)

    def _one(self, name: str) -> str | None:
        """Bring one file; return None where it is here already, else why it is not here afterwards."""
        path, one = Path(self._order.folder, name), self._wanted[name]
        if path.exists() and _tells(name, self._order.heads) and path.name != ENTRY:
            return None  # it tells of what is here, and is written anew with each backup
        return None if _is_here(path, one) else self._bring(name, path, one)

    def _bring(self, name: str, path: Path, one: Copied) -> str:
        """Bring one file; return why it is not here afterwards, where it was damaged there."""
        _make_folder(path.parent, self._order.owner)
        part, found = path.with_name(f".incomplete-{path.name}"), sha256()
        try:
            with part.open("wb") as file:
                for piece in self._storage.pieces(f"{self._order.system}/{name}"):
                    found.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            if part.stat().st_size != one.size:
                return f"has {part.stat().st_size} bytes, and had {one.size}"
            if found.hexdigest() != one.sha256:
                return "has another content than was copied"
            _give_to(self._order.owner, path.parent, part)
            if one.mtime_ns:  # so that the next sync knows it for what it copied
                os.utime(part, ns=(one.mtime_ns, one.mtime_ns))
            part.rename(path)
        except Missing:
            return "is missing"
        except OSError as error:
            raise NotFetched(
                f"{error.filename or part} cannot be written: {error.strerror}.",
                "Make room, or mend what it says; then fetch again: what is here by now stays.",
            ) from error
        finally:
            part.unlink(missing_ok=True)
        return ""


def _tells(name: str, heads: Sequence[str]) -> bool:
    """Whether a file tells of others."""
    return any(fnmatch(name, head) or fnmatch(name.rpartition("/")[2], head) for head in heads)


def _is_here(path: Path, one: Copied) -> bool:
    """Return whether a file is here as it was copied.

    Raises:
        NotFetched: another one of its name is.
    """
    if not path.exists():
        return False
    if digest_of(path) != (one.size, one.sha256):
        raise NotFetched(
            f"{path} is here with another content than was copied; it is left as it is.",
            "Fetch into another folder, or move it away.",
        )
    return True


def _make_folder(path: Path, owner: str) -> None:
    """Make a folder, and those above it, with the permissions of the first one that is there."""
    if path.is_dir():
        return
    _make_folder(path.parent, owner)
    with suppress(FileExistsError):  # another file is brought at the same time
        path.mkdir()
        path.chmod(stat.S_IMODE(path.parent.stat().st_mode))
        _give_to(owner, path.parent, path)


def _give_to(owner: str, folder: Path, path: Path) -> None:
    """Let an account have a file, else who has the folder that it is in; where we are not root, it is ours."""
    if os.geteuid() != 0:
        return
    if owner:
        shutil.chown(path, owner, pwd.getpwnam(owner).pw_gid)
    else:
        os.chown(path, folder.stat().st_uid, folder.stat().st_gid)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
