"""A running lab for any test that needs a real PostgreSQL with backups.

Import the fixture where it is needed (`from tests.labs import lab`): one lab a test module. A module whose tests break
things one after the other may start further ones with `running_lab`. Each is a copy of one that was made and backed up
once (`tests/lab_template.py`), which takes half a second. `pytestmark = pytest.mark.xdist_group(...)` keeps the tests
of a module that share a lab in one worker.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cleo_console import lab as labs
from cleo_console.lab.postgres.backups import take_backup
from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.postgres.cluster_service import cluster_of
from cleo_console.lab.service_types import STORES
from journal.errors import CleoError
from tests.lab_template import PARENT, PREFIX, copied_lab, new_parent, remove_lab

__all__ = ["PARENT", "Lab", "lab", "lab_directory", "running_lab", "running_stores"]


class Lab(labs.Lab):
    """A lab, with what tests need of its PostgreSQL cluster."""

    def cluster(self, name: str) -> Cluster:
        """One of its clusters, or a standby."""
        return cluster_of(self.services[name])

    @property
    def postgres(self) -> Cluster:
        """The cluster that every lab has."""
        return self.cluster("postgres")

    def psql(self, sql: str) -> str:
        """Run SQL as the superuser in CleoAI's database; rows come unaligned, fields separated by `|`."""
        return self.postgres.psql(sql)

    def backup(self, kind: str = "incr") -> str:
        """Take a backup (`full`, `diff` or `incr`) with its manifest, and return its label."""
        return take_backup(self.postgres, kind)

    @property
    def facts(self) -> dict[str, Any]:
        """What the status tells of the cluster: database, backups, last_backup, held."""
        return self.status().services["postgres"].facts

    @property
    def pids(self) -> dict[str, int | None]:
        """The processes of the cluster: server, writer, schedule."""
        return self.status().services["postgres"].pids


@contextmanager
def lab_directory() -> Iterator[Path]:
    """A folder for one lab, and nothing left of it afterwards, whatever the test did."""
    remove_abandoned_labs()
    parent = new_parent()
    try:
        yield parent / "lab"
    finally:
        remove_lab(parent / "lab")
        shutil.rmtree(parent)


@contextmanager
def running_lab(size: str = "small", backup_minutes: float = 60.0) -> Iterator[Lab]:
    """A lab that is up, with one full backup; its scheduled backups are rare enough not to disturb a test."""
    if size == "small":
        remove_abandoned_labs()
        with copied_lab(backup_minutes) as directory:
            yield Lab.up(directory)
    else:
        with lab_directory() as directory:
            yield Lab.up(directory, size, systems=["postgres"], backup_minutes=backup_minutes)


@contextmanager
def running_stores(*also: str) -> Iterator[Lab]:
    """A lab of the three stores and of what else is asked for, each with one full backup; none is taken by itself."""
    remove_abandoned_labs()
    with copied_lab(600, (*STORES, *also)) as directory:
        yield Lab.up(directory)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One running lab for all tests of a module."""
    with running_lab() as running:
        yield running


def remove_abandoned_labs() -> None:
    """Remove labs whose test process was killed before it could."""
    for parent in PARENT.glob(f"{PREFIX}*"):
        owner = parent.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            with contextlib.suppress(CleoError, FileNotFoundError):  # another worker is at it already
                if parent.stat().st_uid == os.geteuid():
                    _unmount(parent)
                    Lab.remove(parent / "lab")
                    shutil.rmtree(parent, ignore_errors=True)


def _unmount(parent: Path) -> None:
    """Take away what a test mounted in its lab; what is in a mounted file system is not removed with the lab."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in reversed([path for path in mounts if path.startswith(f"{parent}/")]):
        subprocess.run(["umount", "--lazy", mount], check=True)
