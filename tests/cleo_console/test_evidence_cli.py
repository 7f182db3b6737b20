"""``cleo evidence`` and the witness that is given a head: from the command line, over one installation."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cleo_console.cli.main import cli
from journal.events.types import NoteAdded
from journal.store.journal import Reader
from journal.store.witness import read_heads
from tests.journal.audit.year import write

ID = "INC-2026-02-01-01-abcd"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("written"), ID, "2026-02-01T10:00").parents[2]


@pytest.fixture
def home(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(written / "incidents", tmp_path / "incidents")
    monkeypatch.setenv("CLEO_HOME", str(tmp_path))
    monkeypatch.setenv("CLEO_INVENTORY", "")
    monkeypatch.delenv("CLEO_WITNESS", raising=False)
    return tmp_path


def cleo(*words: str | Path, status: int = 0) -> Result:
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exit_code == status, result.output
    return result


def test_a_pack_says_what_is_missing_and_its_status_whether_journals_are_proven(home: Path) -> None:
    asked = ("evidence", "--from", "2026-01-01", "--to", "2026-06-30", "-o")
    done = cleo(*asked, home / "pack")
    assert "1 of 1 journal verify" in done.output
    assert f"{ID} (DRILL) was still open as the pack was made" in (home / "pack" / "index.md").read_text()
    for odd in ("declared", "signers"):
        (home / odd).write_text("no head and no key\n", encoding="utf-8")
    assert "names no signer" in cleo(*asked, home / "x", "--signers", home / "signers", status=2).output
    assert "is among the journals" in cleo(*asked, home / "incidents" / "x", status=1).output
    cleo("declare", "--title", "\udce9", "--scenario", "database-failure", "--kind", "DRILL", status=1)
    assert [folder.name for folder in (home / "incidents").iterdir()] == [ID]  # what was refused leaves none
    (home / "incidents" / "INC-2026-03-01-01-gone").mkdir()
    assert "no journal in it" in cleo(*asked, home / "again", status=1).output


def test_a_pack_of_what_is_still_to_come_or_of_another_place_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "log").write_text("nothing\n", encoding="utf-8")
    said = cleo("evidence", "--from", "2126-01-01", "--to", "2126-06-30", "-o", home / "a").output
    assert "0 incidents" in said and "after the pack was made: nothing of it can be here" in said
    monkeypatch.setenv("CLEO_HOME", str(home / "elsewhere"))
    asked = ("evidence", "--from", "2030-01-01", "--to", "2049-01-01", "-o")
    said = cleo(*asked, home / "b", "--witness", home / "log").output
    assert f"There is no folder where journals are looked for: {home}" in said
    assert "No line of log, the witness's log, is a head" in (home / "b" / "index.md").read_text(encoding="utf-8")


def test_an_incident_that_cannot_be_read_is_not_called_closed_and_the_disks_own_folders_are_none(home: Path) -> None:
    spoilt = home / "incidents" / "INC-2026-03-01-01-bdbd" / "journal.db"
    spoilt.parent.mkdir()
    spoilt.write_bytes(b"no journal")
    said = f"It cannot be read whether these are open: {spoilt.parent.name}."
    done = cleo("status")
    assert said in done.stderr and ID in done.stdout
    shutil.rmtree(home / "incidents" / ID)
    assert said in cleo("status", status=1).stderr
    shutil.rmtree(spoilt.parent)
    (home / "incidents" / "lost+found").mkdir()
    assert "0 of 0 journals" in cleo("evidence", "--from", "2026-01-01", "--to", "2026-06-30", "-o", home / "p").output


def test_the_witness_has_the_head_as_it_was_closed_and_of_each_report(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = home / "heads.log"
    monkeypatch.setenv("CLEO_WITNESS", str(log))
    cleo("close", "-i", ID, "--summary", "over", "--leaving", "1 open")
    with Reader(home / "incidents" / ID / "journal.db") as reader:
        seq, head = reader.head()
    cleo("report", ID, "-o", home / "report.md")
    heads = list(read_heads(log))
    assert [(one.incident, one.kind, one.row, one.head) for one in heads] == [(ID, "DRILL", seq, head)] * 2
    assert [one.why.split()[0] for one in heads] == ["closed", "reported"]


@pytest.mark.parametrize(("where", "words"), [("gone/heads.log", "No such file"), ("fifo", "no answer within")])
def test_a_witness_that_takes_nothing_is_said_and_hinders_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, where: str, words: str
) -> None:
    os.mkfifo(home / "fifo")  # opening it to write waits for a reader, who never comes
    monkeypatch.setattr("cleo_console.witness.SECONDS", 0.2)
    monkeypatch.setenv("CLEO_WITNESS", str(home / where))
    done = cleo("close", "-i", ID, "--summary", "over", "--leaving", "1 open")
    assert words in done.output
    with Reader(home / "incidents" / ID / "journal.db") as reader:
        closed, note = list(reader.events())[-2:]
    assert closed.type == "incident.closed"
    assert isinstance(note.body, NoteAdded)
    assert words in note.body.text
    assert closed.hash in note.body.text  # to be given by hand


def test_what_the_witness_did_not_take_waits_is_said_and_is_given_once_it_is_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = home / "auditor" / "heads.log"
    monkeypatch.setenv("CLEO_WITNESS", str(log))
    cleo("close", "-i", ID, "--summary", "over", "--leaving", "1 open")
    waits = f"NOT WITNESSED: 1 head for the witness {log}, the oldest is the head"
    assert waits in cleo("status", ID).output
    assert waits in json.loads(cleo("status", ID, "--json").stdout)["unwitnessed"][0]
    assert "No such file" in cleo("journal", "witness", status=1).output
    pack = cleo("evidence", "--from", "2026-01-01", "--to", "2026-12-31", "-o", home / "pack").output
    assert "missing: " in pack and f"{ID}: the witness was not given the head" in pack
    log.parent.mkdir()
    assert waits in cleo("status", ID).output, "it was tried a moment ago"
    being_written = home / "unwitnessed" / ".another.new"
    being_written.touch()
    monkeypatch.setattr("cleo_console.witness.RETRY_S", 0.0)
    assert "NOT WITNESSED" not in cleo("status", ID).output
    (head,) = read_heads(log)
    assert (head.incident, head.why.partition(", given late at ")[1]) == (ID, ", given late at ")
    assert "Nothing waits" in cleo("journal", "witness").output
    assert being_written.exists(), "whoever writes it would lose it"


def test_verifying_compares_with_the_witness(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, journal = home / "heads.log", home / "incidents" / ID
    shutil.copytree(journal, home / "before")
    monkeypatch.setenv("CLEO_WITNESS", str(log))
    cleo("close", "-i", ID, "--summary", "over", "--leaving", "1 open")
    assert "has 1 head of it, the last of row 2" in cleo("journal", "verify", ID).output
    shutil.rmtree(journal)
    shutil.copytree(home / "before", journal)
    done = cleo("journal", "verify", ID, status=1)
    assert "Nothing is wrong." in done.output, "a chain does not show that its end is gone"
    assert f"WITNESS: {ID}: the witness has row 2, and its journal ends before it: it was cut off" in done.output
    log.write_text("")
    assert f"has no head of {ID}" in cleo("journal", "verify", ID).output
    log.unlink()
    os.mkfifo(log)  # to read it waits for a writer, who never comes
    assert f"{log} is no file that can be read" in cleo("journal", "verify", ID).output
