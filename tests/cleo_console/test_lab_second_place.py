"""A lab's second place: what is copied there, each way it breaks, how that is told, and how it is recovered from."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from actions.backups.verify import verify
from actions.inventory import load_inventory
from cleo_console.cli.backup import backup
from cleo_console.lab import Lab, processes
from cleo_console.lab.second_place import rgw
from cleo_console.lab.workspace import TAG
from journal.errors import CleoError
from tests.actions.contexts import FakeContext
from tests.labs import lab_directory
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("second-place")


class Walk:
    """A lab of one Redis, and ``cleo backup`` on it, with notes of its own."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.environment = {"CLEO_HOME": str(lab.directory / "home"), "CLEO_INVENTORY": str(lab.inventory_path)}

    def __call__(self, *words: str, status: int = 0) -> str:
        aimed = [*words, *(() if "--system" in words else ("--system", "redis"))]
        done = CliRunner().invoke(backup, aimed, env=self.environment, catch_exceptions=False)
        assert done.exit_code == status, done.output
        return " ".join(done.output.split())

    def sync(self, *words: str, status: int = 0) -> str:
        return self("run", "--type", "offsite-sync", *words, status=status)

    def break_(self, how: str) -> None:
        self.lab.break_("redis", how)


@pytest.fixture(scope="module")
def walk() -> Iterator[Walk]:
    with lab_directory() as directory, pytest.MonkeyPatch.context() as patched:
        found = Walk(Lab.up(directory, systems=["redis"], backup_minutes=600))
        for name, value in found.environment.items():
            patched.setenv(name, value)
        yield found


def test_a_lab_names_its_second_place_and_backups_are_copied_at_once(walk: Walk) -> None:
    offsite = load_inventory(walk.lab.inventory_path).offsite
    assert offsite and offsite.site == "dr" and walk.lab.second_place
    assert offsite.place == walk.lab.second_place.where.place
    assert walk.lab.status().whole and walk.lab.status().second_place
    assert "dr: NOTHING whole is there" in walk("list")
    assert "backup offsite-sync: ok. redis: " in walk.sync()
    assert "primary, dr" in walk("list")


@pytest.mark.parametrize("how", ["deleted-object", "truncated-object"])
def test_an_object_that_is_gone_or_cut_short_is_told_and_copied_anew(walk: Walk, how: str) -> None:
    walk.break_(how)
    name = str(walk.lab.status().faults[-1].details["object"])
    told = f"wrong: dr: {name} {'is missing' if how == 'deleted-object' else 'has '}"
    cure = "Sync again (cleo backup run --type offsite-sync --reread)"
    for said in (walk("list"), walk("verify", status=1)):
        assert told in said and cure in said
    (wrong,) = FakeContext(load_inventory(walk.lab.inventory_path), system="redis").do(verify, full=True).findings
    assert told.endswith(f"dr: {wrong.text[: len(told) - len('wrong: dr: ')]}") and wrong.severity == "wrong"
    assert walk("verify", "--full", status=1).count(told) == 1, "not by both looks"
    assert "of them anew" in walk.sync("--reread")
    assert "wrong" not in walk("list") + walk("verify", "--full", "--offsite")


def test_an_object_store_that_is_not_installed_is_named_with_what_installs_it(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rgw, "PROGRAMS", ("radosgw-of-nowhere", "sh"))
    with pytest.raises(CleoError, match="not installed: radosgw-of-nowhere") as missing:
        Lab.up(walk.lab.directory, s3=True)
    assert "apt-get install --no-install-recommends radosgw ceph-mon ceph-osd" in missing.value.hint
    assert walk.lab.status().whole, "what was there still is"


def test_an_emptied_source_is_no_sync_and_comes_back(walk: Walk) -> None:
    walk.break_("emptied-source")
    there = walk.lab.second_place.storage.sizes("redis/") if walk.lab.second_place else {}
    told = walk.sync(status=1)
    assert "It was emptied, or is another one. Nothing was copied" in told
    assert "cleo backup fetch --system redis" in told
    assert "bring them back from dr: cleo backup fetch --system redis" in walk("list")
    said = walk("verify", status=1)
    assert "wrong: there is no usable backup. Look for another copy" in said
    assert "helps: Bring the backups back from the second place" in said
    assert "(cleo backup fetch --system redis)" in said
    assert walk.lab.second_place and walk.lab.second_place.storage.sizes("redis/") == there
    assert f"{len(there)} files fetched" in walk("fetch", "--system", "redis")
    walk("verify", "--full")
    assert "redis: 1 file copied" in walk.sync(), "that it was verified; nothing else is new"


def test_a_lock_of_a_dead_sync_is_told_and_holds_nothing(walk: Walk) -> None:
    walk.break_("dead-lock")
    pid = walk.lab.status().faults[-1].details["pid"]
    for said in (walk("list"), walk("verify")):
        assert f"note: the last run died: backup run, offsite-sync, process {pid}, since" in said
        assert "Nothing to do: it holds nothing." in said
    until(lambda: "offsite-sync: ok." in _tried(walk))  # its program went on to its end; until then it is named
    assert "the last run died" not in walk("list") + walk("verify")


def _tried(walk: Walk) -> str:
    done = CliRunner().invoke(backup, ["run", "--type", "offsite-sync", "--system", "redis"], catch_exceptions=False)
    assert done.exit_code in (0, 4), done.output
    return done.output


_ASKS = """
from actions.transport import LocalHost, open_transport
open_transport(LocalHost()).query(["sleep", "601"], timeout_s=600)
"""


def test_what_a_command_of_the_lab_started_is_the_labs(walk: Walk) -> None:
    subprocess.Popen([sys.executable, "-c", _ASKS], env={**os.environ, TAG: str(walk.lab.directory / "redis")})
    until(lambda: ("sleep", "601") in [one.arguments for one in processes.lab_processes(walk.lab.directory)])


def test_what_was_copied_is_left_when_the_lab_stops_and_goes_with_it(walk: Walk) -> None:
    with pytest.raises(CleoError, match="the lab's second place"):
        Lab.up(walk.lab.directory, also=["offsite=redis"])
    walk.lab.stop()
    assert processes.lab_processes(walk.lab.directory) == []
    again = Lab.up(walk.lab.directory)
    assert "primary, dr" in walk("list") and again.status().whole
    place = again.second_place.workspace.directory if again.second_place else Path()
    assert place.is_dir()
    assert Lab.remove(again.directory)
    assert not os.path.lexists(place) and processes.lab_processes(again.directory) == []
