"""What was copied to the second place: one file beside the copy of a system's repository, replaced as it grows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from actions.backups.storage.storage import Missing, Stat, Storage, StorageTrouble
from journal.structs import from_json
from journal.wording.counting import count

NO_INDEX = (
    "Put back an earlier version of it, where the bucket keeps versions; or sync from a sound repository, which writes "
    "it anew. By hand: the files lie there as in the repository, and each entry.json has their SHA-256."
)
"""What helps where it is missing."""


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """One file as it was copied: its size in bytes, its SHA-256; ``mtime_ns`` and ``tag`` are its source's (`Stat`)."""

    size: int
    sha256: str
    mtime_ns: int = 0
    tag: str = ""

    def is_of(self, source: Stat) -> bool:
        """Whether a source was not changed since it was copied, by what its place says of it."""
        return (self.size, self.mtime_ns, self.tag) == (source.size, source.mtime_ns, source.tag)


class CopiedBackup(msgspec.Struct, frozen=True, kw_only=True):
    """One backup that the source had: its kind, when it ended (UTC), its size in bytes.

    ``shows`` is an instant: what was committed by then is in it.
    """

    kind: str
    ended_at: datetime
    shows: datetime
    size: int = 0


def restored_size(backups: Mapping[str, CopiedBackup], label: str) -> int:
    """Return how large a backup is once it is restored, in bytes: of one that builds upon another, that one counts."""
    wanted = backups[label]
    whole = [one for one in backups.values() if one.kind == "full" and one.ended_at <= wanted.ended_at]
    return max([wanted.size, *(one.size for one in sorted(whole, key=lambda one: one.ended_at)[-1:])])


class Index(msgspec.Struct, kw_only=True):
    """The copy of one system's repository.

    Attributes:
        system: the system's name in the inventory; ``type``: its type.
        source: what was copied, for people.
        files: every file that was copied and read back, by its name below the system's folder.
        claimed: names that a sync is about to write: should it be killed, what is there of these is ours.
        backups: the backups that the source had when the last whole sync began, by their labels.
        archived_until: the last commit in the log beside them then; None: there is no such log, or it was not known.
        began_at: when the last whole sync began, in UTC: ``backups`` were there by then; None: there was none.
        ended_at: when it ended.
        lost: what the place had lost before it was copied anew, in words; empty: nothing. ``lost_at``: when that was
            noticed.
    """

    system: str
    type: str
    source: str
    files: dict[str, Copied] = {}
    claimed: list[str] = []
    backups: Mapping[str, CopiedBackup] = {}
    archived_until: datetime | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    lost: str = ""
    lost_at: datetime | None = None

    @property
    def newest(self) -> str:
        """The label of the newest backup that was copied; empty: there is none."""
        return max(self.backups, key=lambda label: self.backups[label].ended_at, default="")


def index_name(system: str) -> str:
    """Return the name of a system's index: outside of the copy, which is a repository like the first one."""
    return f"{system}.offsite.json"


def load_index(storage: Storage, system: str) -> Index | None:
    """Return the index of a system, or None where nothing was ever copied.

    Raises:
        StorageTrouble: it cannot be read, or is no index.
    """
    try:
        return from_json(storage.read(index_name(system)), Index)
    except Missing:
        return None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise StorageTrouble(
            f"{index_name(system)} in the second place cannot be understood: {error}.",
            "Restore an earlier version of it; without it nobody can tell what was copied.",
        ) from error


def without_index(storage: Storage, system: str) -> str:
    """Return that files of a system are there and no index tells of them, as a sentence's beginning; empty: none are.

    Raises:
        StorageTrouble: nobody can look.
    """
    number = len(storage.sizes(f"{system}/"))
    return f"{index_name(system)} is missing there, and {count(number, 'file')} of {system} are not" if number else ""


def save_index(storage: Storage, index: Index) -> None:
    """Replace a system's index.

    Raises:
        StorageTrouble: it cannot be written.
    """
    storage.put_bytes(index_name(index.system), msgspec.json.encode(index))
