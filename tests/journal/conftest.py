"""Where the journal's tests write: in memory, where a flush takes no time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
NEEDED = 512 << 20
"""Bytes that must be free there."""


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """Replace pytest's folder by one in memory, where there is room: there are thousands of flushes in these tests.

    What is tried is the same: a killed process leaves the same files on any file system, and what a failing disk does
    is tried on disks of its own (`tests.journal.store.disks`).
    """
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < NEEDED:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="cleo-tests-", dir=MEMORY, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
