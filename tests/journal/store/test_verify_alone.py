"""The checker as people run it: one file, on any machine."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from journal import verify
from journal.events.types import NoteAdded
from journal.store.check import verify_apart
from journal.store.journal import JournalReadFailed, short_head
from tests.journal.journals import ROOT, begun, python, recovered


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return recovered(tmp_path)


def alter(path: Path, change: str) -> None:
    """Do what the triggers forbid."""
    conn = sqlite3.connect(path)
    conn.executescript(f"DROP TRIGGER events_stand; {change}")
    conn.close()


def checked(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a lone copy of the checker, where the program is not installed."""
    alone = folder / "alone"
    alone.mkdir(exist_ok=True)
    shutil.copy(ROOT / "journal" / "verify.py", alone)
    command = [sys.executable, "-I", "-S", "verify.py", *arguments]
    return subprocess.run(command, cwd=alone, capture_output=True, text=True, timeout=60, check=False)


def copied(path: Path, to: Path, *, with_log: bool) -> Path:
    """Copy a journal as people do, from another process: this one has it open."""
    to.mkdir()
    names = [path, path.with_name(path.name + "-wal")] if with_log else [path]
    subprocess.run(["cp", *names, to], check=True)
    return to / path.name


def test_it_runs_alone(path: Path, tmp_path: Path) -> None:
    head = verify.verify(path).head
    done = checked(tmp_path, str(path), "--head", short_head(head))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{path}: 6 events, head {head} ({short_head(head)})" in done.stdout


def test_it_names_row_and_fault(path: Path, tmp_path: Path) -> None:
    alter(path, "UPDATE events SET payload = '{}' WHERE seq = 5")
    done = checked(tmp_path, str(path))
    assert done.returncode == 1
    assert "row 5: it does not match its own hash: it was altered" in done.stdout


def test_what_a_forger_wrote_cannot_draw_over_the_verdict(path: Path, tmp_path: Path) -> None:
    forged = "'here' || char(27) || '[2J' || char(10) || 'Nothing is wrong.'"
    alter(path, f"UPDATE events SET seq = 9, type = 'journal.continued', payload = {forged} WHERE seq = 6")
    done = checked(tmp_path, str(path))
    assert done.returncode == 1
    assert "it is known of the files: here\\x1b[2J\\nNothing is wrong." in done.stdout
    assert "\x1b" not in done.stdout
    assert "Nothing is wrong." not in done.stdout.splitlines()


@pytest.mark.parametrize(
    "arguments", [["none.sqlite"], ["verify.py"], [], ["{path}", "--head", "7f3a"], ["{path}", "--head", "zzzz-zzzz"]]
)
def test_what_cannot_be_checked_exits_2(path: Path, tmp_path: Path, arguments: list[str]) -> None:
    done = checked(tmp_path, *(argument.format(path=path) for argument in arguments))
    assert done.returncode == 2
    assert "verify" in done.stderr
    assert "Traceback" not in done.stderr


def test_garbage_inside_is_a_fault_and_no_traceback(path: Path, tmp_path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)
    done = checked(tmp_path, str(path))
    assert done.returncode == 1
    assert "SQLite" in done.stdout


def test_a_journal_in_use_is_checked_with_its_log(tmp_path: Path) -> None:
    with begun(tmp_path) as journal:
        (event,) = journal.append(NoteAdded(text="only in the -wal yet"))
        assert verify_apart(journal.path).seq == 2
        whole = copied(journal.path, tmp_path / "whole", with_log=True)
        done = checked(tmp_path, str(whole), "--head", event.hash)
        assert done.returncode == 0, done.stdout


def test_a_copy_without_its_log_is_not_trusted(tmp_path: Path) -> None:
    with begun(tmp_path) as journal:
        (event,) = journal.append(NoteAdded(text="only in the -wal yet"))
        torn = copied(journal.path, tmp_path / "torn", with_log=False)
        python("import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA wal_checkpoint')", journal.path)
        lucky = copied(journal.path, tmp_path / "lucky", with_log=False)
    done = checked(tmp_path, str(torn))
    assert done.returncode == 1
    assert "its end may be missing" in done.stdout
    assert checked(tmp_path, str(torn), "--head", event.hash).returncode == 1
    assert checked(tmp_path, str(lucky)).returncode == 1
    assert checked(tmp_path, str(lucky), "--head", event.hash).returncode == 0
    assert [path.name for path in lucky.parent.iterdir()] == [lucky.name], "looking leaves nothing behind"


def test_apart_is_the_same_verdict(path: Path) -> None:
    alter(path, "UPDATE events SET actor = 'mallory' WHERE seq = 5")
    verdict = verify_apart(path, "7f3a-09bc")
    assert verdict == verify.verify(path, "7f3a-09bc")
    assert not verdict.ok


def test_apart_says_what_cannot_be_checked(path: Path) -> None:
    with pytest.raises(JournalReadFailed, match="'xyz' is no head"):
        verify_apart(path, "xyz")
    with pytest.raises(JournalReadFailed, match="cannot be read: No such file"):
        verify_apart(path.with_name("none.sqlite"))
