"""The lines for cron and the manifest for Kubernetes in docs/backups.md, run as cron and a pod run them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.actions.systems.redis.redis_lab import RedisLab, running_redis

pytestmark = [pytest.mark.xdist_group("backup-docs"), pytest.mark.server]

PAGE = (Path(__file__).parents[2] / "docs" / "backups.md").read_text()
CLEO = str(Path(sys.executable).with_name("cleo"))
CRON = {"HOME": "/nowhere", "LOGNAME": "root", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
"""What Debian's cron gives to a program."""
LINES = re.findall(r"^    ((?:[\d*/]+ ){4}[\d*/]+) +root +(.*)$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def lab() -> Iterator[RedisLab]:
    with running_redis() as running:
        yield running


@pytest.fixture
def here(lab: RedisLab, tmp_path: Path) -> Mapping[str, str]:
    """What stands in the documents, and what stands for it here."""
    inventory, second = tmp_path / "inventory.yaml", tmp_path / "second"
    second.mkdir()
    described = yaml.safe_load(lab.inventory_path.read_text()) | {"offsite": {"place": str(second)}}
    inventory.write_text(yaml.safe_dump(described))
    return {
        "/etc/cleo/inventory.yaml": str(inventory),
        "/opt/cleo/bin/cleo": CLEO,
        "/var/lib/cleo": str(tmp_path / "home"),
        CRON["HOME"]: str(tmp_path),
    }


def told(text: str, here: Mapping[str, str]) -> str:
    for there, path in here.items():
        text = text.replace(there, path)
    return text


def by_cron(command: str, here: Mapping[str, str]) -> subprocess.Popen[str]:
    env = {name: told(value, here) for name, value in CRON.items()}
    pipe = subprocess.PIPE
    argv = ["/bin/sh", "-c", told(command, here)]
    return subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.soak
def test_every_line_for_cron_does_what_it_says(here: Mapping[str, str]) -> None:
    assert len(LINES) == 7
    for schedule, command in LINES:
        assert len(schedule.split()) == 5 and "%" not in command, "cron takes that for a new line"
        ran = by_cron(command, here)
        out, err = ran.communicate()
        assert (ran.returncode, err) == (0, ""), f"{command}: {out}"
        assert out


def test_a_full_backup_waits_for_the_one_that_begins_in_the_same_minute(here: Mapping[str, str]) -> None:
    commands = {
        kind: line for _, line in LINES for kind in ("incremental", "snapshot", "full") if f"--type {kind}" in line
    }
    together = {kind: by_cron(command, here) for kind, command in commands.items()}
    ended = {kind: (ran.communicate()[0], ran.returncode) for kind, ran in together.items()}
    assert (ended["full"][1], ended["snapshot"][1]) == (0, 0), ended
    assert ended["incremental"][1] in (0, 4), ended


def test_the_manifest_is_a_cron_job_that_takes_a_backup(here: Mapping[str, str]) -> None:
    manifest = yaml.safe_load(re.findall(r"^```yaml\n(apiVersion.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0])
    assert as_kubernetes_knows_it(manifest) == manifest, "a field that the API does not know is left out"
    pod = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    secrets = next(volume["secret"] for volume in pod["volumes"] if "secret" in volume)
    assert not secrets["defaultMode"] & 0o077, "a secret that others can read is refused"
    env = {each["name"]: told(each["value"], here) for each in container["env"]}
    program, *rest = container["command"]
    assert program == "cleo"
    done = subprocess.run([CLEO, *rest], env={"PATH": CRON["PATH"], **env}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "backup incremental: ok. redis: " in done.stdout
    assert "backup_last_success_timestamp" in Path(env["CLEO_BACKUP_METRICS"]).read_text()


def as_kubernetes_knows_it(manifest: dict[str, Any]) -> Any:
    """Return what is left of a manifest after the API's own types have read it."""
    from kubernetes.client import ApiClient

    api = ApiClient()
    return api.sanitize_for_serialization(api.deserialize(json.dumps(manifest), "V1CronJob", "application/json"))
