"""AWS's way in a lab: an emulated Route 53 whose name servers have a change a moment later, and its faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.inventory import load_inventory
from actions.outcome import ActionFailed, GateClosed, Outcome
from actions.system_type import load
from actions.systems.dns import SYSTEM
from actions.systems.dns.route53 import hosted
from cleo_console.lab import Lab
from tests.actions.contexts import FakeContext
from tests.labs import lab_directory
from tests.waiting import until

pytestmark = [pytest.mark.xdist_group("moto"), pytest.mark.soak]

QUICK = {"wait_s": 10.0, "watch_s": 0.0}


class Played:
    """The lab, and what is done with its zone in one incident."""

    def __init__(self, lab: Lab, files: Path) -> None:
        self.lab, self._files = lab, files

    def do(self, name: str, dry_run: bool = False, **params: Any) -> Outcome:
        context = FakeContext(load_inventory(self.lab.inventory_path), system="route53", dry_run=dry_run)
        context.files = self._files
        return context.do(load(SYSTEM.actions[f"dns.{name}"]), **params)

    def break_(self, how: str) -> None:
        self.lab.break_("route53", how)

    def mend(self) -> None:
        (self.lab.directory / "route53" / "mood").unlink()


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    monkeypatch.setattr(hosted, "_BUSY_S", 1.0)
    with lab_directory() as directory:
        yield Played(Lab.up(directory, systems=["route53"]), tmp_path)


def test_users_are_moved_and_brought_back_and_each_fault_is_told(played: Played) -> None:
    for how, said in (("throttled", "takes no more requests"), ("denied", "does not allow it")):
        played.break_(how)
        with pytest.raises(ActionFailed, match=said):
            played.do("update", production=True)
        played.mend()
    moved = played.do("update", production=True)
    assert "INSYNC" in moved.summary
    assert played.do("verify", **QUICK).facts["agree"] == 4
    played.break_("changed-back")
    assert "changed back by somebody: Route 53 has www.users.test. A 192.0.2.10" in played.do("verify", **QUICK).summary
    assert played.do("update", production=True).ok
    assert played.do("rollback").ok
    assert played.do("verify", **QUICK).facts["agree"] == 4
    played.break_("somebody")
    with pytest.raises(GateClosed, match=r"203\.0\.113\.5: the inventory knows this of no site"):
        played.do("update", production=True)
    played.break_("weighted")
    with pytest.raises(ActionFailed, match="'dr' is weighted"):
        played.do("update", production=True)


def test_a_change_that_reaches_no_name_server_does_not_count(played: Played) -> None:
    played.break_("stuck")
    seen = played.do("update", production=True)
    assert (seen.ok, "PENDING" in seen.summary) == (False, True)
    assert not played.do("verify", wait_s=0.2, watch_s=0.0).ok
    played.mend()
    until(lambda: played.do("verify", wait_s=0.2, watch_s=0.0).ok)
    played.break_("wrong-key")
    with pytest.raises(ActionFailed, match="does not know the access key"):
        played.do("rollback")
    played.break_("dead")
    with pytest.raises(ActionFailed, match="cannot be reached"):
        played.do("rollback")
