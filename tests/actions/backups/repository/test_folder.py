"""A repository in a folder: what is half-written is no backup, and what was changed afterwards is found."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actions.backups.marks import Mark
from actions.backups.repository.checking import Damage, check_backup
from actions.backups.repository.entry import Covers, Entry
from actions.backups.repository.place import Place, newest_of
from actions.backups.repository.settings import RepositorySettings
from actions.backups.repository.writing import AlreadyWriting, RepositoryTrouble, staged
from actions.inventory import Inventory
from actions.outcome import ActionFailed
from actions.transport import LocalHost
from journal.events.types import Kind
from tests.actions.contexts import FakeContext


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "repository").mkdir()
    return tmp_path / "repository"


@pytest.fixture
def place(repository: Path) -> Iterator[Place]:
    inventory = Inventory(name="test", allows=[Kind.LAB], lab=True, hosts={"here": LocalHost()})
    yield Place(FakeContext(inventory), "store", RepositorySettings(repository=str(repository)), "here")


def _take(repository: Path, **texts: str) -> Entry:
    with staged(repository, "store", "full") as backup:
        for name, text in texts.items():
            path = backup.folder / "dump" / f"{name} ü.bson"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return backup.finish("toy", covers=Covers(from_="1", to="7"), server={"version": "6.0"})


def test_is_listed_as_it_was_written(repository: Path, place: Place) -> None:
    assert place.listing().stored == []
    first, second = _take(repository, a="one", b="two"), _take(repository)
    stored = place.listing().stored
    assert [one.entry for one in stored] == [first, second], "in this order, and the ids differ within one second"
    marks, at = place.marks(), datetime(2026, 11, 28, 12, 0, 0, 5, tzinfo=UTC)
    assert marks.read() == {}
    marks.leave(first.id, "verified", Mark(at=at + timedelta(hours=1), ok=True, by="INC-2"))
    marks.leave(first.id, "verified", Mark(at=at, ok=False, by="INC-1"))
    marks.leave(first.id, "restored", Mark(at=at, ok=False, by="INC-1", seconds=2.5))
    for number, seconds in enumerate((9.0, 7.0, 0.0), 1):  # the last of them was not measured
        marks.leave(first.id, "restored", Mark(at=at - timedelta(days=4 - number), ok=True, by="", seconds=seconds))
    (repository / "store" / second.id / "verified-20261129T000000.000000Z.json").write_text("{")
    seen = place.marks().read()
    assert list(seen) == [first.id], "what is cut off tells nothing"
    assert seen[first.id].verified == Mark(at=at + timedelta(hours=1), ok=True, by="INC-2"), "the latest counts"
    assert (restored := seen[first.id].restored) and not restored.ok and restored.seconds == 2.5
    assert (measured := seen[first.id].measured) and measured.seconds == 7
    assert [one.entry for one in place.listing().stored] == [first, second], "marks change no backup"


_WRITER = """
import sys, time
from pathlib import Path
from actions.backups.repository.writing import staged
with staged(Path(sys.argv[1]), "store", "full") as backup:
    (backup.folder / "half").write_text("half of it")
    print("writing", flush=True)
    time.sleep(600)
"""


def test_is_no_backup_while_it_is_written_nor_after_its_writer_was_killed(repository: Path, place: Place) -> None:
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(repository)], stdout=subprocess.PIPE)
    assert writer.stdout and writer.stdout.readline() == b"writing\n"
    try:
        with pytest.raises(AlreadyWriting, match=f"process {writer.pid} since"), staged(repository, "store", "full"):
            pass
        assert place.listing().stored == []
        (left,) = place.listing().incomplete
    finally:
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate()
    assert place.listing().incomplete == [left], "a kill leaves it, and its name says what it is"
    with staged(repository, "store", "full") as backup:
        assert backup.removed == [left]
        backup.finish("toy")
    assert place.listing().incomplete == []
    assert len(place.listing().stored) == 1


def test_leaves_nothing_where_the_disk_is_full(repository: Path, place: Place) -> None:
    whole = _take(repository, a="one")
    full = Path("/dev/full")
    with pytest.raises(RepositoryTrouble, match="No space left"), staged(repository, "store", "full") as backup:
        (backup.folder / "some").write_text("some of it")
        full.write_text("the rest")
    assert [one.entry.id for one in place.listing().stored] == [whole.id]
    assert place.listing().incomplete == []


def test_finds_what_was_changed_afterwards(repository: Path, place: Place) -> None:
    ids = [_take(repository, a="first", b="second").id for _ in range(5)]
    files = [repository / "store" / id_ / "dump" / "a ü.bson" for id_ in ids]
    files[0].write_text("fir5t")
    files[1].write_text("fi")
    files[2].unlink()
    (repository / "store" / ids[3] / "entry.json").unlink()
    found = {id_: list(check_backup(place, id_, timeout_s=60)) for id_ in (*ids[:3], ids[4])}
    assert found == {
        ids[0]: [Damage(name="dump/a ü.bson", why="its content was changed")],
        ids[1]: [Damage(name="dump/a ü.bson", why="it has 2 bytes, and had 5")],
        ids[2]: [Damage(name="dump/a ü.bson", why="it is missing")],
        ids[4]: [],
    }
    with pytest.raises(ActionFailed, match="There is no backup in"):
        check_backup(place, ids[3], timeout_s=60)
    seen = place.listing()
    assert [bool(one.wrong) for one in seen.stored] == [False, True, True, False], "sizes are seen without reading"
    assert "dump/a ü.bson is missing" in seen.stored[2].wrong
    assert ids[3] in seen.strange[0]
    assert (newest := newest_of(seen.stored)) and newest.entry.id == ids[4]


def test_a_repository_that_is_not_there_is_not_an_empty_one(repository: Path, place: Place) -> None:
    repository.rmdir()
    with pytest.raises(ActionFailed, match="cannot be read"):
        place.listing()
    with pytest.raises(RepositoryTrouble, match="There is no folder"), staged(repository, "store", "full"):
        pass
