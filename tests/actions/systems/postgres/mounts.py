"""Real file systems under a lab, mounted where people have them. It takes root to mount."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.labs import PARENT, Lab


@contextmanager
def mounted(path: Path, size: str = "600m") -> Iterator[Path]:
    """A file system of ``size`` is mounted at a directory, with what lay there before in it."""
    before = Path(tempfile.mkdtemp(prefix="cleo-under-", dir=PARENT)) / path.name
    path.rename(before)
    path.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(path))
    try:
        shutil.copystat(before, path)
        os.chown(path, before.stat().st_uid, before.stat().st_gid)
        _run("cp", "-a", f"{before}/.", str(path))
        yield path
    finally:
        _run("umount", "--lazy", str(path))
        shutil.rmtree(before.parent)


@contextmanager
def bound(path: Path) -> Iterator[Path]:
    """A directory of the same file system is mounted there, with what lay there before in it."""
    real = path.with_name(f"{path.name}-bound")
    path.rename(real)
    path.mkdir()
    _run("mount", "--bind", str(real), str(path))
    try:
        yield path
    finally:
        _run("umount", "--lazy", str(path))


@contextmanager
def unwritable(path: Path) -> Iterator[Path]:
    """A directory in which the lab's account may make nothing, as ``/`` is."""
    owner = path.stat()
    os.chown(path, 0, 0)
    path.chmod(0o755)
    try:
        yield path
    finally:
        os.chown(path, owner.st_uid, owner.st_gid)


@contextmanager
def in_fstab(path: Path) -> Iterator[None]:
    """``/etc/fstab`` names a file system at a directory; the file itself is only covered for a while."""
    table = Path("/etc/fstab")
    table.touch()
    with tempfile.NamedTemporaryFile("w", prefix="cleo-fstab-", dir=PARENT) as lines:
        lines.write(f"{table.read_text()}\nnone {path} tmpfs noauto 0 0\n")
        lines.flush()
        Path(lines.name).chmod(0o644)
        _run("mount", "--bind", lines.name, str(table))
        try:
            yield
        finally:
            _run("umount", "--lazy", str(table))


def folder(lab: Lab, name: str) -> Path:
    """Make a folder of the lab's account, and return it."""
    path = lab.directory / name
    path.mkdir(mode=0o700)
    os.chown(path, lab.postgres.account.uid, lab.postgres.account.gid)
    return path


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True)
