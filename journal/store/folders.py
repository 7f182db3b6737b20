"""Folders that hold journals: private, unless the folder above them was made for a team."""

from __future__ import annotations

import stat
from pathlib import Path

_PRIVATE = 0o700
_SHARED = 0o2770


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can enter, with those above it that are missing.

    Where the folder above was made for a team (setgid, and writable for its group), the new one is the team's too:
    ``install -d -m 2770 -g oncall /srv/cleo``. Whoever can open a journal can hold it locked, and read all of it.

    Raises:
        FileExistsError: it is there already; its mode stays as it is.
        OSError: it cannot be made.
    """
    if not folder.parent.is_dir():
        make_private(folder.parent)
    folder.mkdir(mode=_PRIVATE)
    if shared(folder.parent):
        folder.chmod(_SHARED)


def shared(folder: Path) -> bool:
    """Return whether a folder was made for a team: setgid, and writable for its group."""
    mode = folder.stat().st_mode
    return bool(mode & stat.S_ISGID and mode & stat.S_IWGRP)


def keep_private(folder: Path) -> None:
    """Make a folder as `make_private` does, unless it is there already.

    Raises:
        OSError: it cannot be made.
    """
    if not folder.is_dir():
        try:
            make_private(folder)
        except FileExistsError:
            if not folder.is_dir():
                raise
