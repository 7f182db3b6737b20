"""A load balancer passes what every type of system must pass that keeps no data and takes no writes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from cleo_console.lab.load_balancer import processes
from cleo_contract import Contract, SystemUnderTest
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


class TestLoadBalancer(Contract):
    """The contract, without what is about data, writers and a restore: `test_load_balancer` kills its runners."""

    test_a_closer_look_at_what_is_lost_says_of_a_start_what_that_says = None  # type: ignore[assignment]
    test_a_closer_look_tells_whether_a_start_is_of_use = None  # type: ignore[assignment]
    test_a_dry_run_of_a_restore_leaves_what_is_lost_as_it_is = None  # type: ignore[assignment]
    test_a_point_that_no_backup_reaches_is_refused = None  # type: ignore[assignment]
    test_a_restore_that_is_killed_at_every_point_comes_to_its_end = None  # type: ignore[assignment]
    test_a_stranger_at_its_address_is_not_believed = None  # type: ignore[assignment]
    test_another_incident_is_kept_off = None  # type: ignore[assignment]
    test_it_may_be_called_anything = None  # type: ignore[assignment]
    test_the_next_restore_keeps_what_the_first_one_kept = None  # type: ignore[assignment]
    test_the_recovery_comes_to_its_end = None  # type: ignore[assignment]
    test_what_helps_a_lost_system_is_named_and_can_be_asked_for = None  # type: ignore[assignment]
    test_what_runs_unseen_is_not_restored_under = None  # type: ignore[assignment]

    @pytest.fixture(scope="class")
    def system(self) -> Iterator[SystemUnderTest]:
        with balancer_lab() as lab:
            yield BalancerUnderTest(lab)
