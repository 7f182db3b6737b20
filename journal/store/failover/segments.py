"""The segments of one journal: its first file, and those in which it continued when the disk under it failed.

Segment 2 of ``journal.db`` is ``journal-2.db`` in the fallback directory; should that disk fail as well, segment 3 is
``journal-3.db`` beside the first, and so on. Two links beside the first file let every process find the same files,
whatever its own settings say:

- ``journal.db.second`` leads to the incident's folder in the fallback directory. It is made while the disk is well.
- ``journal.db.next`` names the segment after this one. It is made where that is still possible, and tells a segment
  that is missing (a disk that is not mounted) from one that never was.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from journal.store.errors import SegmentMissing

MOST_SEGMENTS = 10
"""SQLite reads at most eleven files as one (https://sqlite.org/limits.html, SQLITE_MAX_ATTACHED)."""


class Segments:
    """The files of a journal, as far as they are known here.

    Args:
        first: the journal's first file.

    Attributes:
        files: the segments in order; never empty.
    """

    def __init__(self, first: Path) -> None:
        self.files = [first]
        self._fallback = fallback_link(first)
        self._look_for_next()

    @property
    def last(self) -> Path:
        """The segment that is written to."""
        return self.files[-1]

    def advance(self) -> bool:
        """Add the next segment if there is one; return whether there was. Costs two looks at the file system.

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
        """Refuse to write where another process continued in a segment that cannot be seen from here.

        Raises:
            SegmentMissing: there is such a segment.
        """
        gone_to = _read_link(self._marker)
        if gone_to:
            raise SegmentMissing(
                f"The journal {self.last} went on in {gone_to}, and that file is not there.",
                "Mount its disk, or bring the file back; nothing may be written before.",
            )

    def path_of_next(self) -> Path | None:
        """Return the path of the segment after the last one; None where there is no place for it."""
        first, number = self.files[0], len(self.files) + 1
        if number > MOST_SEGMENTS or not os.path.lexists(self._fallback):
            return None
        folder = first.parent if number % 2 else self._fallback.readlink()
        return folder / _segment_name(first, number)

    def _look_for_next(self) -> None:
        """Compute the names that are looked at before every write, as str: a Path costs more."""
        first, number = self.files[0], len(self.files) + 1
        self._candidates = [
            os.fspath(folder / _segment_name(first, number)) for folder in (first.parent, self._fallback)
        ]
        self._marker = os.fspath(_marker(self.last))


def segments_of(first: Path) -> list[Path]:
    """Return all files of a journal that are there, in order.

    Raises:
        OSError: it cannot be told which there are.
    """
    segments = Segments(first)
    while segments.advance():
        pass
    return segments.files


def fallback_link(first: Path) -> Path:
    """Return the path of the link that leads to a journal's fallback directory."""
    return first.with_name(first.name + ".second")


def settle_fallback(first: Path, folder: Path) -> None:
    """Make the link to a journal's fallback directory, unless there is one already: all processes must agree.

    Args:
        first: the journal's first file.
        folder: the incident's folder in the fallback directory.

    Raises:
        OSError: the link could not be made.
    """
    link = fallback_link(first)
    if not os.path.lexists(link):
        with contextlib.suppress(FileExistsError):  # another process made it at the same time
            link.symlink_to(folder)


def mark_next(segment: Path, following: Path) -> None:
    """Make the link beside a segment that names the one after it.

    Raises:
        OSError: it could not be made.
    """
    link = _marker(segment)
    if not os.path.lexists(link):
        with contextlib.suppress(FileExistsError):
            link.symlink_to(following)


def _marker(segment: Path) -> Path:
    return segment.with_name(segment.name + ".next")


def _read_link(name: str) -> str:
    try:
        return os.readlink(name)  # noqa: PTH115  # before every write: a Path costs ten times as much
    except OSError:
        return ""


def _segment_name(first: Path, number: int) -> str:
    return f"{first.stem}-{number}{first.suffix}"


def _is_there(name: str) -> bool:
    """Return whether there is a file; an OSError of a failing disk is raised, not taken for a no."""
    try:
        os.stat(name)  # noqa: PTH116  # before every write: a Path costs ten times as much
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
