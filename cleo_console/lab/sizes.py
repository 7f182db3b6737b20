"""How much data a lab holds, and whether there is room for it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from journal.errors import CleoError

UNITS = {"MB": 10**6, "GB": 10**9}
ROOM = 3
"""The data itself, its old copy kept by a recovery, and the repository (compressed) with logs."""
LOGS = 500 * UNITS["MB"]


def parse_size(size: str) -> int | None:
    """The bytes that `size` asks for; None for `small`.

    Args:
        size: `small`, or a number with MB or GB, such as `500MB` or `1.5GB`.

    Raises:
        CleoError: it is neither.
    """
    if size == "small":
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(MB|GB)", size.strip(), re.IGNORECASE)
    if not match:
        raise CleoError(f"`{size}` is no size for a lab.", "Give `small`, or such as 500MB or 2GB.")
    return int(float(match[1]) * UNITS[match[2].upper()])


def check_size(size: str, small_bytes: Iterable[int]) -> int:
    """The bytes that a lab of this size takes, for services whose small sets take `small_bytes` each.

    Raises:
        CleoError: it is no size, or less than a small set.
    """
    asked, least = parse_size(size), list(small_bytes)
    if asked is None:
        return sum(least)
    if asked < max(least):
        hint = f"Give `small`, or at least {max(least) // UNITS['MB']}MB, such as 500MB or 2GB."
        raise CleoError(f"`{size}` is no size for a lab.", hint)
    return asked * len(least)


def check_space(directory: Path, data: int) -> None:
    """Refuse to start what would fill the disk.

    Args:
        directory: the lab's folder.
        data: bytes of data that it will hold.

    Raises:
        CleoError: there is too little room.
    """
    existing = next(each for each in (directory, *directory.parents) if each.exists())
    free, needed = shutil.disk_usage(existing).free, ROOM * data + LOGS
    if free < needed:
        raise CleoError(
            f"The lab needs about {needed / UNITS['GB']:.1f} GB, and {existing} has {free / UNITS['GB']:.1f} GB left.",
            "Choose a smaller --size, or another folder with --dir.",
        )
