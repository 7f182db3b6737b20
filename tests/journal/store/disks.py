"""A small disk that fills up or turns read-only, for all processes at once: a real one where we may mount."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEGABYTES = 16
_LIMIT = 1_000_000


class Disk:
    """A folder on a disk of its own; without the right to mount, a limit on the size of files stands in for it."""

    def __init__(self, folder: Path, *, real: bool) -> None:
        self.folder = folder
        self.real = real

    def fill(self, *pids: int) -> None:
        """Leave no room, for these other processes and this one."""
        if self.real:
            with (self.folder / "ballast").open("wb", buffering=0) as file:
                while _took(file.fileno()):
                    pass
            return
        resource.setrlimit(resource.RLIMIT_FSIZE, (_LIMIT, resource.RLIM_INFINITY))
        for pid in pids:
            subprocess.run(["prlimit", "--pid", str(pid), f"--fsize={_LIMIT}:unlimited"], check=True)

    def free(self, *pids: int) -> None:
        """Make room again."""
        (self.folder / "ballast").unlink(missing_ok=True)
        if not self.real:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            for pid in pids:
                subprocess.run(["prlimit", "--pid", str(pid), "--fsize=unlimited:unlimited"], check=True)

    def make_read_only(self) -> None:
        """Let nobody write here any more."""
        if self.real:
            subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)
        else:
            for path in (*self.folder.rglob("*"), self.folder):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode & ~0o222)

    def make_writable(self) -> None:
        """Let people write here again."""
        if self.real:
            subprocess.run(["mount", "-o", "remount,rw", str(self.folder)], check=True)
        else:
            for path in (self.folder, *self.folder.rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | 0o200)


def _took(descriptor: int) -> bool:
    try:
        os.write(descriptor, bytes(4096))
    except OSError:
        return False
    return True


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Have a disk of 16 MB at ``folder`` for the length of the block."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    real = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    disk = Disk(folder, real=real)
    try:
        yield disk
    finally:
        disk.free()
        if real:
            # lazily: a process that is about to end may still have a file open
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
