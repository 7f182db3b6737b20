"""The guard of live journals itself."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.guard import left_open, sitecustomize
from tests.journal.journals import begun, python

BESIDE = """
import sys
from pathlib import Path
from tests.journal.journals import begun
journal = begun(Path(sys.argv[1]))
if sys.argv[2] == "closed":
    journal.close()
try:
    journal.path.read_bytes()
except RuntimeError as error:
    print(error)
"""


def noted() -> list[str]:
    """Take away what the guard noted, so that it does not fail this test."""
    paths = list(Path(os.environ[sitecustomize.VARIABLE]).iterdir())
    texts = [path.read_text() for path in paths]
    for path in paths:
        path.unlink()
    return texts


@pytest.mark.parametrize("end", ["", "-wal", "-shm"])
def test_a_live_journal_is_opened_by_sqlite_only(tmp_path: Path, end: str) -> None:
    with begun(tmp_path) as journal:
        path = Path(f"{journal.path}{end}")
        for way in (path.read_bytes, lambda: os.open(path, os.O_RDONLY), lambda: (tmp_path / "." / path.name).open()):
            with pytest.raises(RuntimeError, match="opened beside SQLite"):
                way()
    assert len(noted()) == 1
    assert journal.path.read_bytes()
    assert noted() == []


@pytest.mark.parametrize("state", ["open", "closed"])
def test_a_child_is_watched_as_well(tmp_path: Path, state: str) -> None:
    done = python(BESIDE, tmp_path, state)
    assert done.returncode == 0, done.stderr
    assert ("opened beside SQLite" in done.stdout) is (state == "open")
    assert bool(noted()) is (state == "open")


def test_a_journal_that_stays_open_is_told_from_one_that_is_closed_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = left_open.open_journals()
    with begun(tmp_path) as journal:
        closing = threading.Timer(0.2, journal.close)
        closing.start()
        assert left_open.still_open(before) == set()
        closing.join()
    monkeypatch.setattr(left_open, "CLOSED_WITHIN_S", 0.1)
    with begun(tmp_path / "another") as journal:
        assert left_open.still_open(before) >= {str(journal.path), f"{journal.path}.lock"}
