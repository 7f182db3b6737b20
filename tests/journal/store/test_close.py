"""Closing a journal: whoever is last and whatever happens meanwhile, the file is complete and verifies."""

from __future__ import annotations

import random
import shutil
import subprocess
import threading
import time
from pathlib import Path

from journal.events.types import NoteAdded
from journal.store.check import verify_apart
from journal.store.connection import closing_mark
from journal.store.journal import Journal, Reader
from journal.verify import verify
from tests.journal.journals import ME, begun, python

SHORT_S = 0.003


def closed_together(folder: Path, rng: random.Random) -> Path:
    """Close two writers and a reader of one journal within a moment, in any order."""
    folder.mkdir()
    first = begun(folder)
    second, reader = Journal.open(first.path, actor=ME), Reader(first.path)
    second.append(NoteAdded(text="from the second"))
    reader.head()
    together = threading.Barrier(3)

    def close(one: Journal | Reader, pause: float) -> None:
        together.wait()
        time.sleep(pause)  # makes the order of the three as random as it is in life
        one.close()

    threads = [threading.Thread(target=close, args=(one, rng.uniform(0, SHORT_S))) for one in (first, second, reader)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return first.path


def test_who_closes_at_once_leaves_it_whole(tmp_path: Path) -> None:
    """If each takes the other for the last one, the file is left in WAL mode without its log."""
    rng = random.Random(7)
    for number in range(100):
        verdict = verify(closed_together(tmp_path / str(number), rng))
        assert verdict.ok, (number, verdict.faults)


KILLED = """
import os, random, sys, threading, time
from pathlib import Path
from journal.events.types import NoteAdded
from journal.store.journal import Journal
from tests.journal.journals import begun
folder, rng = Path(sys.argv[1]), random.Random(7)
for number in range(80):
    place, pause = folder / str(number), rng.uniform(0, 0.004)
    place.mkdir()
    begun(place).close()
    if pid := os.fork():
        os.waitpid(pid, 0)
        continue
    journal = Journal.open(place / "journal.sqlite", actor="ada@console")
    journal.append(NoteAdded(text="the last word"))
    threading.Thread(target=lambda: (time.sleep(pause), os.kill(os.getpid(), 9))).start()
    journal.close()
    time.sleep(60)
"""


def test_who_is_killed_while_it_closes_leaves_it_whole(tmp_path: Path) -> None:
    done = python(KILLED, tmp_path)
    assert done.returncode == 0, done.stderr
    for number in range(80):
        path = tmp_path / str(number) / "journal.sqlite"
        verdict = verify_apart(path) if closing_mark(path).exists() else verify(path)
        assert verdict.ok and verdict.seq == 2, (number, verdict)
        assert not closing_mark(path).exists()


def test_a_file_that_died_closing_where_it_may_only_be_read(tmp_path: Path) -> None:
    """Nobody can seal it there. With the mark beside it, it is complete; without, its end may be missing."""
    journal = begun(tmp_path)
    journal.append(NoteAdded(text="the last word"))
    copy = tmp_path / "copy.sqlite"
    with Reader(journal.path) as reader:  # keeps the file in WAL mode
        reader.head()
        journal.close()
        reader.changed()
        subprocess.run(["cp", journal.path, copy], check=True)  # not by ourselves: that would lose SQLite's locks
    assert "its end may be missing" in verify(copy).faults[0].what
    closing_mark(copy).touch()
    assert verify(copy).ok


def test_one_that_was_removed_while_it_was_open_is_closed_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "incident"
    folder.mkdir()
    journal = begun(folder)
    shutil.rmtree(folder)
    journal.close()
    assert not folder.exists()
