"""DNS passes what every type of system must pass that has no data to restore, no server to start and no writers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest

from cleo_console.lab.dns.place import SERVERS
from cleo_contract import PlainContract, SystemUnderTest
from tests.actions.systems.dns.zones import DnsLab, dns_lab

pytestmark = pytest.mark.xdist_group("dns-contract")

_ASKED = [("www.dr.test", "A"), ("api.dr.test", "A"), ("api.dr.test", "AAAA"), ("try.dr.test", "A")]


class DnsUnderTest(SystemUnderTest):
    """The lab's zone. Its servers can be made to hang, as behind a firewall that drops."""

    type = "dns"
    roles = ("verify",)
    recovery = ()
    asked_twice = ("dns.update", "dns.rollback")
    params = {"dns.update": {"production": True}, "dns.verify": {"wait_s": 0.2, "watch_s": 0.0}}

    def __init__(self, lab: DnsLab) -> None:
        super().__init__(lab.inventory)
        self._lab = lab

    def fingerprint(self) -> Mapping[str, object]:
        """What the primary has."""
        return {f"{name} {kind}": self._lab.values(name, kind) for name, kind in _ASKED} | {
            "serial": self._lab.serial()
        }

    def kept(self) -> Sequence[str]:
        return []

    def lose(self) -> None:
        raise NotImplementedError("It has no data that a restore brings back.")

    @contextmanager
    def hangs(self) -> Iterator[None]:
        pids = [self._lab.pid(name) for name in SERVERS]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def stranger(self) -> AbstractContextManager[Callable[[], bool]]:
        raise NotImplementedError("Another server does not have the key: see test_dns.")

    def unseen(self) -> AbstractContextManager[object]:
        return nullcontext()

    def show_secrets(self) -> bool:
        return False


class TestDns(PlainContract):
    """The contract, without what is about restoring data, starting a server and keeping writers out."""

    @pytest.fixture(scope="class")
    def system(self) -> Iterator[SystemUnderTest]:
        with dns_lab() as lab:
            yield DnsUnderTest(lab)
