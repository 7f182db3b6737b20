"""``cleo report`` and ``cleo journal``: by id or by file, with the right exit status and never a traceback."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cleo_console.cli.main import cli
from journal.events.types import ReportFieldWritten
from journal.plan.read import read_plan
from journal.store.journal import Journal, Reader, short_head
from tests.journal.report.test_report import BUNDLED
from tests.journal.stories import write_recovery

ID = "INC-2026-03-01-1"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recovery(tmp_path_factory.mktemp("cli") / "journal.db", read_plan(BUNDLED).data, more="\x1b[31m!")


@pytest.fixture
def home(tmp_path: Path, written: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with one incident."""
    monkeypatch.setenv("CLEO_HOME", str(tmp_path))
    folder = tmp_path / "incidents" / ID
    folder.mkdir(parents=True)
    shutil.copy(written, folder / "journal.db")
    return tmp_path


def cleo(*arguments: str | Path, status: int = 0) -> Result:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def journal_of(home: Path) -> Path:
    return home / "incidents" / ID / "journal.db"


def test_what_reads_the_journal_alone_goes_on_where_the_inventory_is_gone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEO_INVENTORY", str(home / "gone.yaml"))
    assert "Nothing is wrong" in cleo("journal", "verify", ID).output
    assert ID in cleo("journal", "list").output


def tamper(path: Path) -> None:
    conn = sqlite3.connect(path)
    conn.execute("DROP TRIGGER events_stand")
    conn.execute("UPDATE events SET at = '2026-03-01T03:05:00.000000Z' WHERE seq = 5")
    conn.commit()
    conn.close()


@pytest.mark.parametrize(
    ("name", "start"), [("r.md", b"# LAB: "), ("r.html", b"<!doctype html>"), ("r.HTM", b"<!doctype"), ("r.json", b"{")]
)
def test_the_file_name_tells_the_format(home: Path, name: str, start: bytes) -> None:
    result = cleo("report", ID, "-o", home / name)
    assert (home / name).read_bytes().lstrip().startswith(start)
    assert f"{home / name}: {ID}, " in result.stderr


def test_format_beats_the_file_name_and_markdown_is_the_default(home: Path) -> None:
    cleo("report", ID, "--format", "json", "-o", home / "report.txt")
    assert json.loads((home / "report.txt").read_bytes())["incident"]["id"] == ID
    assert cleo("report", ID).stdout.startswith("# LAB: ")
    assert json.loads(cleo("report", ID, "--format", "json", "-o", "-").stdout)["format"] == 1


def test_a_report_needs_the_file_and_nothing_else(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = cleo("report", ID, "--format", "html").stdout_bytes
    cleo("journal", "export", ID, "-o", tmp_path / "brought.db")
    monkeypatch.setenv("CLEO_HOME", str(tmp_path / "another machine"))
    monkeypatch.delenv("CLEO_INVENTORY", raising=False)
    assert cleo("report", tmp_path / "brought.db", "--format", "html").stdout_bytes == here
    assert cleo("report", journal_of(home).parent, "--format", "html").stdout_bytes == here


def test_an_unknown_incident_names_those_there_are(home: Path) -> None:
    result = cleo("report", "INC-1999-01-01-1", status=1)
    assert "There is no incident 'INC-1999-01-01-1'" in result.stderr
    assert f"There are: {ID}." in result.stderr


def test_what_cannot_be_written_or_read_is_said(home: Path) -> None:
    assert "No such file" in cleo("report", ID, "-o", home / "no" / "r.html", status=1).stderr
    (home / "text").write_text("no journal")
    assert "not an SQLite file" in cleo("report", home / "text", status=1).stderr


def test_asking_wrongly_ends_with_2_and_leaves_the_journal_alone(home: Path) -> None:
    before = journal_of(home).read_bytes()
    assert "does not tell the format" in cleo("report", ID, "-o", home / "r.txt", status=2).stderr
    assert "journal itself" in cleo("report", ID, "--format", "md", "-o", journal_of(home), status=2).stderr
    cleo("report", status=2)
    cleo("journal", "verify", ID, "--head", "zz", status=2)
    assert journal_of(home).read_bytes() == before


def test_a_zone_and_a_witness_are_taken_or_refused_in_a_sentence(home: Path) -> None:
    with Reader(journal_of(home)) as reader:
        _, head = reader.head()
    told = cleo("report", ID, "--zone", "Europe/Berlin", "--head", short_head(head)).stdout
    assert "2026-03-01 02:50:00 UTC / 03:50:00 CET" in told and short_head(head) in told
    for zone in ("Europe/Atlantis", "Europe", "../etc/passwd", "/etc/passwd", "\0"):
        assert "There is no time zone" in cleo("report", ID, "--zone", zone, status=2).stderr
    assert "is no head" in cleo("report", ID, "--head", "zz", status=2).stderr
    assert "chain is broken" in cleo("report", ID, "--head", "0000-0000", "-o", home / "r.md", status=1).stderr


def test_a_broken_chain_is_reported_and_ends_with_1(home: Path) -> None:
    tamper(journal_of(home))
    result = cleo("report", ID, "-o", home / "r.md", status=1)
    assert "chain is broken" in result.stderr
    assert "CHAIN BROKEN" in (home / "r.md").read_text()


def test_a_removed_row_is_damage_and_no_crash(home: Path) -> None:
    conn = sqlite3.connect(journal_of(home))
    conn.execute("DROP TRIGGER events_stay")
    conn.execute("DELETE FROM events WHERE seq = 7")
    conn.commit()
    conn.close()
    assert "Event 8 does not follow event 6" in cleo("report", ID, status=1).stderr
    assert "row 7 is missing" in cleo("journal", "verify", ID, status=1).stdout
    assert "CANNOT BE READ" in cleo("journal", "list").stdout


def test_list_shows_every_incident_and_says_which_cannot_be_read(home: Path) -> None:
    (home / "incidents" / "INC-broken").mkdir()
    (home / "incidents" / "INC-broken" / "journal.db").write_text("no journal")
    listed = cleo("journal", "list").stdout
    assert "INC-broken  CANNOT BE READ" in listed
    assert f"{ID}  LAB " in listed and "Data directory lost!" in listed and "\x1b" not in listed
    rows = {row["id"]: row for row in json.loads(cleo("journal", "list", "--json").stdout)}
    assert rows[ID]["outcome"].startswith("closed with") and "error" in rows["INC-broken"]


def test_list_of_nothing_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEO_HOME", str(tmp_path / "new"))
    assert "no incident yet" in cleo("journal", "list").stdout
    assert json.loads(cleo("journal", "list", "--json").stdout) == []
    assert "CLEO_HOME" in cleo("report", ID, status=1).stderr


def test_show_prints_the_timeline_inert(home: Path) -> None:
    shown = cleo("journal", "show", ID).stdout
    lines = shown.splitlines()
    assert "\x1b" not in shown
    assert lines[0].startswith("2026-03-01 02:52:00 UTC  T+00:02:00  ben@ops2  Note: first page came in!")
    assert "(late entry, written 2026-03-01" in lines[0]
    entries = json.loads(cleo("journal", "show", ID, "--json").stdout)
    assert len(entries) == len(lines)
    assert entries[0]["text"].endswith("\x1b[31m!")


def test_show_prints_what_a_run_printed(home: Path) -> None:
    run = next(
        entry["seq"]
        for entry in json.loads(cleo("journal", "show", ID, "--json").stdout)
        if entry["text"].endswith("by the schedule\x1b[31m!") and entry["type"] == "run.requested"
    )
    lines = cleo("journal", "show", ID, "--run", str(run)).stdout.splitlines()
    assert (len(lines), lines[-1][10:]) == (30, "restore file base/29!")
    assert "no such run" in cleo("journal", "show", ID, "--run", "999").stderr


def test_verify_says_what_is_wrong_and_believes_a_witness(home: Path) -> None:
    with Reader(journal_of(home)) as reader:
        seq, head = reader.head()
    assert f"{seq} events, head {head} ({short_head(head)})" in cleo("journal", "verify", ID).stdout
    cleo("journal", "verify", ID, "--head", short_head(head))
    assert "WRONG" in cleo("journal", "verify", ID, "--head", "0000-0000", status=1).stdout
    tamper(journal_of(home))
    found = json.loads(cleo("journal", "verify", ID, "--json", status=1).stdout)
    assert (
        found["ok"] is False and {"row": 5, "what": "it does not match its own hash: it was altered"} in found["faults"]
    )


def test_export_makes_one_whole_file_and_replaces_none(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    told = cleo("journal", "export", ID, "-o", copy).stdout
    assert "head" in told and cleo("journal", "verify", copy).stdout.endswith("Nothing is wrong.\n")
    assert "already a file" in cleo("journal", "export", ID, "-o", copy, status=1).stderr
    assert "could not be written" in cleo("journal", "export", ID, "-o", tmp_path / "no" / "x.db", status=1).stderr


def test_customers_get_a_report_of_their_own_and_who_sends_it_hears_what_is_missing(home: Path) -> None:
    told = cleo("report", ID, "--for", "customers")
    assert told.stdout.startswith("# EXERCISE: Database Failure") and ID not in told.stdout
    assert "Nobody wrote the report's field" in told.stderr
    with Journal.open(journal_of(home), actor="ada@ops1") as journal:
        journal.append(ReportFieldWritten(field="for customers", text="It was db1."))
    again = cleo("report", ID, "--for", "customers", "-o", home / "outage.html")
    assert "Struck out of the text for customers: 'db1'." in again.stderr
    assert "db1" not in (home / "outage.html").read_text()
    assert "not for customers" in cleo("report", ID, "--for", "customers", "--full", status=2).stderr


def test_the_evidence_comes_when_it_is_asked_for(home: Path) -> None:
    short, full = cleo("report", ID).stdout, cleo("report", ID, "--full").stdout
    assert full.startswith(short.partition("\n---\n")[0]) and "# Appendix: the evidence" in full
    assert "# Appendix" not in short and "cd" * 32 in full and "cd" * 32 not in short
