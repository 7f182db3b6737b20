"""How much data a lab holds, and whether there is room for it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from cleo_console.lab.server import SMALL_BYTES
from journal.errors import CleoError

UNITS = {"MB": 10**6, "GB": 10**9}
ROOM = 3
"""The data itself, its old copy kept aside by a recovery, and the repository (compressed) with logs."""


def scale_of(size: str) -> float:
    """How many times the small data set `size` is.

    Args:
        size: `small`, or a number with MB or GB, such as `500MB` or `1.5GB`.

    Raises:
        CleoError: it is neither, or less than the small set.
    """
    if size == "small":
        return 1.0
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(MB|GB)", size.strip(), re.IGNORECASE)
    scale = float(match[1]) * UNITS[match[2].upper()] / SMALL_BYTES if match else 0.0
    if scale < 1.0:
        raise CleoError(
            f"`{size}` is no size for a lab.",
            f"Give `small`, or at least {SMALL_BYTES // UNITS['MB']}MB, such as 500MB or 2GB.",
        )
    return scale


def check_space(directory: Path, scale: float) -> None:
    """Refuse to start what would fill the disk.

    Raises:
        CleoError: there is too little room.
    """
    existing = next(each for each in (directory, *directory.parents) if each.exists())
    free = shutil.disk_usage(existing).free
    needed = int(ROOM * scale * SMALL_BYTES) + 500 * UNITS["MB"]
    if free < needed:
        raise CleoError(
            f"The lab needs about {needed / UNITS['GB']:.1f} GB, and {existing} has {free / UNITS['GB']:.1f} GB left.",
            "Choose a smaller --size, or another folder with --dir.",
        )
