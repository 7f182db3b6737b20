"""Files that are no journals, and folders that journals must not lie in, are refused and not changed."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from journal.store import filesystem
from journal.store.check import verify_apart
from journal.store.journal import (
    Journal,
    JournalDamaged,
    JournalExists,
    JournalNotFound,
    JournalReadFailed,
    NetworkFilesystem,
    NewerJournal,
    NotAJournal,
    Reader,
    export,
)
from tests.journal.journals import ME, begun, declaration, python, recovered


def _write(path: Path) -> None:
    Journal.open(path, actor=ME).close()


def _read(path: Path) -> None:
    Reader(path).close()


both_doors = pytest.mark.parametrize("opening", [_write, _read])
Opening = Callable[[Path], None]


@both_doors
def test_a_newer_journal_is_refused(tmp_path: Path, opening: Opening) -> None:
    path = recovered(tmp_path)
    conn = sqlite3.connect(path)
    conn.execute("PRAGMA user_version = 2")
    conn.close()
    before = path.read_bytes()
    with pytest.raises(NewerJournal, match=r"has format 2; this program knows formats up to 1\.\n.*version"):
        opening(path)
    with pytest.raises(JournalReadFailed, match="format 2"):
        verify_apart(path)
    assert path.read_bytes() == before


@both_doors
def test_a_file_that_is_not_there(tmp_path: Path, opening: Opening) -> None:
    with pytest.raises(JournalNotFound, match="cleo journal list"):
        opening(tmp_path / "none.sqlite")
    assert not (tmp_path / "none.sqlite").exists()


@both_doors
def test_another_programs_file(tmp_path: Path, opening: Opening) -> None:
    text, other = tmp_path / "notes.txt", tmp_path / "other.sqlite"
    text.write_text("We lost the database. " * 100)
    conn = sqlite3.connect(other)
    conn.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY)")
    conn.close()
    for path in (text, other):
        before = path.read_bytes()
        with pytest.raises(NotAJournal):
            opening(path)
        assert path.read_bytes() == before


@both_doors
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, opening: Opening) -> None:
    pipe, folder = tmp_path / "pipe.db", tmp_path / "folder.db"
    os.mkfifo(pipe)  # whoever opens it to read waits for a writer, who never comes
    folder.mkdir()
    for path in (pipe, folder):
        with pytest.raises(NotAJournal):
            opening(path)
        with pytest.raises(JournalReadFailed, match="is no file"):
            verify_apart(path, timeout=60)


def test_a_row_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = recovered(tmp_path)
    conn = sqlite3.connect(path)
    conn.executescript("DROP TRIGGER events_stand; UPDATE events SET payload = '{\"tex' WHERE seq = 5")
    conn.close()
    with Reader(path) as reader, pytest.raises(JournalDamaged, match="Row 5 of"):
        list(reader.events())


def _mounted(monkeypatch: pytest.MonkeyPatch, folder: Path, kind: str) -> None:
    mounts = folder / "mountinfo"
    escaped = str(folder.resolve()).replace(" ", "\\040")
    mounts.write_text(
        f"30 22 0:50 / {escaped} rw,relatime shared:9 - {kind} somewhere rw\n"
        f"31 22 0:51 / {escaped}elsewhere rw - ext4 /dev/sdb rw\n"
        "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
    )
    monkeypatch.setattr(filesystem, "MOUNTS", mounts)


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "9p"])
def test_a_network_filesystem_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    share = tmp_path / "team share"
    with begun(share) as journal:
        pass
    _mounted(monkeypatch, share, kind)
    with pytest.raises(NetworkFilesystem, match=kind):
        Journal.open(journal.path, actor=ME)
    with pytest.raises(NetworkFilesystem):
        Journal.create(share / "new.sqlite", declaration(), actor=ME)
    assert not (share / "new.sqlite").exists()


def test_a_folder_in_memory_is_warned_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _mounted(monkeypatch, tmp_path, "tmpfs")
    with begun(tmp_path) as journal:
        (warning,) = journal.warnings
    assert "does not survive a restart" in warning
    _mounted(monkeypatch, tmp_path, "ext4")
    with Journal.open(journal.path, actor=ME) as again:
        assert again.warnings == []


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal"])
def test_a_name_with_leftovers_is_not_used_again(tmp_path: Path, suffix: str) -> None:
    """SQLite would play a lost database's log into the new one."""
    path = recovered(tmp_path)
    left = tmp_path / f"new.sqlite{suffix}"
    left.write_text("left behind")
    with pytest.raises(JournalExists, match=left.name):
        Journal.create(tmp_path / "new.sqlite", declaration(), actor=ME)
    with pytest.raises(JournalExists, match=left.name):
        export(path, tmp_path / "new.sqlite")
    assert left.read_text() == "left behind"


def test_who_may_only_read_is_told_on_opening() -> None:
    code = """
import os, sys
from pathlib import Path
from journal.store.journal import Journal, JournalWriteFailed, Reader
from tests.journal.journals import begun
journal = begun(Path(sys.argv[1]))
if os.geteuid() == 0:
    os.setgid(65534), os.setuid(65534)
else:
    journal.path.chmod(0o444)
print(Reader(journal.path).head()[0])
try:
    Journal.open(journal.path, actor="guest@console")
except JournalWriteFailed as error:
    print(error)
"""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        done = python(code, folder)
    assert done.stdout.startswith("1\n"), done.stderr
    assert "you may not write to it" in done.stdout
    assert "check owner and mode" in done.stdout
