"""``scratch FOLDER SNAPSHOT STORED BEGAN BYTES RESTIC…``: restore a snapshot once, compare it, and remove it again.

What a killed one left is removed first. A folder that no drill made is left alone. Prints what ``bring`` found, and how
long it took; ends as ``bring`` does, and with 6 where the folder cannot be had.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actions.systems.files.programs.bring import bring
from actions.systems.files.programs.comparing import CannotRead, failed, say

MARK = "made-by-a-drill"
"""The file that tells a drill's folder; it is there before anything else."""
_TREE = "snapshot"


class CannotHave(Exception):
    """The folder is somebody else's, another drill is at work in it, or it cannot be made."""


def try_once(folder: Path, snapshot: str, stored: str, began: float, size: int, restic: list[str]) -> dict[str, Any]:
    """Restore the snapshot into the folder, compare every file, and remove all of it, whatever it came to.

    Args:
        folder: a folder of its own.
        snapshot, stored, began, size, restic: see `bring`.

    Raises:
        CannotHave: the folder cannot be used.
        CannotRead: the snapshot cannot be read.
        SystemExit: what was restored differs.
    """
    with _ours(folder):
        begun = time.monotonic()
        try:
            found = bring(folder / _TREE, snapshot, stored, began, size, restic)
            return {**found, "seconds": round(time.monotonic() - begun, 2)}
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ours(folder: Path) -> Iterator[None]:
    """Hold the folder, empty but for the mark. The kernel gives it up with this process."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise CannotHave(f"{folder} cannot be made: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _clear(folder)
        yield
    except BlockingIOError as error:
        raise CannotHave(f"another drill is at work in {folder}: wait for its end") from error
    finally:
        os.close(handle)


def _clear(folder: Path) -> None:
    """Remove what an earlier drill left.

    Raises:
        CannotHave: it is no drill's.
    """
    found = sorted(folder.iterdir())
    if found and folder / MARK not in found:
        raise CannotHave(f"{folder} is there, and no drill made it: move it away")
    (folder / MARK).touch()
    for each in found:
        if each.name == _TREE:
            shutil.rmtree(each)


def _end(number: int, _: object) -> None:
    """End as after a failure, so that the folder is removed."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    at, id_, path, since, total, *command = sys.argv[1:]
    try:
        say(try_once(Path(at), id_, path, float(since), int(total), command), command)
    except CannotRead as error:
        failed(str(error), 4, command)
    except CannotHave as error:
        failed(str(error), 6, command)
