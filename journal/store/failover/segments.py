"""The files of one journal: the first, and those in which it went on when the disk under it gave way.

Part 2 of ``journal.db`` is ``journal-2.db`` in the second place; should that give way as well, part 3 is
``journal-3.db`` beside the first, and so on. Two links beside the first file let every process find the same files,
whatever its own settings say:

- ``journal.db.second`` leads to the incident's folder in the second place. It is made while the disk is well.
- ``journal.db.next`` names the file in which this one goes on. It is made where that is still possible, and tells a
  continuation that is missing (a disk that is not mounted) from one that never was.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from journal.store.errors import PartMissing

MOST_PARTS = 10
"""SQLite reads at most eleven files as one (https://sqlite.org/limits.html, SQLITE_MAX_ATTACHED)."""


class Segments:
    """The files of a journal, as far as they are known here.

    Attributes:
        files: the parts in order; never empty.
    """

    def __init__(self, first: Path) -> None:
        self.files = [first]
        self._second = link_to_second(first)
        self._look_for_next()

    @property
    def last(self) -> Path:
        """The part that is written to."""
        return self.files[-1]

    def advance(self) -> bool:
        """Take in the next part if there is one; say whether. Costs two looks at the disk's directory.

        Raises:
            OSError: it cannot be told whether there is one.
        """
        for name in self._candidates:
            if _is_there(name):
                self.files.append(Path(name).resolve())
                self._look_for_next()
                return True
        return False

    def check_whole(self) -> None:
        """Refuse to write where another process went on in a file that cannot be seen from here.

        Raises:
            PartMissing: there is such a file.
        """
        gone_to = _read_link(self._marker)
        if gone_to:
            raise PartMissing(
                f"The journal {self.last} went on in {gone_to}, and that file is not there.",
                "Mount its disk, or bring the file back; nothing may be written before.",
            )

    def place_for_next(self) -> Path | None:
        """Return what the next part would be called; None where there is no place for it."""
        first, number = self.files[0], len(self.files) + 1
        if number > MOST_PARTS or not os.path.lexists(self._second):
            return None
        folder = first.parent if number % 2 else self._second.readlink()
        return folder / _part_name(first, number)

    def _look_for_next(self) -> None:
        """Settle the names that are looked at before every write: as plain text, for that costs the least."""
        first, number = self.files[0], len(self.files) + 1
        self._candidates = [os.fspath(folder / _part_name(first, number)) for folder in (first.parent, self._second)]
        self._marker = os.fspath(_marker(self.last))


def parts_of(first: Path) -> list[Path]:
    """Return all files of a journal that are there, in order.

    Raises:
        OSError: it cannot be told which there are.
    """
    parts = Segments(first)
    while parts.advance():
        pass
    return parts.files


def link_to_second(first: Path) -> Path:
    """Return the link that leads to a journal's second place."""
    return first.with_name(first.name + ".second")


def name_second(first: Path, folder: Path) -> None:
    """Settle where a journal goes on when its disk gives way. The first word stands: all processes must agree.

    Raises:
        OSError: the link could not be made.
    """
    link = link_to_second(first)
    if not os.path.lexists(link):
        with contextlib.suppress(FileExistsError):  # somebody had the same thought at the same time
            link.symlink_to(folder)


def mark_next(part: Path, following: Path) -> None:
    """Note beside a part where it goes on.

    Raises:
        OSError: it could not be noted.
    """
    link = _marker(part)
    if not os.path.lexists(link):
        with contextlib.suppress(FileExistsError):
            link.symlink_to(following)


def next_of(part: Path) -> str:
    """Return where a part goes on, as noted beside it; an empty text where nothing is noted."""
    return _read_link(os.fspath(_marker(part)))


def _marker(part: Path) -> Path:
    return part.with_name(part.name + ".next")


def _read_link(name: str) -> str:
    try:
        return os.readlink(name)  # noqa: PTH115  # before every write: a Path costs ten times as much
    except OSError:
        return ""


def _part_name(first: Path, number: int) -> str:
    return f"{first.stem}-{number}{first.suffix}"


def _is_there(name: str) -> bool:
    """Like ``os.path.exists``, but a disk that cannot tell is not a no."""
    try:
        os.stat(name)  # noqa: PTH116  # before every write: a Path costs ten times as much
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
