"""A lab of two sites: each on a network of its own, cut off for real, and nothing of them left afterwards."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.inventory import Inventory, load_inventory
from actions.systems.postgres.failover.fence import fence
from actions.systems.postgres.failover.unfence import unfence
from cleo_console.lab.sites import network
from cleo_console.lab.station import DR, PRIMARY
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.labs import Lab, lab_directory
from tests.waiting import until

pytestmark = [
    pytest.mark.xdist_group("lab-two-sites"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes networks"),
]


SERVICES = ["postgres", "validation", "load_balancer", "dns"]
"""One store is enough here: all of them at both sites take a minute."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with lab_directory() as directory:
        yield Lab.up(directory, systems=SERVICES, two_sites=True, backup_minutes=60)


@pytest.fixture
def inventory(lab: Lab) -> Iterator[Inventory]:
    yield load_inventory(lab.inventory_path)
    lab.break_("site", "heal")


def test_what_is_acted_on_after_a_lost_site_lives_at_the_other(inventory: Inventory) -> None:
    lives = {name: one.site for name, one in inventory.systems.items()}
    assert (lives["load_balancer"], lives["dns"], lives["postgres"]) == (DR, DR, PRIMARY)
    assert inventory.systems["load_balancer"].home == PRIMARY  # type: ignore[attr-defined]


def answer(lab: Lab, site: str, port: int = 80) -> str:
    """Return what a user of a site gets, in a word."""
    assert lab.sites
    link = http.client.HTTPConnection(lab.sites.stations[site].address, port, timeout=1.5)
    try:
        link.request("GET", "/ready")
        return str(link.getresponse().status)
    except TimeoutError:
        return "silence"
    except OSError as error:
        return type(error).__name__
    finally:
        link.close()


def test_a_site_is_lost_in_each_way_and_comes_back(lab: Lab, inventory: Inventory) -> None:
    assert lab.status().whole
    until(lambda: (answer(lab, PRIMARY), answer(lab, DR)) == ("200", "200"), 20)  # its first request loads its drivers
    lab.break_("site", "cut")
    assert answer(lab, PRIMARY) == "silence"
    until(lambda: answer(lab, DR, 8080) == "200", 20)  # the DR site's database still answers
    lab.break_("site", "reject")
    assert answer(lab, PRIMARY) == "ConnectionRefusedError"
    lab.break_("site", "split")
    until(lambda: answer(lab, PRIMARY) == "200", 20)  # this machine sees both
    until(lambda: answer(lab, DR) == "503")
    until(lambda: answer(lab, DR, 8080) == "200", 20)  # its own database is there; the other site's is not
    lab.break_("site", "heal")
    until(lambda: lab.status().whole, 30)
    assert {fault.how for fault in lab.status().faults} >= {"cut", "reject", "split", "heal"}


@pytest.mark.soak
def test_a_port_that_a_fence_cut_stays_cut_when_the_site_heals(lab: Lab, inventory: Inventory) -> None:
    lab.break_("site", "cut")
    ctx = FakeContext(inventory)
    done = ctx.do(fence, by="network")
    assert done.ok
    lab.break_("site", "heal")
    assert answer(lab, PRIMARY) != "200"
    assert lab.status().sites
    assert "the port of db1 is cut at the switch" in lab.status().sites.trouble  # type: ignore[union-attr]
    assert ctx.do(unfence).ok
    until(lambda: answer(lab, PRIMARY) == "200")


@pytest.mark.soak
def test_it_goes_on_after_a_stop(lab: Lab) -> None:
    lab.stop()
    assert not list(Path("/sys/class/net").glob(f"{network.mark_of(lab.directory)}*"))
    Lab.up(lab.directory)
    until(lambda: Lab.at(lab.directory).status().whole, 30)


def test_a_network_whose_lab_is_gone_is_removed_by_the_next(lab: Lab, tmp_path: Path) -> None:
    """As after a `kill -9` of whoever made it, and a folder that somebody removed by hand."""
    gone = tmp_path / "lab"
    gone.mkdir()
    mark = network.mark_of(gone)
    network.bring_up(gone, network.free_net(), {f"{mark}a": "10.202.255.11", f"{mark}b": "10.202.255.12"})
    left = subprocess.Popen(["nsenter", f"--net=/run/netns/{mark}a", "sleep", "600"])
    try:
        until(lambda: left.pid in network.processes_in(f"{mark}a"))
        shutil.rmtree(gone)
        Lab.up(lab.directory)
        assert left.wait(10)
    finally:
        left.kill()
    assert not network.remove(gone)
    assert lab.status().whole


def test_what_cannot_be_at_a_site_is_refused(lab: Lab) -> None:
    with pytest.raises(CleoError, match="cannot hold a configuration"):
        Lab.up(lab.directory, also=["configuration"])
