"""``cleo ready`` on hosts behind a real sshd: what keeps us out, each found by its name, with what helps."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.actions.sshd import Sshd, running_sshd
from tests.cleo_console.test_cli import Cleo

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts, and lets other accounts in"),
    pytest.mark.xdist_group("ready-hosts"),
]


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    with running_sshd(tmp_path / "sshd") as server:
        yield server


@pytest.fixture
def few_files(tmp_path: Path) -> Iterator[Path]:
    """A file system with room, on which hardly a file can be made any more."""
    there = tmp_path / "few"
    there.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,nr_inodes=60", "none", str(there)], check=True)
    yield there
    subprocess.run(["umount", "--lazy", str(there)], check=True)


def _store(host: str, folder: Path, run_as: str = "") -> dict[str, Any]:
    return {
        "type": "files",
        "host": host,
        "directory": str(folder / "store"),
        "repository": str(folder / "repository"),
        "password": {"file": str(folder / "password")},
        "snapshot_host": host,
        "run_as": run_as,
        "restic": "/usr/bin/restic" if host != "bare" else "/opt/none/restic",
    }


def _hosts(sshd: Sshd, folder: Path) -> dict[str, dict[str, Any]]:
    """A sound host, and others that are the same one with one thing wrong."""
    whole = json.loads(json.dumps({"via": "ssh", **_fields(sshd)}))
    for name in ("stranger", "other_host"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    algorithm, public, *_ = (folder / "other_host.pub").read_text().split()
    (folder / "changed").write_text(f"[127.0.0.1]:{sshd.port} {algorithm} {public}\n")
    (folder / "empty").touch()
    ended = ["-s", str(folder / "other_host"), "-I", "x", "-n", "root", "-V", "-9d:-2d", str(folder / "stranger.pub")]
    subprocess.run(["ssh-keygen", "-q", *ended], check=True)
    return {
        "sound": whole,
        "bare": whole,
        "changed": {**whole, "known_hosts": str(folder / "changed")},
        "unknown": {**whole, "known_hosts": str(folder / "empty")},
        "refused": {**whole, "key": str(folder / "stranger")},
        "down": {**whole, "port": 9},
    }


def _fields(sshd: Sshd) -> dict[str, Any]:
    spec = sshd.host()
    return {"host": spec.host, "port": spec.port, "user": spec.user, "key": spec.key, "known_hosts": spec.known_hosts}


def _found(tmp_path: Path, sshd: Sshd, few_files: Path) -> dict[str, dict[str, Any]]:
    hosts = _hosts(sshd, tmp_path)
    systems = {f"on-{name}": {**_store(name, tmp_path), "plays": "files"} for name in hosts}
    systems["on-few"] = {**_store("sound", few_files), "plays": "files"}
    systems["on-nobody"] = {**_store("sound", tmp_path, "no-such-account"), "plays": "files"}
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(json.dumps({"name": "x", "allows": ["REAL"], "hosts": hosts, "systems": systems}))
    done = Cleo(tmp_path)("ready", "--json", "--within", "60", status=None, CLEO_INVENTORY=str(inventory))
    return {one["about"]: one for one in json.loads(done.stdout)["findings"]}


def test_what_keeps_us_out_of_a_host_is_found(sshd: Sshd, few_files: Path, tmp_path: Path) -> None:
    found = _found(tmp_path, sshd, few_files)
    states = {name: found[f"host {name}"]["state"] for name in ("sound", "changed", "unknown", "refused", "down")}
    assert states == {"sound": "ok", "changed": "wrong", "unknown": "wrong", "refused": "wrong", "down": "not measured"}
    assert "fingerprint" in found["host changed"]["cure"]
    assert "authorized_keys" in found["host refused"]["cure"]
    assert "over since" in found["SSH certificate for refused"]["words"]
    assert found["clock of sound"]["state"] == "ok"
    assert found["program /opt/none/restic on bare"]["state"] == "wrong"
    assert "inodes" in found[f"folder {few_files} on sound"]["words"]
    assert found["account no-such-account on sound"]["state"] == "wrong"
    assert [about for about, one in found.items() if one["state"] == "wrong" and not one.get("cure")] == []
