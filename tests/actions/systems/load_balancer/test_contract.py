"""A load balancer passes what every type of system must pass that keeps no data and takes no writes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from cleo_console.lab.load_balancer import processes
from cleo_contract import PlainContract, SystemUnderTest
from tests.actions.systems.load_balancer.balancers import NAME, BalancerLab, balancer_lab

pytestmark = pytest.mark.xdist_group("load_balancer")


class BalancerUnderTest(SystemUnderTest):
    """The lab's HAProxy."""

    type = NAME
    roles = ("verify",)
    recovery = ()
    asked_twice = ("load_balancer.update", "load_balancer.reload", "load_balancer.put_back")
    params: Mapping[str, Mapping[str, object]] = {"load_balancer.update": {"dr_site": True}}

    def __init__(self, lab: BalancerLab) -> None:
        super().__init__(lab.inventory)
        self._lab = lab

    def fingerprint(self) -> Mapping[str, object]:
        """What every server is set to, what is written down of that, and the configuration."""
        record = Path(f"{self._lab.place.state_file}.cleo")
        return {
            **{name: str(one) for name, one in self._lab.settings_now().items()},
            "config": self._lab.place.config.read_text(),
            "record": record.read_text() if record.exists() else "",
        }

    def kept(self) -> Sequence[str]:
        raise NotImplementedError("It restores nothing.")

    def lose(self) -> None:
        raise NotImplementedError("It has no data.")

    @contextmanager
    def hangs(self) -> Iterator[None]:
        pids = [process.pid for process in processes.haproxy(self._lab.place)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def stranger(self) -> AbstractContextManager[Callable[[], bool]]:
        raise NotImplementedError("See test_load_balancer: another HAProxy has no such backend.")

    def unseen(self) -> AbstractContextManager[object]:
        raise NotImplementedError("Nothing is restored under it.")

    def show_secrets(self) -> bool:
        return False


class TestLoadBalancer(PlainContract):
    """The contract, without what is about data, writers and a restore: `test_load_balancer` kills its runners."""

    @pytest.fixture(scope="class")
    def system(self) -> Iterator[SystemUnderTest]:
        with balancer_lab() as lab:
            yield BalancerUnderTest(lab)
