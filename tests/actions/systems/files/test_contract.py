"""A file store passes what every type of system must pass."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from cleo_contract import Contract, SystemUnderTest
from tests.actions.systems.files.stores import StoreLab, store_lab

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can keep a store's owner out of it"),
    pytest.mark.xdist_group("files-contract"),
]

_SLOW = '#!/bin/sh\n[ ! -e "{flag}" ] || exec sleep 600\nexec {python} "$@"\n'


class StoreUnderTest(SystemUnderTest):
    """The lab's file store. Its host's Python can be made to hang, as a dead file server makes whoever looks."""

    type = "files"
    recovery = (
        "backups.hold",
        "files.stop_writers",
        "files.restore",
        "files.verify",
        "files.allow_writers",
        "backups.release",
    )
    kill_every = 3
    asked_twice = ("backups.hold", "backups.release", "files.stop_writers", "files.allow_writers", "files.start")

    def __init__(self, lab: StoreLab) -> None:
        super().__init__(lab.inventory)
        self._lab = lab
        self._hang = lab.lab.directory / "hang"
        slow = lab.lab.directory / "slow-python"
        slow.write_text(_SLOW.format(flag=self._hang, python=sys.executable))
        slow.chmod(0o755)
        lab.inventory.write_text(lab.inventory.read_text().replace(f"python: {sys.executable}", f"python: {slow}"))

    def fingerprint(self) -> Mapping[str, object]:
        """Every file of the store and beside it; the repository's locks come and go with each look."""
        place = self._lab.place
        found: dict[str, object] = {}
        for path in (*place.directory.parent.rglob("*"), *place.repository.rglob("*"), place.hold_file):
            if path.is_file() and path.parent.name != "locks":
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        return found | {"mode": place.directory.stat().st_mode if place.directory.exists() else None}

    def kept(self) -> Sequence[str]:
        return [f"{path.name} {_digest(path)}" for path in sorted(self._lab.directory.parent.glob("files.aside-*"))]

    def lose(self) -> None:
        """Its directory is there and empty; a restore keeps that all the same."""
        self._lab.lab.break_("files", "lose-data")
        self._lab.directory.mkdir()

    @contextmanager
    def hangs(self) -> Iterator[None]:
        self._hang.touch()
        try:
            yield
        finally:
            self._hang.unlink()

    @contextmanager
    def stranger(self) -> Iterator[Callable[[], bool]]:
        """Another store's tree at our directory, as after a wrong mount."""
        ours, away = self._lab.directory, self._lab.directory.with_name("ours")
        ours.rename(away)
        shutil.copytree(away, ours, symlinks=True)
        (ours / ".store-id").write_text("another\n")
        before = _digest(ours), ours.stat().st_mode
        try:
            yield lambda: (_digest(ours), ours.stat().st_mode) != before
        finally:
            shutil.rmtree(ours)
            away.rename(ours)

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """A program has a file open, and no other trace of it is there."""
        with (self._lab.directory / "uploads" / "letter-001.txt").open("a"):
            yield

    def show_secrets(self) -> bool:
        """A file that no snapshot holds is called like the password."""
        (self._lab.directory / "uploads" / self.secrets[0]).touch()
        return True


def _digest(directory: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        digest.update(f"{path.relative_to(directory)}\0".encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:16]


class TestFiles(Contract):
    """The contract, asked of a file store."""

    @pytest.fixture(scope="class")
    def system(self) -> Iterator[SystemUnderTest]:
        with store_lab() as lab:
            yield StoreUnderTest(lab)
