"""One lab a worker and set of systems, copied stopped: made once, with its first backups; a test gets a copy.

A copy lies where the template was made, so no port and no path in it has to change. While a copy is in use and
another one is asked for, a second template is made beside it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cleo_console.lab import Lab
from cleo_console.lab.processes import kill_processes
from tests.storage import fast_folder

PARENT = fast_folder(Path("/var/tmp"))
"""Not pytest's tmp_path: when root runs the tests, the servers' account must be able to enter the folder."""

PREFIX = "cleo-lab-"

_all: list[Path] = []
_free: dict[tuple[str, ...], list[Path]] = {}


def new_parent() -> Path:
    """Make a folder for one lab, `lab` in it; its name tells whose it is."""
    parent = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=PARENT))
    parent.chmod(0o755)
    return parent


def remove_lab(directory: Path) -> None:
    """Remove a lab at once: nobody waits for a clean stop of what is thrown away."""
    kill_processes(directory)
    Lab.remove(directory)


@contextmanager
def copied_lab(backup_minutes: float, systems: tuple[str, ...] = ("postgres",)) -> Iterator[Path]:
    """The folder of a lab that was stopped, to be brought up; nothing of it is left afterwards."""
    free = _free.setdefault(systems, [])
    parent = free.pop() if free else _template(systems)
    directory = parent / "lab"
    subprocess.run(["cp", "-a", "--reflink=auto", str(parent / "stopped"), str(directory)], check=True)
    for path in directory.rglob("lab.env"):
        text = re.sub(r"(?m)^BACKUP_SECONDS=.*", f"BACKUP_SECONDS={backup_minutes * 60:.0f}", path.read_text())
        path.write_text(text)
    try:
        yield directory
    finally:
        remove_lab(directory)
    free.append(parent)


def _template(systems: tuple[str, ...]) -> Path:
    parent = new_parent()
    _all.append(parent)
    Lab.up(parent / "lab", systems=systems).stop()
    (parent / "lab").rename(parent / "stopped")
    return parent


def remove_templates() -> None:
    """Remove what this process made to copy from."""
    while _all:
        shutil.rmtree(_all.pop(), ignore_errors=True)
    _free.clear()
