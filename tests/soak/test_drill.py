"""`cleo drill restore` over all stores of a lab: unattended, killed half way, and with one backup damaged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleo_console.lab import Lab
from tests.cleo_console.test_cli import Cleo
from tests.labs import lab_directory
from tests.waiting import until

STORES = ("postgres", "mongodb", "redis", "files", "configuration")


@pytest.fixture(scope="module")
def stores() -> Iterator[Lab]:
    with lab_directory() as directory:
        yield Lab.up(directory, systems=STORES, backup_minutes=1000)


@pytest.fixture
def cleo(stores: Lab, tmp_path: Path) -> Cleo:
    """The command as cron runs it."""
    found = Cleo(tmp_path)
    kept = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "CLEO_ACTOR": "cron"}
    found.env = kept | {"CLEO_HOME": found.env["CLEO_HOME"], "CLEO_INVENTORY": str(stores.inventory_path)}
    return found


def left(stores: Lab) -> list[Path]:
    return list(stores.directory.rglob("*.drill"))


def states(said: str) -> dict[str, str]:
    lines = [line.split(": ") for line in said.splitlines() if line.split(":")[0] in STORES]
    return {line[0]: line[1] for line in lines}


def test_every_store_is_drilled_and_nothing_is_left(stores: Lab, cleo: Cleo) -> None:
    done = cleo("drill", "restore")
    assert states(done.stdout) == dict.fromkeys(STORES, "succeeded")
    assert left(stores) == []


def test_killed_in_the_middle_the_next_one_goes_on_and_removes_what_was_left(stores: Lab, cleo: Cleo) -> None:
    argv = [str(Path(sys.executable).parent / "cleo"), "drill", "restore"]
    with subprocess.Popen(argv, env=cleo.env, stdin=subprocess.DEVNULL, start_new_session=True) as killed:
        until(lambda: left(stores))
        os.killpg(killed.pid, signal.SIGKILL)
    done = cleo("drill", "restore")
    assert states(done.stdout) == dict.fromkeys(STORES, "succeeded")
    assert left(stores) == []
    assert len(list((Path(cleo.env["CLEO_HOME"]) / "incidents").iterdir())) == 1, "it was gone on with"


def test_one_damaged_backup_fails_its_own_drill_alone(stores: Lab, cleo: Cleo) -> None:
    stores.break_("files", "damage-pack")
    done = cleo("drill", "restore", status=5)
    assert states(done.stdout) == dict.fromkeys(STORES, "succeeded") | {"files": "failed"}
    assert "could not be restored" in done.stdout
    assert left(stores) == []
