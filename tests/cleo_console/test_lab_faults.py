"""Every fault really has its effect. They share one lab, and stand in the order in which they can follow each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cleo_console.cli.lab import lab as command
from cleo_console.lab.fault_log import injected_faults
from cleo_console.lab.postgres import backups, server
from cleo_console.lab.postgres.faults import SERVER_FAULTS
from cleo_console.lab.postgres.preparation_faults import FAULTS as PREPARATION_FAULTS
from cleo_console.lab.postgres.standby_faults import STANDBY_FAULTS
from cleo_console.lab.second_place.faults import FAULTS as COPY_FAULTS
from journal.errors import CleoError
from tests.labs import Lab, lab

__all__ = ["lab"]

pytestmark = pytest.mark.xdist_group("lab-faults")


def test_a_lost_log_segment_is_one_that_the_newest_backup_needs(lab: Lab) -> None:
    lost = lab.break_("postgres", "lose-wal-segment").details
    newest = backups.list_backups(lab.postgres)[-1]
    assert newest["archive"]["stop"] < lost["before"] < lost["segment"] < lost["after"]
    fetched = lab.postgres.run_directory / "fetched"
    assert not (lab.postgres.data_directory / "pg_wal" / lost["segment"]).exists()
    for segment, there in ((lost["before"], True), (lost["segment"], False), (lost["after"], True)):
        fetched.unlink(missing_ok=True)
        try:
            lab.postgres.pgbackrest("archive-get", segment, str(fetched))
        except CleoError:
            assert not there
        assert fetched.exists() == there


def test_a_damaged_newest_backup_has_a_sound_one_before_it(lab: Lab) -> None:
    damaged = lab.break_("postgres", "damage-newest-backup").details
    assert damaged["label"] == backups.list_backups(lab.postgres)[-1]["label"]
    sound, broken = (_restore(lab, damaged[which]) for which in ("previous", "label"))
    assert sound == ""
    assert "does not match expected checksum" in broken or "zst error" in broken.lower(), broken


def test_an_intruder_leaves_a_role_a_trigger_and_a_rule(lab: Lab) -> None:
    done = lab.break_("postgres", "intruder").details
    assert lab.psql(f"SELECT rolsuper FROM pg_roles WHERE rolname = '{done['role']}'") == "t"
    assert lab.psql(f"SELECT count(*) FROM pg_trigger WHERE tgname = '{done['trigger']}'") == "1"
    assert lab.psql("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'trust' AND type = 'host'") == "1"


def _restore(lab: Lab, label: str) -> str:
    """Restore a backup beside the running server; returns what pgBackRest complained of."""
    beside = lab.postgres.run_directory / f"beside-{label}"
    lab.postgres.run(["mkdir", str(beside)])
    try:
        lab.postgres.pgbackrest(
            "restore", "--job-retry=0", f"--set={label}", f"--pg1-path={beside}", "--archive-mode=off"
        )
    except CleoError as error:
        return error.message
    return ""


def test_a_flipped_byte_is_noticed_when_it_is_read(lab: Lab) -> None:
    lab.psql("SELECT sum(length(content)) FROM messages")
    flipped = lab.break_("postgres", "flip-byte").details
    with pytest.raises(CleoError, match=f"invalid page in block {flipped['block']} "):
        lab.psql("SELECT sum(length(content)) FROM messages")
    assert lab.psql("SELECT count(*) > 0 FROM users") == "t"


def test_a_dropped_table_was_there_just_before(lab: Lab) -> None:
    newest = lab.psql("SELECT pg_last_committed_xact()")
    dropped = CliRunner().invoke(
        command, ["break", "postgres", "--how", "drop-table", "--json", "--dir", str(lab.directory)]
    )
    assert dropped.exit_code == 0
    fault = json.loads(dropped.output)
    assert lab.psql("SELECT to_regclass('public.messages') IS NULL") == "t"
    assert fault["at"] < fault["details"]["committed_at"]
    assert str(fault["details"]["xid"]) not in newest
    with pytest.raises(CleoError, match="not there any more"):
        lab.break_("postgres", "drop-table")


def test_a_killed_server_stays_down_until_it_is_started(lab: Lab) -> None:
    lab.break_("postgres", "kill-postmaster")
    said: list[str] = []
    Lab.up(lab.directory, say=said.append)
    assert "is left so" in said[0]
    assert lab.pids["server"] is None
    assert (lab.postgres.data_directory / "postmaster.pid").exists()
    with pytest.raises(CleoError, match="does not run"):
        lab.break_("postgres", "kill-postmaster")
    server.start(lab.postgres)
    assert lab.status().whole


def test_a_lost_data_directory_is_empty_and_stays_so(lab: Lab) -> None:
    beat = lab.psql("SELECT to_char(max(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') FROM heartbeat")
    lost = lab.break_("postgres", "lose-data-directory").details
    assert list(lab.postgres.data_directory.iterdir()) == []
    assert lost["last_heartbeat"] >= beat
    Lab.up(lab.directory)
    lab.stop()
    Lab.up(lab.directory)
    assert list(lab.postgres.data_directory.iterdir()) == []
    with pytest.raises(CleoError, match="lost already"):
        lab.break_("postgres", "lose-data-directory")


def test_every_fault_was_injected_and_noted(lab: Lab) -> None:
    """Stands last: the lab's list holds what the tests above did, in order, and no kind went untested."""
    noted = [fault.how for fault in injected_faults(lab.directory)]
    assert sorted(noted) == sorted(kind.how for kind in SERVER_FAULTS)
    assert [fault.at for fault in lab.status().faults] == sorted(fault.at for fault in lab.status().faults)


def test_the_faults_are_listed_and_others_refused(tmp_path: Path) -> None:
    listed = CliRunner().invoke(command, ["break", "--list"])
    assert all(kind.how in listed.output and kind.title in listed.output for kind in SERVER_FAULTS)
    rows = json.loads(CliRunner().invoke(command, ["break", "--list", "--json"]).output)
    kinds = (*SERVER_FAULTS, *PREPARATION_FAULTS, *COPY_FAULTS)
    assert [row["how"] for row in rows if row["system"] == "postgres"] == [kind.how for kind in kinds]
    assert [row["how"] for row in rows if row["system"] == "postgres-standby"] == [kind.how for kind in STANDBY_FAULTS]
    for wrong in (["break"], ["break", "postgres"], ["break", "postgres", "--how", "rust"], ["break", "rust"]):
        refused = CliRunner().invoke(command, wrong)
        assert (refused.exit_code, "cleo lab break --list" in refused.output) == (2, True)
