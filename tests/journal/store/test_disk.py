"""A disk that fails during a write: the error comes at once, only what is there is acknowledged, writing goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.events.types import NoteAdded
from journal.store.check import verify_apart
from journal.store.journal import Journal, Reader, export
from journal.verify import verify
from tests.journal.journals import ME, begun, python, recovered

# RLIMIT_FSIZE makes the kernel itself refuse to write past a size: SQLite sees a real error from a real write.
FULL = """
import resource, signal, sys, threading
from pathlib import Path
from journal.events.types import NoteAdded
from journal.store.journal import Journal, JournalWriteFailed, OutputLine, Reader
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
journal = Journal.open(path, actor="ada@console")
acknowledged, refused = {}, []

def fill():
    for number in range(100_000):
        try:
            for event in journal.append(NoteAdded(text="x" * 500), NoteAdded(text=str(number))):
                acknowledged[event.seq] = event.hash
        except JournalWriteFailed as error:
            refused.append(error)
            return

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
threads = [threading.Thread(target=fill) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(30)
    assert not thread.is_alive()
assert len(refused) == 3 and acknowledged
print(refused[0])
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
(event,) = journal.append(NoteAdded(text="space again"))
acknowledged[event.seq] = event.hash
with Reader(path) as reader:
    there = {event.seq: event.hash for event in reader.events(after=1)}
assert acknowledged == there, "acknowledged and there are not the same"
journal.close()
"""


@pytest.mark.parametrize("limit", [60_000, 300_000])
def test_a_disk_that_refuses_is_said_at_once(tmp_path: Path, limit: int) -> None:
    with begun(tmp_path) as journal:
        path = journal.path
    done = python(FULL, path, limit)
    assert done.returncode == 0, done.stderr
    assert f"The journal {path} could not be written: " in done.stdout
    assert "then do it again." in done.stdout
    assert verify_apart(path).ok


def test_an_export_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    path = recovered(tmp_path)
    code = """
import resource, signal, sys
from pathlib import Path
from journal.store.journal import JournalWriteFailed, export
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, 8_192))
try:
    export(Path(sys.argv[1]), Path(sys.argv[2]))
except JournalWriteFailed as error:
    print(error.message)
"""
    to = tmp_path / "out" / "export.sqlite"
    to.parent.mkdir()
    done = python(code, path, to)
    assert done.stdout.startswith(f"The journal {to} could not be written"), done.stderr
    assert not list(to.parent.iterdir())


def test_a_writer_killed_while_closing_leaves_a_readable_file(tmp_path: Path) -> None:
    """A rollback journal that must be played back first, which a read-only connection cannot do."""
    path = recovered(tmp_path)
    head = verify(path).head
    code = """
import os, signal, sqlite3, sys
conn = sqlite3.connect(sys.argv[1], isolation_level=None)
conn.executescript("PRAGMA cache_size = 2; BEGIN IMMEDIATE")
conn.executemany("INSERT INTO readings VALUES (?, '', ?)", ((f"{n}", "x" * 3000) for n in range(100)))
os.kill(os.getpid(), signal.SIGKILL)
"""
    python(code, path)
    assert path.with_name("journal.sqlite-journal").exists()
    with Reader(path) as reader:
        assert (reader.head(), reader.readings()) == ((6, head), {})
    with Journal.open(path, actor=ME) as journal:
        journal.append(NoteAdded(text="goes on"))
    export(path, tmp_path / "export.sqlite")
    assert verify(tmp_path / "export.sqlite").ok
