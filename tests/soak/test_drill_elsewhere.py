"""`cleo drill restore --from offsite` and `--on HOST` over all stores of a lab, unattended, and killed half way.

The last tests take away, one after the other, all that would be lost with the first site.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import yaml

from cleo_console.lab import Lab
from tests.actions.sshd import Sshd, running_sshd
from tests.cleo_console.test_cli import Cleo
from tests.labs import lab_directory
from tests.waiting import until

pytestmark = pytest.mark.timeout(1200)
STORES = ("postgres", "mongodb", "redis", "files", "configuration")
COPIED = STORES[:-1]
FIRST_PLACE = (
    "postgres/repo",
    "postgres/manifests",
    "postgres/pgbackrest.conf",
    "postgres/pg/data",
    "mongodb/repo",
    "mongodb/data",
    "mongodb/mongod.conf",
    "redis/repository",
    "redis/data",
    "redis/etc",
    "files/repository",
    "files/secrets",
    "files/srv/files",
    "configuration/mirror.git",
    "configuration/srv/cleoai",
)
"""What a lost site takes with it, below the lab's folder."""
_LISTENING = "0A"
"""A listening socket's state in /proc/net/tcp."""


@pytest.fixture(scope="module")
def stores() -> Iterator[Lab]:
    with lab_directory() as directory:
        yield Lab.up(directory, systems=STORES, backup_minutes=1000)


@pytest.fixture(scope="module")
def sshd(stores: Lab) -> Iterator[Sshd]:
    with running_sshd(stores.directory / "sshd") as server:
        yield server


@pytest.fixture(scope="module")
def cleo(stores: Lab, sshd: Sshd, tmp_path_factory: pytest.TempPathFactory) -> Cleo:
    """The command as cron runs it, with a host at another site in its inventory."""
    tmp_path = tmp_path_factory.mktemp("console")
    inventory = yaml.safe_load(stores.inventory_path.read_text())
    inventory["hosts"]["dr1"] = msgspec.to_builtins(sshd.host())
    (stores.directory / "dr1").mkdir(exist_ok=True)
    for system in inventory["systems"].values():
        system.setdefault("drill", {}).update(folder=str(stores.directory / "dr1"), python=sys.executable)
    (tmp_path / "inventory.yaml").write_text(yaml.safe_dump(inventory))
    found = Cleo(tmp_path)
    kept = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "CLEO_ACTOR": "cron"}
    home = found.env["CLEO_HOME"]
    found.env = kept | {"CLEO_HOME": home, "CLEO_INVENTORY": str(tmp_path / "inventory.yaml")}
    found("backup", "run", "--type", "offsite-sync")
    return found


def copies(stores: Lab) -> Path:
    assert stores.second_place
    return Path(stores.second_place.where.place)


def left(stores: Lab) -> list[Path]:
    return list((stores.directory / "dr1").iterdir())


def states(said: str) -> dict[str, str]:
    lines = [line.split(": ") for line in said.splitlines() if line.split(":")[0] in STORES]
    return {line[0]: line[1] for line in lines}


def listening() -> set[str]:
    """Command lines of the drills' processes that listen on a port."""
    tables = [Path("/proc/net", name).read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    lines = [line.split() for table in tables for line in table]
    sockets = {f"socket:[{words[9]}]" for words in lines if words[3] == _LISTENING}
    return {line for pid, line in command_lines() if "cleo-drill-" in line and sockets & opened(pid)}


def opened(pid: int) -> set[str]:
    """What a process has open."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()}
    return set()


def command_lines() -> Iterator[tuple[int, str]]:
    """Every process with its command line."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            yield int(path.parent.name), path.read_text().replace("\0", " ")


class Watched:
    """Looks, in a thread of its own, at what the drills' processes listen on while the block runs."""

    def __init__(self) -> None:
        self.listened, self.servers = set[str](), set[str]()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.2):
            self.listened |= listening()
            lines = [line for _, line in command_lines() if "cleo-drill-" in line]
            self.servers |= {name for name in ("postgres", "mongod", "redis-server") for line in lines if name in line}


@pytest.mark.parametrize("source", [[], ["--from", "offsite"]])
def test_every_store_is_drilled_on_another_host_and_nothing_is_left_there(
    stores: Lab, cleo: Cleo, source: list[str]
) -> None:
    with Watched() as watched:
        done = cleo("drill", "restore", "--on", "dr1", *source)
    assert states(done.stdout) == dict.fromkeys(STORES, "succeeded"), done.stdout
    assert left(stores) == []
    assert watched.servers == {"postgres", "mongod", "redis-server"}
    assert watched.listened == set(), "an instance listens on its socket alone"


def test_killed_in_the_middle_the_next_one_goes_on_and_removes_what_was_left(stores: Lab, cleo: Cleo) -> None:
    before, two = incidents(cleo), ("--system", "postgres", "--system", "redis")
    words = ("drill", "restore", "--from", "offsite", "--on", "dr1", *two)
    argv = [str(Path(sys.executable).parent / "cleo"), *words]
    with subprocess.Popen(argv, env=cleo.env, stdin=subprocess.DEVNULL, start_new_session=True) as killed:
        until(lambda: left(stores))
        os.killpg(killed.pid, signal.SIGKILL)
    for runner in runners(cleo):
        os.kill(runner, signal.SIGKILL)
    done = cleo(*words)
    assert states(done.stdout) == {"postgres": "succeeded", "redis": "succeeded"}, done.stdout
    assert left(stores) == []
    assert len(incidents(cleo)) == len(before) + 1, "it was gone on with"


def test_a_fetch_that_is_killed_fails_its_drill_and_says_nothing_of_the_backup(stores: Lab, cleo: Cleo) -> None:
    before = drills(stores, "postgres")
    argv = [str(Path(sys.executable).parent / "cleo"), "drill", "restore", "--from", "offsite", "--system", "postgres"]
    with subprocess.Popen(argv, env=cleo.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as drill:
        until(lambda: processes(r"offsite\.fetch", str(stores.directory)))
        for pid in processes(r"offsite\.fetch", str(stores.directory)):
            os.kill(pid, signal.SIGKILL)
        said, _ = drill.communicate()
    assert (states(said), drill.returncode) == ({"postgres": "failed"}, 1), said
    assert "run it again" in said
    assert left(stores) == []
    assert drills(stores, "postgres") == before


def test_what_is_missing_in_the_second_place_fails_its_own_drill_alone(stores: Lab, cleo: Cleo) -> None:
    segments = (copies(stores) / "postgres" / "archive").rglob("0" * 7 + "*-*")
    lost = max(segments, key=lambda path: path.name)
    away = lost.rename(f"{lost}.away")
    done = cleo("drill", "restore", "--from", "offsite", status=5)
    away.rename(lost)
    assert states(done.stdout) == dict.fromkeys(STORES, "succeeded") | {"postgres": "failed"}
    assert f"{lost.name} is missing: postgres cannot be restored from there" in done.stdout
    assert left(stores) == []


def test_with_the_whole_site_lost_every_store_is_drilled(stores: Lab, cleo: Cleo) -> None:
    """Last: nothing but the second place, its safe and the Git remote is left."""
    stores.break_("postgres", "kill-postmaster")
    for name in ("mongodb", "redis"):
        stores.break_(name, "kill")
    for name in FIRST_PLACE:
        path = stores.directory / name
        path.rename(path.with_name(f"{path.name}.away"))
    done = cleo("drill", "restore", "--from", "offsite")
    assert states(done.stdout) == dict.fromkeys(STORES, "succeeded"), done.stdout
    assert left(stores) == []
    for name in COPIED:
        assert drills(stores, name)[-1]["mark"]["facts"]["offsite"], name


def drills(stores: Lab, system: str) -> list[dict[str, dict[str, dict[str, object]]]]:
    path = copies(stores) / f"{system}.drills.json"
    found: list[dict[str, dict[str, dict[str, object]]]] = json.loads(path.read_text()) if path.exists() else []
    return found


def incidents(cleo: Cleo) -> list[Path]:
    return list((Path(cleo.env["CLEO_HOME"]) / "incidents").glob("*"))


def runners(cleo: Cleo) -> list[int]:
    return processes("_runner", cleo.env["CLEO_HOME"])


def processes(*patterns: str) -> list[int]:
    """Programs of ours whose command line has all of these."""
    return [
        pid
        for pid, line in command_lines()
        if "-m" in line.split()[:4] and all(re.search(pattern, line) for pattern in patterns)
    ]
