"""``cleo ready`` on hosts behind a real sshd: what keeps us out, each found by its name, with what helps."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from cleo_console.lab.clock import day_ahead
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


@contextmanager
def _no_root(folder: Path) -> Iterator[tuple[Sshd, Sshd]]:
    """Two hosts with an account that is not root: without sudo; and with one that asks for a password, a day ahead.

    Its clock is libfaketime's: a machine has one. Its sudo only says what a real one says.
    """
    folder.chmod(0o755)
    plain, day_off = Sshd(folder / "plain", "postgres"), Sshd(folder / "day-off", "postgres")
    asks = folder / "programs" / "sudo"
    asks.parent.mkdir()
    asks.write_text("#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
    asks.chmod(0o755)
    said = {"PATH": f"{asks.parent}:{os.environ['PATH']}", **day_ahead()}
    variables = " ".join(f'"{name}={value}"' for name, value in said.items())
    config = day_off.folder / "sshd_config"
    config.write_text(config.read_text().replace("SetEnv SHLVL=2", f"SetEnv SHLVL=2 {variables}"))
    try:
        plain.start()
        day_off.start()
        yield plain, day_off
    finally:
        plain.stop()
        day_off.stop()


def test_an_account_that_may_become_no_other_and_a_clock_that_is_a_day_ahead_are_found(tmp_path: Path) -> None:
    with TemporaryDirectory() as folder, _no_root(Path(folder)) as servers:
        names = ("plain", "day-off")
        hosts = {name: {"via": "ssh", **_fields(server)} for name, server in zip(names, servers, strict=True)}
        systems = {name: {**_store(name, tmp_path, "root"), "plays": "files"} for name in hosts}
        inventory = tmp_path / "inventory.yaml"
        inventory.write_text(json.dumps({"name": "x", "allows": ["REAL"], "hosts": hosts, "systems": systems}))
        done = Cleo(tmp_path)("ready", "--json", "--within", "60", status=None, CLEO_INVENTORY=str(inventory))
    found = {one["about"]: one for one in json.loads(done.stdout)["findings"]}
    refused = {name: found[f"account root on {name}"] for name in hosts}  # at one address, and two hosts
    assert {one["state"] for one in refused.values()} == {"wrong"}
    assert "not found" in refused["plain"]["words"]
    assert "a password is required" in refused["day-off"]["words"]
    assert {"NOPASSWD" in one["cure"] for one in refused.values()} == {True}
    assert found["clock of plain"]["state"] == "ok"
    assert "23 h 59 min ahead of ours" in found["clock of day-off"]["words"]
    assert {found[f"host {name}"]["state"] for name in hosts} == {"ok"}


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
