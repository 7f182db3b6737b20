"""A pooler passes what every type of system must pass that keeps no data and takes no writes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

import pytest

from cleo_contract import PlainContract, SystemUnderTest
from cleo_contract.incident import Work
from tests.actions.systems.pooler.poolers import NAME, PoolerLab, written

pytestmark = pytest.mark.xdist_group("pooler")


class PoolerUnderTest(SystemUnderTest):
    """The lab's PgBouncer."""

    type = NAME
    roles = ("verify",)
    recovery = ()
    asked_twice = ("pooler.repoint", "pooler.resume")

    def __init__(self, lab: PoolerLab) -> None:
        super().__init__(lab.lab.inventory_path)
        self._lab = lab

    def fingerprint(self) -> Mapping[str, object]:
        """Its configuration, and what runs."""
        return {"config": written(self._lab.place.config), "leads to": self._lab.leads_to()}

    def kept(self) -> Sequence[str]:
        raise NotImplementedError("It restores nothing.")

    def lose(self) -> None:
        raise NotImplementedError("It has no data.")

    @contextmanager
    def hangs(self) -> Iterator[None]:
        process = self._lab.place.process()
        assert process
        os.kill(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process.pid, signal.SIGCONT)

    def stranger(self) -> AbstractContextManager[Callable[[], bool]]:
        raise NotImplementedError("See test_pooler: another PgBouncer was started with another file.")

    def unseen(self) -> AbstractContextManager[object]:
        raise NotImplementedError("Nothing is restored under it.")

    def show_secrets(self) -> bool:
        return False


class TestPooler(PlainContract):
    """The contract, without what is about data, writers and a restore."""

    @pytest.fixture(scope="class")
    def system(self, made: PoolerLab) -> SystemUnderTest:  # type: ignore[override]
        return PoolerUnderTest(made)

    @pytest.mark.soak
    def test_a_hang_costs_the_deadline_and_no_more(self, system: SystemUnderTest, work: Work) -> None:
        super().test_a_hang_costs_the_deadline_and_no_more(system, work)

    @pytest.mark.soak
    def test_its_secrets_never_show(self, system: SystemUnderTest, work: Work) -> None:
        super().test_its_secrets_never_show(system, work)  # it has none of its own in a lab
