"""Where the tests keep their files: in memory where there is room, since servers and journals flush at every commit.

Flushing stays what it is for whoever asks for it; it only costs nothing there. What a test fills, turns read-only or
takes away is a file system of its own, mounted for it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
PREFIX = "cleo-tests-"
ROOM_BYTES = 6 << 30
"""Free memory below which the tests stay on the disk; they need about a third of it with two workers."""


def fast_folder(other: Path) -> Path:
    """Return the folder in memory, or ``other`` where it is too small or programs must not be run from it."""
    try:
        place = os.statvfs(MEMORY)
    except OSError:
        return other
    fits = min(place.f_bavail * place.f_frsize, _available_bytes()) >= ROOM_BYTES
    return MEMORY if fits and os.access(MEMORY, os.W_OK) and not place.f_flag & os.ST_NOEXEC else other


def _available_bytes() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))


def use_fast_temporary_folder() -> Path | None:
    """Let this process and its children make their temporary files in memory; return the folder, to be removed later.

    It is open to every account, as /tmp is: servers of other accounts are started in it.
    """
    place = fast_folder(Path(tempfile.gettempdir()))
    _remove_abandoned(place)
    if place != MEMORY:
        return None
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place))
    folder.chmod(0o1777)
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    return folder


def _remove_abandoned(place: Path) -> None:
    """Remove what a session left that was killed before it could."""
    for folder in place.glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists() and folder.stat().st_uid == os.geteuid():
            shutil.rmtree(folder, ignore_errors=True)
