"""AWS's way in a lab: an emulated ELBv2 whose users are divided as it is told, and its faults."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.health import Health
from actions.inventory import load_inventory
from actions.outcome import ActionFailed, Outcome
from actions.system_type import load
from actions.systems.load_balancer import SYSTEM
from actions.systems.load_balancer.elbv2 import balancer as elbv2_balancer
from actions.systems.load_balancer.probe import probe
from actions.systems.load_balancer.settings import LoadBalancerSettings
from cleo_console.lab import Lab
from tests.actions.contexts import FakeContext
from tests.labs import lab_directory
from tests.waiting import until

pytestmark = [pytest.mark.xdist_group("moto"), pytest.mark.soak]


class Played:
    """The lab, and what is done with its load balancer in one incident."""

    def __init__(self, lab: Lab, files: Path) -> None:
        self.lab, self._files = lab, files

    def do(self, name: str, **params: Any) -> Outcome:
        context = FakeContext(load_inventory(self.lab.inventory_path), system="elbv2")
        context.files = self._files
        return context.do(load(SYSTEM.actions[f"load_balancer.{name}"]), **params)

    def health(self) -> Health:
        settings = load_inventory(self.lab.inventory_path).system("elbv2", LoadBalancerSettings)
        return probe("elbv2", settings, None, deadline_s=5)

    def served_by(self) -> set[str]:
        """Who answers users now."""
        url = f"http://{self.lab.services['elbv2'].address}/"
        return {json.load(urllib.request.urlopen(url, timeout=5))["served_by"] for _ in range(20)}


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    monkeypatch.setattr(elbv2_balancer, "_BETWEEN_S", 0.05)
    with lab_directory() as directory:
        yield Played(Lab.up(directory, systems=["elbv2"]), tmp_path)


def test_users_are_moved_a_sick_site_gets_none_and_somebodys_change_is_seen(played: Played) -> None:
    assert played.served_by() == {"app-primary"}
    assert played.do("update", dr_site=True).ok
    played.lab.break_("elbv2", "dr-sick")
    with pytest.raises(ActionFailed, match="app-dr: 0 of 2 targets healthy"):
        played.do("enable_traffic")
    (played.lab.directory / "elbv2" / "sick").unlink()
    assert played.do("test_traffic", each=2).ok
    assert played.do("enable_traffic").ok
    until(lambda: played.served_by() == {"app-dr"})
    played.lab.break_("elbv2", "somebody")
    assert "runs otherwise than it was set" in played.do("verify").summary
    until(lambda: played.served_by() == {"app-dr", "app-primary"})
    before = played.lab.inventory_path.read_text()
    played.lab.break_("elbv2", "dead")
    assert played.health().status == "not answering"
    played.lab.services["elbv2"].start()
    assert played.lab.inventory_path.read_text() == before
    assert played.do("verify").facts is not None
    assert played.served_by() == {"app-primary"}, "it forgets what it was told"
