"""A configuration passes what every type of system must pass that has no server to start and no writers."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest

from cleo_contract import PlainContract, RestoringContract, SystemUnderTest
from tests.actions.systems.configuration.repositories import ConfigurationLab, configuration_lab

pytestmark = pytest.mark.xdist_group("configuration")

_SLOW = '#!/bin/sh\n[ ! -e "{flag}" ] || exec sleep 600\nexec {python} "$@"\n'


class ConfigurationUnderTest(SystemUnderTest):
    """The lab's configuration. Its host's Python can be made to hang, as a dead disk makes whoever looks."""

    type = "configuration"
    roles = ("restore", "verify")
    recovery = ("configuration.restore", "configuration.verify")
    asked_twice = ("configuration.restore",)

    def __init__(self, lab: ConfigurationLab) -> None:
        super().__init__(lab.inventory)
        self._lab = lab
        self._hang = lab.lab.directory / "hang"
        slow = lab.lab.directory / "slow-python"
        slow.write_text(_SLOW.format(flag=self._hang, python=sys.executable))
        slow.chmod(0o755)
        lab.set_inventory(f"python: {sys.executable}", f"python: {slow}")

    def fingerprint(self) -> Mapping[str, object]:
        """Every file that runs, and what was kept. The record says when it was written, which differs each time."""
        files = (path for path in self._lab.directory.parent.rglob("*") if path.is_file())
        return {str(path): _digest(path.read_bytes()) for path in files if not path.name.endswith("-restored.json")}

    def kept(self) -> Sequence[str]:
        kept = sorted(self._lab.directory.parent.glob("cleoai.aside-*"))
        return [
            f"{path} {_digest(path.read_bytes())}" for at in kept for path in sorted(at.rglob("*")) if path.is_file()
        ]

    def lose(self) -> None:
        self._lab.lab.break_("configuration", "hand-edit")
        self._lab.lab.break_("configuration", "lose-directory")
        shutil.rmtree(self._lab.directory / "k8s")

    @contextmanager
    def hangs(self) -> Iterator[None]:
        self._hang.touch()
        try:
            yield
        finally:
            self._hang.unlink()

    def stranger(self) -> AbstractContextManager[Callable[[], bool]]:
        raise NotImplementedError("See test_configuration: another repository answers.")

    def unseen(self) -> AbstractContextManager[object]:
        return nullcontext()

    def show_secrets(self) -> bool:
        return False


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


class TestConfiguration(RestoringContract, PlainContract):
    """The contract, without what is about starting a server and keeping writers out."""

    @pytest.fixture(scope="class")
    def system(self) -> Iterator[SystemUnderTest]:
        with configuration_lab() as lab:
            yield ConfigurationUnderTest(lab)
