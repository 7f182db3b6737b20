"""``verify DIRECTORY SNAPSHOT STORED BEGAN PATTERNS RESTIC…``: compare a store with a snapshot, every byte of it.

``PATTERNS`` is a list in JSON: what may be missing. Ends with 4 where the snapshot cannot be read to its end.
"""

from __future__ import annotations

import json
import stat
import sys
import time
from pathlib import Path
from typing import Any

from actions.systems.files.programs.comparing import CannotRead, compare, failed, say
from actions.systems.files.programs.tree import AHEAD_S, entries


def verify(
    directory: Path, snapshot: str, stored: str, began: float, may_vanish: list[str], restic: list[str]
) -> dict[str, Any]:
    """Return what differs, and the newest file that is there.

    Raises:
        CannotRead: the snapshot cannot be read.
    """
    found = compare(restic, snapshot, stored, directory, began, may_vanish)
    latest, newest = time.time() + AHEAD_S, 0.0
    for name, seen in entries(directory):
        if stat.S_ISREG(seen.st_mode) and seen.st_mtime <= latest:
            newest = max(newest, seen.st_mtime)
        if name not in found.seen:
            found.add("new" if seen.st_ctime >= began else "extra", name)
    return {**found.as_data(), "newest": newest or None}


if __name__ == "__main__":
    at, id_, path, since, patterns, *argv = sys.argv[1:]
    try:
        say(verify(Path(at), id_, path, float(since), json.loads(patterns), argv), argv)
    except CannotRead as error:
        failed(str(error), 4, argv)
