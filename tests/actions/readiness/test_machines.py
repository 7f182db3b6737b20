"""What is said of hosts' machines: clocks that differ, certificates that end, and standbys that are smaller."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.inventory import Inventory, load_inventory
from actions.readiness.machines import MachineFacts, look_at_capacity, look_at_certificate, look_at_clock
from actions.transport import SshHost
from journal.readiness.finding import ReadyFinding

GB = 1_000_000_000


def facts(**more: Any) -> MachineFacts:
    return msgspec.structs.replace(MachineFacts(identity="", cpus=4, memory=16 * GB, ahead_s=0.0), **more)


def looked(key: str = "", **measured: Any) -> Mapping[str, ReadyFinding]:
    spec = SshHost(host="192.0.2.1", key=key)
    found = [
        *look_at_certificate(spec, "db1", ["redis"]),
        *look_at_clock(spec, "db1", facts(**measured), ["redis"]),
    ]
    return {one.about: one for one in found}


def capacity(tmp_path: Path, machines: Mapping[str, MachineFacts], *, lab: bool = False) -> ReadyFinding:
    store = {
        "type": "redis",
        "data_directory": "/data",
        "service": {"manager": "systemd", "unit": "redis"},
        "backups": {},
    }
    systems = {
        "redis": {**store, "host": "db1"},
        "redis-standby": {**store, "host": "db2", "site": "dr", "standby_of": "redis"},
    }
    hosts = {name: {"via": "ssh", "host": f"192.0.2.{number}"} for number, name in enumerate(("db1", "db2"), 1)}
    data = {"name": "x", "lab": lab, "allows": ["LAB" if lab else "REAL"], "hosts": hosts, "systems": systems}
    (tmp_path / "inventory.yaml").write_text(json.dumps(data))
    inventory: Inventory = load_inventory(tmp_path / "inventory.yaml")
    [found] = look_at_capacity(inventory, machines)
    assert (found.about, list(found.systems), found.stops) == ("capacity of db2", ["redis-standby"], False)
    return found


@pytest.mark.parametrize(("ahead", "words"), [(400.0, "6 min 40 s ahead of ours"), (-90.0, "1 min 30 s behind ours")])
def test_a_clock_that_is_another_is_found(ahead: float, words: str) -> None:
    found = looked(ahead_s=ahead)["clock of db1"]
    assert (found.state, words in found.words, "chronyc" in found.cure) == ("wrong", True, True)
    assert looked(ahead_s=2.0)["clock of db1"].state == "ok"


def test_a_certificate_that_ended_is_found_and_a_key_without_one_ends_never(tmp_path: Path) -> None:
    for name in ("authority", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    assert "SSH certificate for db1" not in looked(str(tmp_path / "key"))
    for lasts, state in (("-9d:-2d", "wrong"), ("-1d:+90d", "ok"), ("always:forever", None)):
        sign = ["ssh-keygen", "-q", "-s", str(tmp_path / "authority"), "-I", "x", "-n", "root", "-V", lasts]
        subprocess.run([*sign, str(tmp_path / "key.pub")], check=True)
        found = looked(str(tmp_path / "key")).get("SSH certificate for db1")
        assert (found and found.state) == state
        assert found is None or (found.expires_at and list(found.systems) == ["redis"])


def test_a_standby_that_is_smaller_than_what_it_stands_by_for_is_found(tmp_path: Path) -> None:
    small = capacity(tmp_path, {"db1": facts(), "db2": facts(cpus=2)})
    assert small.state == "wrong"
    assert "it has 2 CPUs and 16.0 GB of memory; db1, whose work it would do, 4 CPUs" in small.words
    alike = capacity(tmp_path, {"db1": facts(), "db2": facts()})
    assert (alike.state, "only a test under load tells" in alike.words) == ("ok", True)
    assert capacity(tmp_path, {"db2": facts()}).state == "not measured"


def test_a_standby_on_the_machine_of_its_primary_is_found(tmp_path: Path) -> None:
    both = {"db1": facts(identity="same"), "db2": facts(identity="same")}
    assert capacity(tmp_path, both).state == "wrong"
    assert capacity(tmp_path, both, lab=True).state == "not measured", "a lab is one machine"
