"""Journals are private unless a folder was made for a team; who holds one locked is named after a second."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from journal.events.types import NoteAdded
from journal.store.folders import make_private
from journal.store.holders import who_holds
from journal.store.journal import Journal, JournalBusy
from journal.store.writer import Writer
from tests.actions.worlds import Person, declared, places_in
from tests.journal.journals import ME, begun
from tests.locks import held_by_another
from tests.unprivileged import unprivileged
from tests.waiting import until


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize("mask", [0o000, 0o002, 0o022, 0o077])
def test_an_incident_is_private_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    with umask(mask):
        person = Person(declared(places_in(tmp_path)))
        person.desk.note("hello")
    for path in [person.place.folder.parent, person.place.folder, person.place.journal]:
        assert not mode(path) & 0o077, (path, oct(mode(path)))
    person.journal.close()


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_folder_that_is_a_teams_on_purpose_shares_its_incidents(tmp_path: Path, mask: int) -> None:
    team = tmp_path / "team"
    team.mkdir()
    team.chmod(0o2770)
    with umask(mask):
        person = Person(declared(places_in(team)))
    assert oct(mode(person.place.folder)) == oct(0o2770)
    assert oct(mode(person.place.journal)) == oct(0o660)
    person.journal.close()


def test_an_open_folder_of_before_holds_private_incidents_from_now_on(tmp_path: Path) -> None:
    (tmp_path / "incidents").mkdir(mode=0o755)
    assert not mode(declared(places_in(tmp_path)).folder) & 0o077


def test_a_folder_is_made_with_all_that_are_missing_above_it(tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "b")
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o700, 0o700)


def test_who_holds_a_lock_is_named_and_we_are_not(tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    lock = tmp_path / "journal.db.lock"
    assert who_holds(journal) == ""
    with held_by_another(lock) as pid:
        assert f"process {pid}, of " in who_holds(journal)
    with lock.open() as mine:
        fcntl.flock(mine, fcntl.LOCK_EX)
        assert who_holds(journal) == ""


@pytest.mark.parametrize("deadline", [True, False])
def test_a_write_that_waits_says_for_whom_after_a_second_and_goes_on(tmp_path: Path, deadline: bool) -> None:
    first = begun(tmp_path)
    said: list[str] = []
    with Journal.open(first.path, actor=ME, deadline=deadline, waiting=said.append) as journal:
        with held_by_another(first.path.with_name("journal.sqlite.lock")) as pid:
            writing = threading.Thread(target=lambda: journal.append(NoteAdded(text="patience")))
            writing.start()
            until(lambda: said)
            assert f"process {pid}" in said[0]
        writing.join(10)
    assert said[1:] == [""]
    first.close()


def test_a_write_that_gives_up_says_for_whom(tmp_path: Path) -> None:
    first = begun(tmp_path)
    writer = Writer(first.path, patience=0.2)
    with (
        held_by_another(first.path.with_name("journal.sqlite.lock")) as pid,
        pytest.raises(JournalBusy, match=f"process {pid}"),
    ):
        writer.run(lambda conn: None, rows=0)
    writer.close()
    first.close()


SHUT = """
import sys
from pathlib import Path
from journal.paths import Paths
from journal.store.errors import JournalError
from journal.store.journal import Reader
paths = Paths(incidents=Path(sys.argv[1]), locks=Path(sys.argv[1]))
print(*paths.ids())
try:
    Reader(paths.incident("INC-1").journal)
except JournalError as error:
    print(error.message)
"""


def test_a_folder_that_is_shut_to_us_is_listed_and_hides_no_other(tmp_path: Path) -> None:
    for name in ("INC-1", "INC-2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "journal.db").touch()
    (tmp_path / "INC-1").chmod(0o000)
    words = unprivileged(sys.executable, "-c", SHUT, str(tmp_path))
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "INC-2 INC-1"
    assert "INC-1/journal.db could not be read: Permission denied." in done.stdout
    (tmp_path / "INC-1").chmod(0o700)
