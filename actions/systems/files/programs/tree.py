"""Walking a store's tree."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

AHEAD_S = 60.0
"""Seconds that a file's time may lie ahead of the clock before it counts as wrong."""


def entries(directory: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield everything in a tree by its path in it, links as links; what vanishes meanwhile is left out."""
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            found = list(os.scandir(directory / folder))
        except FileNotFoundError:
            continue
        for entry in found:
            name = f"{folder}{entry.name}"
            try:
                seen = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if stat.S_ISDIR(seen.st_mode):
                folders.append(f"{name}/")
            yield name, seen


def measure(directory: Path, until: float) -> dict[str, Any]:
    """Return how many files there are and which is the newest, as far as ``until`` (of the monotonic clock) allows.

    A file whose time lies in the future says nothing of what is newest: it is counted as ``ahead``.
    """
    files = size = ahead = 0
    newest, latest, whole = 0.0, time.time() + AHEAD_S, True
    for _, seen in entries(directory):
        if time.monotonic() > until:
            whole = False
            break
        if not stat.S_ISREG(seen.st_mode):
            continue
        files, size = files + 1, size + seen.st_size
        if seen.st_mtime > latest:
            ahead += 1
        else:
            newest = max(newest, seen.st_mtime)
    return {"files": files, "bytes": size, "newest": newest or None, "ahead": ahead, "walked": whole}
