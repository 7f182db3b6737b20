"""``cleo ready --every``: it goes on over a file that was spoilt, and ends at once, with all that it started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.waiting import until


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """An environment of one store; the switch that fences it says that it was asked, and then nothing more."""
    (tmp_path / "switch").write_text(
        f"#!/bin/sh\necho $$ >>{tmp_path}/asked\n[ -e {tmp_path}/stuck ] || exit 0\nsleep 77\n"
    )
    (tmp_path / "switch").chmod(0o755)
    power = {"host": "switch", "fence": ["true"], "state": [str(tmp_path / "switch")], "fenced_says": "off"}
    store = {
        "type": "files",
        "host": "here",
        "directory": str(tmp_path / "store"),
        "repository": str(tmp_path / "repository"),
        "password": {"file": str(tmp_path / "password")},
        "snapshot_host": "here",
        "fence": {"power": power},
    }
    hosts = {"here": {"via": "local"}, "switch": {"via": "local"}}
    data = {"name": "every", "lab": True, "allows": ["LAB"], "hosts": hosts, "systems": {"files": store}}
    path = tmp_path / "inventory.yaml"
    path.write_text(yaml.safe_dump(data))
    return path


@pytest.fixture
def looking(inventory: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    env = {**os.environ, "CLEO_HOME": str(tmp_path / "home"), "CLEO_INVENTORY": str(inventory)}
    argv = [sys.executable, "-P", "-m", "cleo_console", "ready", "--json", "--every", "1 s", "--within", "9"]
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        program = subprocess.Popen(argv, env=env, stdout=out, stderr=err, cwd=tmp_path)
        yield program
        if program.poll() is None:
            program.kill()
        program.wait()


def _looks(tmp_path: Path) -> int:
    return (tmp_path / "out").read_text().count('"took_s"')


def test_a_spoilt_inventory_is_said_and_the_next_look_follows_once_it_is_mended(
    looking: subprocess.Popen[bytes], inventory: Path, tmp_path: Path
) -> None:
    until(lambda: _looks(tmp_path) > 0, 30)
    sound = inventory.read_text()
    inventory.write_text(sound + "systems: [\n")
    until(lambda: "Nobody looked" in (tmp_path / "err").read_text(), 30)
    seen = _looks(tmp_path)
    inventory.write_text(sound.replace("name: every", "name: mended"))
    until(lambda: _looks(tmp_path) > seen, 30)
    assert looking.poll() is None
    assert "inventory.yaml" in (tmp_path / "err").read_text()
    kept = json.loads((tmp_path / "home" / "readiness.json").read_text())
    assert kept["inventory"] == "mended"
    (tmp_path / "stuck").touch()
    asked = len((tmp_path / "asked").read_text().split())
    until(lambda: len((tmp_path / "asked").read_text().split()) > asked, 30)
    *_, slow = (tmp_path / "asked").read_text().split()
    looking.send_signal(signal.SIGTERM)
    assert looking.wait(5) == 128 + signal.SIGTERM
    assert not Path("/proc", slow).exists()
    assert [one.name for one in (tmp_path / "home").iterdir()] == ["readiness.json"]
