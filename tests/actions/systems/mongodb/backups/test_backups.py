"""Backups of a real mongod: of one moment, compared with what the server says, followed by its oplog without a gap."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import bson
import msgspec
import pytest

from actions.backups.repository.entry import ENTRY, INCOMPLETE, decode_entry
from actions.backups.take import take
from actions.outcome import ActionFailed
from actions.systems.mongodb.backup_chain import order
from actions.systems.mongodb.backups.engine import ENGINE
from actions.systems.mongodb.programs import dump as program
from actions.systems.mongodb.verify import verify
from cleo_console.lab.mongodb import server
from journal.errors import CleoError
from journal.events.measured import Measured
from tests.actions.systems.mongodb.backups.taking import (
    NAME,
    covers_of,
    fill_large,
    folder_of,
    folders_of,
    request_of,
    take_one,
)
from tests.actions.systems.mongodb.mongo_lab import MongoLab
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("mongodb-backups")


def test_a_lab_begins_with_a_backup(mongo: MongoLab) -> None:
    """Taken as it is made, and others follow by schedule."""
    status = mongo.service.status()
    assert status.facts["last_backup"]["type"] == "full"
    assert status.pids["schedule"]
    assert status.whole


def test_the_oplog_goes_on_where_the_backups_end(mongo: MongoLab, full: Path) -> None:
    """An incremental backup begins with the entry that the one before ends with, and has all that came since."""
    with mongo.session() as client:
        client.moment.since.insert_many([{"n": number} for number in range(20)])
    slices = [folder_of(mongo, take_one(mongo, "incremental")) for _ in range(2)]
    ends = [covers_of(folder) for folder in (full, *slices)]
    assert order(ends[1][0]) <= order(ends[0][1]), "also what came between two full backups is saved"
    assert ends[2][0] == ends[1][1]
    entries = bson.decode_all((slices[0] / "dump/oplog.bson").read_bytes())
    inserted = [one for entry in entries for one in _inserted(entry, "moment.since")]
    assert [each["n"] for each in inserted] == list(range(20))
    listed = ENGINE.list(mongo.context(), NAME)
    assert not [one for one in listed.sets if one.unusable]
    assert listed.reach["oplog"][1] == ends[2][1]
    assert listed.archived_until


def test_what_is_not_saved_yet_is_measured(mongo: MongoLab) -> None:
    """Health says what would be lost with the server, and nothing where its oplog does not go on from the backups."""
    newest = folder_of(mongo, take_one(mongo, "incremental"))
    measured = Measured.of(mongo.health().facts)
    assert measured.archived_until == decode_entry((newest / ENTRY).read_bytes(), "").consistent_at
    assert measured.exposure_s is not None
    assert measured.exposure_s < 60
    assert measured.exposure_by == f"oplog saved until {measured.archived_until:%H:%M:%S} UTC"
    text = (newest / ENTRY).read_text()
    (newest / ENTRY).write_text(text.replace(covers_of(newest)[1], "1600000000:1"))
    other = mongo.health()
    (newest / ENTRY).write_text(text)
    assert Measured.of(other.facts).exposure_s is None
    assert Measured.of(other.facts).exposure_by == "its oplog does not reach back to its newest backup"
    assert "does not reach back to its newest backup" in other.detail


def test_a_gap_is_named_and_no_backup(mongo: MongoLab, full: Path) -> None:
    """Where the server's oplog does not have the backups' last entry, nothing is silently left out."""
    entry = json.loads((full / "entry.json").read_text())
    earlier = [folder for folder in folders_of(mongo) if folder != full]
    for folder in earlier:
        folder.rename(folder.with_name(f"away-{folder.name}"))
    try:
        entry["facts"]["last_entry"] = "0" * 64
        (full / "entry.json").write_text(json.dumps(entry))
        with pytest.raises(ActionFailed, match="another history") as failed:
            take_one(mongo, "incremental")
        entry["covers"]["to"] = entry["covers"]["from"] = "1600000000:1"
        (full / "entry.json").write_text(json.dumps(entry))
        with pytest.raises(ActionFailed, match="There is a gap"):
            take_one(mongo, "incremental")
    finally:
        for folder in earlier:
            folder.with_name(f"away-{folder.name}").rename(folder)
    assert failed.value.cures[0].params == {"kind": "full"}
    assert [each.name for each in folders_of(mongo) if each.name.endswith("I") and each not in earlier] == []


def test_nothing_half_written_is_a_backup(mongo: MongoLab) -> None:
    """Killed half way: what is left is named, is no backup, and is removed by the next one."""
    before = [one.label for one in ENGINE.list(mongo.context(), NAME).sets]
    with mongo.session() as client:
        fill_large(client)
    process = subprocess.Popen(_argv(mongo), stdout=subprocess.DEVNULL)
    shelf = mongo.member.repository / NAME
    try:
        until(lambda: list(shelf.glob(f"{INCOMPLETE}*/dump/large/*.bson")))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    with mongo.session() as client:
        client.drop_database("large")
    listed = ENGINE.list(mongo.context(), NAME)
    assert [one.label for one in listed.sets] == before
    assert [finding for finding in listed.findings if "no whole backup" in finding.text]
    take_one(mongo, "full")
    assert not list(shelf.glob(f"{INCOMPLETE}*"))


def test_a_flipped_byte_is_found(mongo: MongoLab) -> None:
    """Every file is read to its end."""
    damaged = mongo.break_("damage-newest-backup")
    checked = ENGINE.verify(mongo.context(), NAME)
    assert checked.damaged == [damaged["label"]]
    assert "content was changed" in checked.findings[0].text
    assert damaged["previous"] in checked.sound


def test_what_is_cut_or_gone_is_seen_at_once(mongo: MongoLab) -> None:
    """Nothing is restored from a dump that was cut, and what is behind a lost slice is not said to be reached."""
    take_one(mongo, "full")
    cut, lost = mongo.break_("truncate-newest-backup"), mongo.break_("lose-oplog-slice")
    listed = ENGINE.list(mongo.context(), NAME)
    unusable = {one.label: one.unusable for one in listed.sets if one.unusable}
    assert "another size" in unusable[cut["label"]]
    assert unusable[lost["after"]] == "follows no full backup without a gap in the oplog"
    assert lost["before"] not in unusable, "the dump before the damaged one leads to it"
    assert any(lost["after"] in finding.text and "nothing was saved" in finding.text for finding in listed.findings)
    assert listed.reach["oplog"][1] == covers_of(mongo.member.repository / NAME / lost["before"])[1]


def test_the_password_is_nowhere(mongo: MongoLab) -> None:
    """Neither in a command line nor in what is printed, nor in a file that is left."""
    secret = mongo.member.password_file("cleo").read_text().strip()
    ctx = mongo.context()
    done = take.function(ctx, kind="full")
    assert done.ok
    assert secret not in "\n".join(ctx.lines)
    assert secret not in "\n".join(word for each in ctx.programs.values() for word in each.argv)
    left = [Path(word) for each in ctx.programs.values() for word in each.argv if "cleo-request" in word]
    assert left
    assert not any(path.exists() for path in left)


def test_a_dry_run_changes_nothing(mongo: MongoLab) -> None:
    """It says what it would do."""
    before = folders_of(mongo)
    ctx = mongo.context(dry_run=True)
    assert take.function(ctx, kind="full").summary == "would take a full backup"
    assert folders_of(mongo) == before


def test_what_shows_less_than_was_acknowledged_is_not_dumped(mongo: MongoLab) -> None:
    """A member that runs outside of its set, and a server that does not run."""
    server.stop(mongo.member)
    until(lambda: _refuses(mongo.member.port))
    with pytest.raises(CleoError, match="refused"):
        take_one(mongo, "full")
    text = mongo.member.config_file.read_text()
    alone = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("repl", "oplogSize")))
    mongo.member.config_file.write_text(alone)
    try:
        server.start(mongo.member)
        with pytest.raises(CleoError, match="belongs to the replica set rs0 and runs outside of it"):
            take_one(mongo, "full")
    finally:
        server.stop(mongo.member)
        mongo.member.config_file.write_text(text)
        server.start(mongo.member)
        server.wait_until_primary(mongo.member)


def test_a_server_that_ends_over_damaged_data_is_told_from_one_that_is_stopped(mongo: MongoLab, tmp_path: Path) -> None:
    """Reading a damaged block ends it: another try ends it again, so a restore helps, and no start."""
    server.stop(mongo.member)
    kept = tmp_path / "kept"
    shutil.copytree(mongo.member.data_directory, kept)
    server.start(mongo.member)
    server.wait_until_primary(mongo.member)
    try:
        mongo.break_("flip-byte")
        server.wait_until_primary(mongo.member)
        with pytest.raises(ActionFailed, match=r"cleoai\.conversations was .*ended over damaged data") as failed:
            take_one(mongo, "full")
        assert [cure.action for cure in failed.value.cures] == ["mongodb.restore"]
        assert [(one.severity, one.system) for one in failed.value.findings] == [("wrong", NAME)]
        assert failed.value.facts["corrupt"], "damage of the disk: a recovery point may be the latest state"
        server.start(mongo.member)
        server.wait_until_primary(mongo.member)
        with pytest.raises(ActionFailed, match="ended over damaged data") as read:
            verify.function(mongo.context())
        assert read.value.findings == failed.value.findings
    finally:
        server.stop(mongo.member)
        shutil.rmtree(mongo.member.data_directory)
        shutil.copytree(kept, mongo.member.data_directory)
        server.start(mongo.member)
        server.wait_until_primary(mongo.member)


def _refuses(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) != 0


def _inserted(entry: Mapping[str, Any], namespace: str) -> Iterator[Mapping[str, Any]]:
    inner = entry["o"].get("applyOps", [entry]) if entry["op"] == "c" else [entry]
    yield from (each["o"] for each in inner if each["op"] == "i" and each["ns"] == namespace)


def _argv(mongo: MongoLab) -> list[str]:
    """Return a command line that takes a full backup, by a request with the password's file."""
    path = mongo.member.directory / "run" / "request"
    asked = msgspec.structs.replace(
        request_of(mongo), password="", password_file=str(mongo.member.password_file("cleo"))
    )
    path.write_bytes(msgspec.json.encode(asked))
    path.chmod(0o600)
    return [sys.executable, "-m", program.__name__, str(path)]
