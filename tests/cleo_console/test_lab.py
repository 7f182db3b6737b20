"""The lab comes up whole, is found again, and goes without a trace."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from actions.inventory import load_inventory
from cleo_console.cli.lab import lab as command
from cleo_console.lab import processes
from cleo_console.lab.postgres import backups
from cleo_console.lab.postgres.postmaster import postmaster
from journal.errors import CleoError
from tests.labs import Lab, lab, lab_directory, running_lab

__all__ = ["lab"]

pytestmark = pytest.mark.xdist_group("lab")

TABLES = {"users", "conversations", "messages", "user_preferences", "audit_logs", "heartbeat"}


def wait_for(state: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not state():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.05)


def cleo(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


def segments(creator: int) -> list[str]:
    rows = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return [row for row in rows if row.split()[4] == str(creator)]


def test_up_gives_a_database_in_use_with_a_backup(lab: Lab) -> None:
    status = lab.status()
    assert status.whole
    rows, backup = lab.facts["database"]["rows"], lab.facts["last_backup"]
    assert rows.keys() == TABLES
    assert all(rows.values())
    assert (backup["type"], backup["error"]) == ("full", False)
    assert lab.psql("SHOW data_checksums") == "on"


def test_the_writer_commits_as_the_application(lab: Lab) -> None:
    before = int(lab.psql("SELECT max(id) FROM heartbeat"))
    wait_for(lambda: int(lab.psql("SELECT max(id) FROM heartbeat")) >= before + 2, "two more rows")
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'cleo_app' AND application_name = 'heartbeat'"
    assert lab.psql(sessions) == "1"


def test_the_inventory_leads_to_the_server(lab: Lab) -> None:
    import psycopg

    system = load_inventory(lab.inventory_path).systems["postgres"]
    assert system.password is not None
    password = Path(system.password.file).read_text().strip()
    address: dict[str, Any] = {
        "host": system.address,
        "port": system.port,
        "dbname": system.database,
        "user": system.user,
    }
    with psycopg.connect(**address, password=password) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row == (system.data_directory,)
    assert Path(system.password.file).stat().st_mode & 0o077 == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**address, password="wrong")


def test_logs_are_archived_into_the_labs_own_repository(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGBACKREST_REPO1_PATH", "/nowhere")  # a caller's environment must not lead out of the lab
    segment = lab.psql("SELECT pg_walfile_name(pg_switch_wal())")
    archive = lab.postgres.repository / "archive"
    wait_for(lambda: list(archive.rglob(f"{segment}-*")), f"{segment} in {archive}")
    label = lab.backup("incr")
    assert (lab.postgres.repository / "backup" / "cleoai" / label / "backup.manifest").exists()


def test_the_manifest_beside_a_backup_tells_what_it_holds(lab: Lab) -> None:
    newest = backups.list_backups(lab.postgres)[-1]
    manifest = json.loads((lab.postgres.manifests / f"{newest['label']}.json").read_text())
    assert (manifest["label"], manifest["lsn"]) == (newest["label"], newest["lsn"]["stop"])
    tables = manifest["tables"]
    assert {name.removeprefix("public.") for name in tables} == TABLES
    assert tables["public.heartbeat"]["state"] == "growing"
    digest = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM public.messages t"
    messages = tables["public.messages"]
    assert f"{messages['count']}|{messages['digest']}" == lab.psql(digest)
    assert messages["state"] == "stable"


def test_up_again_says_so_and_changes_nothing(lab: Lab) -> None:
    before = lab.pids
    said: list[str] = []
    Lab.up(lab.directory, say=said.append)
    assert "already runs" in said[0]
    assert lab.pids == before


def test_status_as_a_program_reads_it(lab: Lab) -> None:
    shown = cleo("status", "--dir", lab.directory, "--json")
    assert shown.exit_code == 0
    facts = json.loads(shown.output)
    assert facts["services"]["postgres"]["address"] == f"127.0.0.1:{lab.postgres.port}"
    assert facts["inventory"] == str(lab.inventory_path)
    assert facts["whole"] is True


def test_two_commands_on_one_lab_do_not_meet(lab: Lab) -> None:
    from cleo_console.lab.folder import only_command

    with only_command(lab.directory), pytest.raises(CleoError, match="Another `cleo lab` command"):
        Lab.remove(lab.directory)
    assert lab.status().whole


def test_a_dead_writer_is_seen_and_started_again(lab: Lab) -> None:
    writer = lab.pids["writer"]
    assert writer
    os.kill(writer, signal.SIGKILL)
    wait_for(lambda: lab.pids["writer"] is None, "the writer's end")
    assert cleo("status", "--dir", lab.directory).exit_code == 1
    Lab.up(lab.directory)
    assert lab.status().whole


def test_kept_data_is_there_again(lab: Lab) -> None:
    users = lab.psql("SELECT count(*) FROM users")
    lab.stop()
    assert processes.lab_processes(lab.directory) == []
    again = Lab.up(lab.directory)
    assert again.status().whole
    assert again.psql("SELECT count(*) FROM users") == users


@pytest.fixture
def scheduled() -> Iterator[Lab]:
    with running_lab(backup_minutes=0.02) as running:
        yield running


def test_scheduled_backups_run_unless_held_and_everything_goes_after_a_crash(scheduled: Lab) -> None:
    """One lab for both: scheduled backups and their hold, then every process killed and the folder removed."""
    wait_for(lambda: len(backups.list_backups(scheduled.postgres)) > 1, "a scheduled backup", 40)
    scheduled.postgres.hold_file.touch()
    log = scheduled.postgres.log("backups")
    wait_for(lambda: "held" in log.read_text(), "the hold in the log", 40)
    held = len(backups.list_backups(scheduled.postgres))
    seen = log.read_text().count("held")
    wait_for(lambda: log.read_text().count("held") > seen + 1, "two more turns")
    assert len(backups.list_backups(scheduled.postgres)) == held

    server = postmaster(scheduled.postgres.data_directory)
    assert server
    assert segments(server)
    stranger = subprocess.Popen(["sleep", "60"], cwd=scheduled.directory)
    try:
        os.kill(server, signal.SIGKILL)
        assert cleo("down", "--dir", scheduled.directory).exit_code == 0
        assert not scheduled.directory.exists()
        assert processes.lab_processes(scheduled.directory) == []
        assert stranger.poll() is None, "a stranger's process in the lab's folder was ended"
    finally:
        stranger.kill()
        stranger.wait()
    assert not segments(server), "the killed server's shared memory is still there"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", scheduled.postgres.port))


def test_what_a_cut_short_start_left_is_cleared_away() -> None:
    with running_lab("40MB") as whole:
        assert 32e6 < float(whole.psql("SELECT pg_database_size('cleoai')")) < 48e6
        state = whole.directory / "lab.json"
        state.write_text(state.read_text().replace('"complete": true', '"complete": false'))
        with pytest.raises(CleoError, match="There is no lab"):
            Lab.at(whole.directory)
        said: list[str] = []
        again = Lab.up(whole.directory, say=said.append)
        assert "cut short" in said[0]
        assert again.status().whole
        (again.directory / "lab.json").write_text("{ damaged")
        with pytest.raises(CleoError, match="cannot be read"):
            Lab.up(whole.directory)
        assert Lab.remove(whole.directory)
        assert processes.lab_processes(whole.directory) == []


def test_servers_of_a_removed_folder_are_found() -> None:
    with running_lab() as lost:

        def removed() -> bool:
            shutil.rmtree(lost.directory, ignore_errors=True)  # the writer may put a file there meanwhile
            return not lost.directory.exists()

        wait_for(removed, "the folder's end")
        assert processes.lab_processes(lost.directory)
        assert Lab.remove(lost.directory)
        assert processes.lab_processes(lost.directory) == []


def test_no_lab_is_no_failure_to_take_down() -> None:
    with lab_directory() as nowhere:
        assert cleo("down", "--dir", nowhere).output == "There was no lab.\n"
        result = cleo("status", "--dir", nowhere)
        assert isinstance(result.exception, CleoError)
        assert "cleo lab up" in result.exception.hint
