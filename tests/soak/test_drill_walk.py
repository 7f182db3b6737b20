"""A failover drill is walked by answers to the end, killed between two of its steps, cleaned up, and counts."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cleo_console.test_cli import Cleo
from tests.labs import Lab, lab_directory
from tests.waiting import until

pytestmark = pytest.mark.timeout(3600)

NAME = "failover-simulation"
FILLED = {
    'user-acceptance: ""': "user-acceptance: nobody uses the lab",
    'close: ""': "close: the drill is over",
    '{done: "failback-prepare", note: ""}': "{done: failback-prepare, note: the lab is whole}",
    '{done: "failback-prepare"}': "{done: failback-prepare, note: the lab is whole}",
}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with lab_directory() as directory:
        yield Lab.up(directory, systems=["postgres"], standby=True, backup_minutes=1000)


@pytest.fixture
def cleo(lab: Lab, tmp_path: Path) -> Iterator[Cleo]:
    """The command as cron runs it."""
    found = Cleo(tmp_path)
    kept = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "CLEO_ACTOR": "cron"}
    found.env = kept | {"CLEO_HOME": found.env["CLEO_HOME"], "CLEO_INVENTORY": str(lab.inventory_path)}
    yield found
    _as_before(lab)


def _as_before(lab: Lab) -> None:
    assert lab.postgres.psql("SELECT pg_is_in_recovery()") == "f"
    assert lab.cluster("postgres-standby").psql("SELECT pg_is_in_recovery()") == "t"


def answered(cleo: Cleo) -> Path:
    text, file = cleo("drill", "answers", NAME).stdout, cleo.home / "failover.yaml"
    for asked, answer in FILLED.items():
        text = text.replace(asked, answer)
    file.write_text(text)
    return file


def held(cleo: Cleo) -> list[dict[str, object]]:
    told = json.loads(cleo("schedule", "--json", status=None).stdout)
    return [one for test in told["tests"] if test["item"] == "Failover simulation" for one in test["held"]]


def test_walked_to_the_end_and_back_it_counts_with_its_times(cleo: Cleo) -> None:
    done = cleo("drill", "run", NAME, "--answers", str(answered(cleo)))
    assert "is closed (completed with deviations)" in done.stdout
    (once,) = held(cleo)
    assert once["outcome"] == "completed with deviations"
    told = json.loads(cleo("schedule", "--json", status=None).stdout)
    trends = [trend for test in told["tests"] if test["item"] == "Failover simulation" for trend in test["trends"]]
    assert {trend["what"] for trend in trends} == {"recovery", "loss"}


@pytest.mark.parametrize("after", ["hold-backups", "postgres-fence", "postgres-promote", "clean-up: postgres.rejoin"])
def test_killed_between_steps_it_goes_on_to_the_end(cleo: Cleo, after: str) -> None:
    file = answered(cleo)
    _killed_after(cleo, file, after)
    listed = cleo("drill", "list").stdout
    assert f"unfinished: {_incident(listed)}" in listed
    command = ("clean-up", NAME) if after.startswith("clean-up") else ("run", NAME, "--answers", str(file))
    done = cleo("drill", *command)
    assert "is closed (completed with deviations)" in done.stdout
    assert len(held(cleo)) == 1
    assert len(list((Path(cleo.env["CLEO_HOME"]) / "incidents").iterdir())) == 1


def test_given_up_after_a_kill_all_is_as_before(cleo: Cleo) -> None:
    _killed_after(cleo, answered(cleo), "postgres-fence")
    assert "is closed" in cleo("drill", "clean-up", NAME).stdout
    assert held(cleo) == [], "it did not come to its end"


def _incident(text: str) -> str:
    found = re.search(r"INC-\S+[^\s,:]", text)
    assert found, text
    return found[0]


def _killed_after(cleo: Cleo, file: Path, after: str) -> None:
    """Kill the command, and its runner, once it said that a step was done."""
    argv = [str(Path(sys.executable).parent / "cleo"), "drill", "run", NAME, "--answers", str(file)]
    said = cleo.home / "said"
    with said.open("w") as out, subprocess.Popen(argv, env=cleo.env, stdout=out, start_new_session=True) as killed:
        done = re.compile(rf"^{re.escape(after)}\b.*: succeeded", re.MULTILINE)
        until(lambda: done.search(said.read_text()) or killed.poll() is not None, 1500)
        assert killed.poll() is None, f"it ended before that: {said.read_text()}"
        os.killpg(killed.pid, signal.SIGKILL)
    for lease in Path(cleo.env["CLEO_HOME"]).glob("incidents/*/lease.json"):
        os.kill(json.loads(lease.read_text())["pid"], signal.SIGKILL)
