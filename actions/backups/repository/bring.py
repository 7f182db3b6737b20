"""Brings files of a backup out of a bucket into their place: ``python -m …repository.bring ORDER``, on its host.

They are written under another name, each SHA-256 is compared with its entry's, and only then are they named: what is at
its place is whole or not there. It prints ``{"read": BYTES, "of": BYTES}``, a JSON object a line. Exit status 1: they
are not at their place; standard error says why, and then what helps.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import sys
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import msgspec

from actions.backups.storage.places import open_storage
from actions.backups.storage.storage import Storage, Where
from journal.errors import CleoError
from journal.store.whole_file import flush_folder
from journal.structs import from_json

_TELL_EVERY_S = 0.5


class BringOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What to bring, and where to.

    Attributes:
        where: the bucket.
        name: the file in it, or what the names of several begin with, behind which ``files`` go on.
        files: the SHA-256 of each, by what goes on behind ``name``; of a single file by the empty name.
        to: the path that it is to have.
        owner: the account that it belongs to; empty: ours.
        over: whether what lies at ``to`` is replaced.
        size: bytes of all of them together.
    """

    where: Where
    name: str
    files: Mapping[str, str]
    to: str
    owner: str = ""
    over: bool = False
    size: int = 0


class NotBrought(CleoError):
    """A file is not what was backed up, or its place is taken."""


def main(order: str) -> int:
    """Do what a `BringOrder` in JSON says; return the exit status."""
    try:
        bring(from_json(order, BringOrder))
    except CleoError as error:
        print(f"{error.message}\n{error.hint}".strip(), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or 'a file here'}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def bring(order: BringOrder) -> None:
    """Bring the files, and give them their place.

    Raises:
        CleoError: a file is not what was backed up, the bucket cannot be used, or the place is taken.
        OSError: it cannot be written.
    """
    to = Path(order.to)
    new = to.with_name(f"{to.name}.cleo-new")
    _remove(new)
    try:
        fetch_files(order, new)
        if order.owner:
            _give(new, order.owner)
        if order.over:
            _remove(to)
        if os.path.lexists(to):
            raise NotBrought(f"{to} is there again: somebody started the server meanwhile.", "Stop it; run it again.")
        new.rename(to)
        flush_folder(to.parent)
    finally:
        _remove(new)


def fetch_files(order: BringOrder, new: Path) -> None:
    """Write the files to ``new``, and below it, each compared with its digest.

    Raises:
        CleoError: one is not what was backed up, or the bucket cannot be used.
        OSError: it cannot be written.
    """
    storage, tell = open_storage(order.where), _Teller(order.size)
    for behind, digest in order.files.items():
        path = new / behind.removeprefix("/") if behind else new
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = _fetch(storage, f"{order.name}{behind}", path, tell)
        if found != digest:
            raise NotBrought(
                f"{order.name}{behind} is not what was backed up (SHA-256 {found[:12]}…, not {digest[:12]}…).",
                "Restore from another backup, and look what changed this one.",
            )


def _fetch(storage: Storage, name: str, path: Path, tell: _Teller) -> str:
    """Write one file; return its SHA-256."""
    found = sha256()
    with path.open("wb") as file:
        path.chmod(0o600)
        for piece in storage.pieces(name):
            file.write(piece)
            found.update(piece)
            tell.read(len(piece))
        file.flush()
        os.fsync(file.fileno())
    return found.hexdigest()


class _Teller:
    """Says twice a second how much was read."""

    def __init__(self, of: int) -> None:
        self._of, self._read, self._told = of, 0, time.monotonic()

    def read(self, size: int) -> None:
        self._read += size
        if self._of and time.monotonic() - self._told >= _TELL_EVERY_S:
            self._told = time.monotonic()
            print(json.dumps({"read": self._read, "of": self._of}), flush=True)


def _give(path: Path, owner: str) -> None:
    account = pwd.getpwnam(owner)
    for each in (path, *path.rglob("*")):
        shutil.chown(each, account.pw_uid, account.pw_gid)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
