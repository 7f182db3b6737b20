"""Four processes append to one journal as fast as they can: the longest wait, compared with bare SQLite."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from multiprocessing.queues import Queue
from pathlib import Path
from typing import NamedTuple

from benchmarks.appends import TEXT, append_bare, bare, create_bare
from benchmarks.kills import declaration
from benchmarks.stand import folder
from benchmarks.table import Row, ms
from journal.events.types import NoteAdded
from journal.store.journal import Journal, Reader

PROCESSES, LIMIT_S = 4, 0.5


class Waits(NamedTuple):
    """What one process saw: how many appends, and its longest wait for one, in seconds."""

    appends: int
    longest_s: float


Work = Callable[[Path, float], Waits]


def run() -> Row:
    """Let them append for BENCH_TOGETHER seconds (10 by default), first to the journal, then to a bare table."""
    seconds = float(os.environ.get("BENCH_TOGETHER", "10"))
    with folder() as place:
        Journal.create(place / "journal.db", declaration(), actor="bench@bench").close()
        create_bare(place / "bare.db").close()
        ours = _together(append_events, place / "journal.db", seconds)
        theirs = _together(append_rows, place / "bare.db", seconds)
        with Reader(place / "journal.db") as reader:
            written = reader.head()[0] - 1
    if written != ours.appends:
        raise RuntimeError(f"{ours.appends} events were acknowledged and {written} are there")
    measured = f"longest wait {ms(ours.longest_s)}, {ours.appends / seconds:,.0f}/s"
    reference = f"bare SQLite {ms(theirs.longest_s)}, {theirs.appends / seconds:,.0f}/s"
    return Row(f"{PROCESSES} processes appending", measured, reference, f"≤ {LIMIT_S:g} s", ours.longest_s <= LIMIT_S)


def _together(work: Work, path: Path, seconds: float) -> Waits:
    spawn = multiprocessing.get_context("spawn")
    said: Queue[Waits] = spawn.Queue()
    start = spawn.Barrier(PROCESSES)
    processes = [spawn.Process(target=_one, args=(work, path, seconds, start, said)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    waits = [said.get(timeout=seconds + 60) for _ in processes]
    for process in processes:
        process.join()
    return Waits(sum(each.appends for each in waits), max(each.longest_s for each in waits))


def _one(
    work: Work, path: Path, seconds: float, start: multiprocessing.synchronize.Barrier, said: Queue[Waits]
) -> None:
    start.wait()
    said.put(work(path, seconds))


def append_events(path: Path, seconds: float) -> Waits:
    """Append events to the journal."""
    with Journal.open(path, actor=f"{os.getpid()}@bench") as journal:
        return _repeat(lambda: journal.append(NoteAdded(text=TEXT)), seconds)


def append_rows(path: Path, seconds: float) -> Waits:
    """Append rows to the bare table."""
    conn = bare(path)
    try:
        return _repeat(lambda: append_bare(conn), seconds)
    finally:
        conn.close()


def _repeat(append: Callable[[], object], seconds: float) -> Waits:
    end, appends, longest = time.monotonic() + seconds, 0, 0.0
    while (begun := time.monotonic()) < end:
        append()
        longest, appends = max(longest, time.monotonic() - begun), appends + 1
    return Waits(appends, longest)
