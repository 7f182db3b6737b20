"""A repository's folder as it is copied: which files, in which order, and whether all is there that must be."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import filter as filter_names
from fnmatch import fnmatch
from glob import escape
from hashlib import sha256
from pathlib import Path

import msgspec

from actions.backups.offsite.index import Index
from actions.backups.offsite.memory import MEMORY
from actions.backups.offsite.order import Order
from actions.backups.repository.entry import ENTRY, NoEntry, decode_entry
from actions.backups.storage.storage import PIECE
from journal.errors import CleoError


class LessThanCopied(CleoError):
    """The source has less than the catalogue says: nothing is copied."""


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the source: its name below the folder, its size in bytes, when it was last changed (ns)."""

    name: str
    size: int
    mtime_ns: int


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be copied.

    Attributes:
        files: every file but the heads.
        heads: the content of the files that tell of others, as it was before the others were listed.
        digests: the SHA-256 that an entry tells of a file, by the file's name.
    """

    files: Sequence[SourceFile]
    heads: Mapping[str, bytes]
    digests: Mapping[str, str]


def read_source(order: Order, index: Index) -> Source:
    """Return what is to be copied.

    Raises:
        LessThanCopied: it has less than the catalogue, or less than was copied before.
        OSError: it cannot be read.
    """
    folder = Path(order.folder)
    if not folder.is_dir():
        raise LessThanCopied(f"There is no folder {folder}.", "Mount what holds the backups; nothing was copied.")
    heads = {one.name: (folder / one.name).read_bytes() for one in _walk(folder, order) if _fits(one.name, order.heads)}
    files = [one for one in _walk(folder, order) if not _fits(one.name, order.heads)]
    source = Source(files=files, heads=heads, digests=_digests(heads, {one.name: one.size for one in files}, folder))
    _require_all(order, index, source)
    return source


def digest_of(path: Path) -> tuple[int, str]:
    """Return the size and the SHA-256 of a file."""
    found, size = sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
            size += len(piece)
    return size, found.hexdigest()


def _require_all(order: Order, index: Index, source: Source) -> None:
    """Refuse a source that lost something."""
    names = [*(one.name for one in source.files), *source.heads]
    if lost := [label for label in order.backups if not filter_names(names, order.proof.format(label=escape(label)))]:
        raise LessThanCopied(
            f"{order.folder} has no file of {', '.join(lost[:3])}, which the catalogue lists.",
            "Is something else mounted there? Nothing was copied, and what was copied before is untouched.",
        )
    if index.newest and not _known(order, index, names):
        had = f"{index.newest}, ended {index.backups[index.newest].ended_at:%Y-%m-%d %H:%M:%S} UTC"
        which = "the newest backup" if order.remembers else "any backup"
        raise LessThanCopied(
            f"{order.folder} knows nothing of {which} that was copied before ({had}).",
            "It was emptied, or is another one. Nothing was copied, and what was copied before is untouched: bring it "
            f"back (cleo backup fetch --system {order.system}).",
        )


def _known(order: Order, index: Index, names: Sequence[str]) -> bool:
    """Whether the source is the one that was copied before, and has lost nothing since.

    The newest backup that was copied must be there, or have expired: both pgBackRest (``backup.history``) and our own
    repository (``expired``) keep a file that is called after each backup that they removed. Where nothing is kept of
    it, any that was copied must be there. Neither ever removes all of them.
    """
    if not order.backups:
        return False
    if not order.remembers:
        return bool({*index.backups} & {*order.backups})
    called = {part.partition(".")[0] for name in names for part in name.split("/")}
    return index.newest in order.backups or index.newest in called


def _digests(heads: Mapping[str, bytes], sizes: Mapping[str, int], folder: Path) -> dict[str, str]:
    """Return the digests that the entries tell; every file that they name must be there."""
    found = {}
    for name, content in heads.items():
        if not name.endswith(f"/{ENTRY}"):
            continue
        backup = name.removesuffix(f"/{ENTRY}")
        try:
            entry = decode_entry(content, f"{folder}/{name}")
        except NoEntry as error:
            raise LessThanCopied(error.message, "Nothing was copied. Look what happened to the repository.") from error
        for file in entry.files:
            if sizes.get(f"{backup}/{file.name}") != file.size:
                raise LessThanCopied(
                    f"{folder}/{backup}/{file.name} is missing, or has another size than its entry says.",
                    "Nothing was copied. Look what happened to the repository.",
                )
            found[f"{backup}/{file.name}"] = file.sha256
    return found


def _walk(folder: Path, order: Order) -> Iterator[SourceFile]:
    """Yield every file, in the order of their names; links are left out."""
    found = []
    for at, folders, names in os.walk(folder):
        below = Path(at).relative_to(folder)
        folders[:] = [one for one in folders if not _fits(str(below / one), order.skip)]
        for name in names:
            path = Path(at, name)
            if name != MEMORY and not _fits(str(below / name), order.skip) and not path.is_symlink():
                try:
                    seen = path.stat()
                except FileNotFoundError:
                    continue  # it was renamed or expired since
                found.append(SourceFile(name=str(below / name), size=seen.st_size, mtime_ns=seen.st_mtime_ns))
    yield from sorted(found, key=lambda one: one.name)


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name, pattern) or fnmatch(name.rpartition("/")[2], pattern) for pattern in patterns)
