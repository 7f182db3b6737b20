"""A folder of its own for what is tried once and removed: for programs that run on the host itself.

Only a folder that such a program made is ever emptied, and only one program at a time works in it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journal.errors import CleoError

MARK = "made-by-a-drill"
"""The file that tells such a folder; it is there before anything else, and goes last."""
NOT_HAD = 6
"""The exit status for `CannotHave`: it says nothing of what was to be tried."""


class CannotHave(CleoError):
    """The folder is somebody else's, another program is at work in it, or it cannot be made."""


@contextmanager
def scratch_folder(folder: Path) -> Iterator[None]:
    """Hold the folder, empty but for its mark, for the length of the block; remove it at the end, whatever that is.

    SIGTERM ends this process as a failure does. Killed otherwise, the folder is left, and the next one empties it; the
    kernel gives up the hold with the process.

    Raises:
        CannotHave: the folder cannot be used.
    """
    handle, before = _opened(folder), signal.signal(signal.SIGTERM, _end)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _require_same(folder, handle)
        _clear(folder)
        try:
            yield
        finally:
            _empty(folder)
            shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError as error:
        raise CannotHave(f"another drill is at work in {folder}: wait for its end") from error
    finally:
        signal.signal(signal.SIGTERM, before)
        os.close(handle)


def _opened(folder: Path) -> int:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise CannotHave(f"{folder} cannot be made: {error.strerror}") from error


def _require_same(folder: Path, handle: int) -> None:
    """Refuse a folder that another drill removed between the opening and the lock: what we hold has no name."""
    try:
        same = os.path.samestat(folder.lstat(), os.fstat(handle))
    except FileNotFoundError:
        same = False
    if not same:
        raise CannotHave(f"another drill was at work in {folder} until now: run it again")


def _clear(folder: Path) -> None:
    """Remove what an earlier one left.

    Raises:
        CannotHave: it is no drill's.
    """
    if any(folder.iterdir()) and not (folder / MARK).is_file():
        raise CannotHave(f"{folder} is there, and no drill made it: move it away")
    (folder / MARK).touch()
    _empty(folder)


def _empty(folder: Path) -> None:
    """Remove all but the mark, so that what is killed meanwhile is still known as a drill's."""
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each, ignore_errors=True)
        elif each.name != MARK:
            each.unlink()


def _end(number: int, _: object) -> None:
    """End as after a failure, so that what is to be removed is."""
    raise SystemExit(128 + number)
