"""Following: new events arrive soon, whichever process wrote them."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from journal.events.types import NoteAdded
from journal.store.follow import MOST_EVENTS
from journal.store.journal import Follower
from tests.journal.journals import ROOT, begun, recovered


def test_it_begins_where_it_is_told(tmp_path: Path) -> None:
    path = recovered(tmp_path)
    with Follower(path) as follower:
        assert [event.seq for event in follower.wait(1)] == [1, 2, 3, 4, 5, 6]
    with Follower(path, after=4) as follower:
        assert [event.seq for event in follower.wait(1)] == [5, 6]
        assert follower.wait(0) == []


def test_events_of_another_process_end_the_waiting(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from journal.events.types import NoteAdded
from journal.store.journal import Journal
with Journal.open(Path(sys.argv[1]), actor="eve@laptop") as journal:
    for line in sys.stdin:
        journal.append(NoteAdded(text=line))
"""
    with begun(tmp_path) as journal, Follower(journal.path, after=1) as follower:
        command = [sys.executable, "-c", code, str(journal.path)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True) as writer:
            assert writer.stdin
            delays = []
            for number in range(5):  # one after the other, so that one standstill of the machine delays one of them
                print(number, file=writer.stdin, flush=True)
                (event,) = follower.wait(40)
                delays.append((datetime.now(UTC) - event.at).total_seconds())
            writer.stdin.close()
    assert statistics.median(delays) < 20, "it was told, and did not sleep to the end"


def test_what_is_no_event_wakes_nobody(tmp_path: Path) -> None:
    with begun(tmp_path) as journal, Follower(journal.path, after=1) as follower:
        journal.set_reading("postgres", {"up": True})
        assert follower.wait(0.2) == []
        journal.append(NoteAdded(text="now"))
        assert len(follower.wait(5)) == 1


def test_many_events_come_in_portions(tmp_path: Path) -> None:
    with begun(tmp_path) as journal:
        journal.append(*(NoteAdded(text=str(number)) for number in range(2 * MOST_EVENTS)))
        with Follower(journal.path) as follower:
            portions = [follower.wait(0) for _ in range(4)]
    assert [len(portion) for portion in portions] == [MOST_EVENTS, MOST_EVENTS, 1, 0]
    assert portions[2][0].seq == 2 * MOST_EVENTS + 1


def test_a_stop_ends_the_wait(tmp_path: Path) -> None:
    with begun(tmp_path) as journal, Follower(journal.path, after=1) as follower:
        got: list[object] = []
        waiting = threading.Thread(target=lambda: got.append(follower.wait(60)))
        waiting.start()
        follower.stop()
        waiting.join(5)
        assert got == [[]]
