"""A repository as it is copied, from a folder or a bucket: which files, in which order, and whether all is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import filter as filter_names
from fnmatch import fnmatch
from glob import escape
from typing import NamedTuple

from actions.backups.offsite.index import Index
from actions.backups.offsite.memory import MEMORY
from actions.backups.offsite.order import Order
from actions.backups.repository.entry import ENTRY, NoEntry, decode_entry, is_id
from actions.backups.storage.at_once import at_once
from actions.backups.storage.storage import Missing, Stat, Storage
from journal.errors import CleoError

_LOOK = "Nothing was copied. Look what happened to the repository."
_ENTRIES = f"*/{ENTRY}"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class LessThanCopied(CleoError):
    """The source has less than the catalogue says: nothing is copied."""


class Vanished(CleoError):
    """A file expired after it was listed."""


class Source(NamedTuple):
    """What is to be copied.

    Attributes:
        storage: where it lies.
        files: what is known of every file but the heads, in the order of their names.
        heads: the content of the files that tell of others, as it was before the others were listed.
        late: names of files that tell of others as well, and never change: they are copied last.
        digests: the SHA-256 that a file must have, by its name: its entry tells it, or it is called so.
    """

    storage: Storage
    files: Mapping[str, Stat]
    heads: Mapping[str, bytes]
    digests: Mapping[str, str]
    late: frozenset[str] = frozenset()

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file's content.

        Raises:
            Vanished: it expired meanwhile.
            StorageTrouble: it cannot be read.
        """
        try:
            yield from self.storage.pieces(name)
        except Missing as error:
            raise Vanished(f"{error.message} It was listed, and expired meanwhile.", "Run the sync again.") from error


def read_source(order: Order, index: Index, storage: Storage) -> Source:
    """Return what is to be copied.

    Args:
        order: which repository it is.
        index: what was copied before.
        storage: the repository.

    Raises:
        LessThanCopied: it has less than the catalogue, or less than was copied before.
        Vanished: a file that tells of others expired meanwhile.
        StorageTrouble: it cannot be read.
    """
    telling = [name for name in _listed(storage, order) if _fits(name, order.heads)]
    late = frozenset(_called(order, telling))
    heads = _contents(storage, [name for name in telling if name not in late])
    listed = _listed(storage, order)
    if gone := [name for name in telling if name not in listed]:
        raise Vanished(f"{gone[0]} expired while it was read.", "Run the sync again.")
    others = {name: one for name, one in listed.items() if name in late or not _fits(name, order.heads)}
    files = {name: one for name, one in others.items() if _is_whole(name, heads, order)}
    sizes = {name: one.size for name, one in files.items()}
    digests = _digests(heads, sizes, order.here.place) | _called(order, [*files])
    source = Source(storage, files, heads, digests, late)
    _require_all(order, index, source)
    return source


def _contents(storage: Storage, names: Sequence[str]) -> dict[str, bytes]:
    source = Source(storage, {}, {}, {})
    return dict(zip(names, at_once(lambda name: b"".join(source.pieces(name)), names), strict=True))


def _listed(storage: Storage, order: Order) -> Mapping[str, Stat]:
    """Return what is there and part of a backup, in the order of the names."""
    found = storage.stats("")
    wanted = [name for name in sorted(found) if name != MEMORY and not _is_skipped(name, order.skip)]
    if strange := [name for name in wanted if {"", ".", ".."} & {*name.split("/")}]:
        raise LessThanCopied(
            f"{order.here.place} has an object {strange[0]!r}, which no folder could have.",
            "Nothing was copied. Look who put it there, and take it away.",
        )
    return {name: found[name] for name in wanted}


def _is_skipped(name: str, skip: Sequence[str]) -> bool:
    """Whether a file, or a folder that it is in, is no part of a backup."""
    parts = name.split("/")
    return any(_fits("/".join(parts[:end]), skip) for end in range(1, len(parts) + 1))


def _is_whole(name: str, heads: Mapping[str, bytes], order: Order) -> bool:
    """Whether a file is of no backup, or of one that is whole: in a bucket one is written under its name."""
    backup = name.partition("/")[0]
    return _ENTRIES not in order.heads or not is_id(backup) or f"{backup}/{ENTRY}" in heads


def _require_all(order: Order, index: Index, source: Source) -> None:
    """Refuse a source that lost something."""
    names = [*source.files, *source.heads]
    if lost := [label for label in order.backups if not filter_names(names, order.proof.format(label=escape(label)))]:
        raise LessThanCopied(
            f"{order.here.place} has no file of {', '.join(lost[:3])}, which the catalogue lists.",
            "Is something else mounted there? Nothing was copied, and what was copied before is untouched.",
        )
    if index.newest and not _known(order, index, names):
        had = f"{index.newest}, ended {index.backups[index.newest].ended_at:%Y-%m-%d %H:%M:%S} UTC"
        which = "the newest backup" if order.remembers else "any backup"
        raise LessThanCopied(
            f"{order.here.place} knows nothing of {which} that was copied before ({had}).",
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


def _digests(heads: Mapping[str, bytes], sizes: Mapping[str, int], where: str) -> dict[str, str]:
    """Return the digests that the entries tell; every file that they name must be there."""
    found = {}
    for name, content in heads.items():
        if not name.endswith(f"/{ENTRY}"):
            continue
        backup = name.removesuffix(f"/{ENTRY}")
        try:
            entry = decode_entry(content, f"{where}/{name}")
        except NoEntry as error:
            raise LessThanCopied(error.message, _LOOK) from error
        for file in entry.files:
            if sizes.get(f"{backup}/{file.name}") != file.size:
                raise LessThanCopied(
                    f"{where}/{backup}/{file.name} is missing, or has another size than its entry says.", _LOOK
                )
            found[f"{backup}/{file.name}"] = file.sha256
    return found


def _called(order: Order, names: Sequence[str]) -> dict[str, str]:
    """Return the digests that files are called by."""
    called = {name: name.rpartition("/")[2] for name in names if _fits(name, order.called_by_content)}
    return {name: digest for name, digest in called.items() if _SHA256.fullmatch(digest)}


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name, pattern) or fnmatch(name.rpartition("/")[2], pattern) for pattern in patterns)
