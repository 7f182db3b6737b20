"""``cleo ready`` where what a recovery rests on drifted, may not be read or has no majority, and where all is down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.actions.systems.dns.zones import PRIMARY, SECONDARY, ZONE, DnsLab, dns_lab
from tests.cleo_console.test_cli import Cleo
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("ready-outages")


def looked(tmp_path: Path, inventory: Path, within_s: float = 60.0) -> dict[str, dict[str, Any]]:
    """What is found, by what it is about; the gravest of a name."""
    done = Cleo(tmp_path)("ready", "--json", "--within", str(within_s), status=None, CLEO_INVENTORY=str(inventory))
    said = sorted(json.loads(done.stdout)["findings"], key=lambda one: one["state"] == "wrong")
    return {one["about"]: one for one in said}


def test_a_secondary_that_no_longer_follows_is_found_before_a_record_moves(tmp_path: Path) -> None:
    about = f"zone at {SECONDARY}"
    with dns_lab() as lab:
        before = looked(tmp_path, lab.inventory)
        lab.reconfigure(SECONDARY, lambda text: text.replace(f"port {lab.place.ports[PRIMARY]}", "port 9"))
        _change_another_name(lab)
        found = looked(tmp_path, lab.inventory)
        lab.reconfigure(SECONDARY, lambda text: text.replace("port 9", f"port {lab.place.ports[PRIMARY]}"))
        until(lambda: lab.serial(PRIMARY) == lab.serial(SECONDARY))
        after = looked(tmp_path, lab.inventory)
    assert (before[about]["state"], after[about]["state"]) == ("ok", "ok")
    assert (found[about]["state"], "does not follow" in found[about]["words"]) == ("wrong", True)
    assert "rndc retransfer" in found[about]["cure"]
    assert "update-dns" in found[about]["steps"]
    assert {one for one in found if found[one]["state"] != before.get(one, {}).get("state")} == {about}


def _change_another_name(lab: DnsLab) -> None:
    """Have somebody else add a name to the zone that the inventory does not know."""
    import dns.query
    import dns.tsig
    import dns.update

    assert lab.settings.key
    update = dns.update.UpdateMessage(ZONE, keyring=dns.tsig.Key(lab.settings.key.name, lab.settings.key.secret.read()))
    update.add(f"other.{ZONE}.", 60, "A", "192.0.2.77")
    assert dns.query.tcp(update, "127.0.0.1", 5, lab.place.ports[PRIMARY]).rcode() == 0
