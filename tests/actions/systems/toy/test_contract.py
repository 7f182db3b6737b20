"""The toy passes what every type of system must pass."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from cleo_contract import Contract, SystemUnderTest
from tests.actions.systems.toy.toy_lab import ToyLab, new_service, store, toy_lab

pytestmark = pytest.mark.xdist_group("toy-contract")


class ToyUnderTest(SystemUnderTest):
    """A toy store on this machine."""

    type = "toy"
    recovery = (
        "backups.hold",
        "toy.stop_writers",
        "toy.restore",
        "toy.start",
        "toy.verify",
        "toy.allow_writers",
        "backups.release",
    )
    asked_twice = ("backups.hold", "backups.release", "toy.stop_writers", "toy.allow_writers", "toy.stop", "toy.start")

    def __init__(self, lab: ToyLab) -> None:
        super().__init__(lab.inventory)
        self._lab = lab
        self._folder = lab.service.folder

    def fingerprint(self) -> Mapping[str, object]:
        files = {str(path): _digest(path) for path in self._folder.parent.rglob("*") if path.is_file()}
        stable = {name: digest for name, digest in files.items() if Path(name).name not in ("log", "lock")}
        return {**stable, "pid": store.server_pid(self._folder)}

    def kept(self) -> Sequence[str]:
        return [f"{path.name} {_digest(path)}" for path in sorted(self._folder.glob("kept-*"))]

    def lose(self) -> None:
        self._lab.set("before", "the copy")
        store.copy(self._folder, self._lab.service.copies)
        self._lab.break_("damage-data")

    @contextmanager
    def hangs(self) -> Iterator[None]:
        pid = store.server_pid(self._folder)
        assert pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def stranger(self) -> Iterator[Callable[[], bool]]:
        """A store with our token, and even with our data, in another folder."""
        self._lab.service.stop()
        stranger = new_service(self._lab.service.lab.parent / "stranger", self._lab.service.instance)
        stranger.stop()
        for name in (store.TOKEN, store.DATA):
            (stranger.folder / name).write_bytes((self._folder / name).read_bytes())
        stranger.start()
        before = store.look(stranger.folder)
        try:
            yield lambda: store.look(stranger.folder) != before
        finally:
            stranger.stop()
            self._lab.service.start()

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """The file with its pid is emptied; only the lock on it tells."""
        lock = self._folder / "lock"
        said = lock.read_text()
        lock.write_text("")
        try:
            yield
        finally:
            lock.write_text(said)

    def show_secrets(self) -> bool:
        self._lab.set("an entry that says too much", self.secrets[0])
        return True


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


class TestToy(Contract):
    """The contract, asked of the toy."""

    @pytest.fixture(scope="class")
    def system(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemUnderTest]:
        with toy_lab(tmp_path_factory.mktemp("toy")) as lab:
            yield ToyUnderTest(lab)
