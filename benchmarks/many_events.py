"""Opening a journal of 1,000,000 events in the console: time until it is shown, and memory."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.process import resident
from benchmarks.stand import TITLE, Stand, folder
from benchmarks.table import Row, mb
from journal.events import types as e
from journal.store.journal import Journal

TIME_LIMIT_S, MEMORY_LIMIT = 5.0, 150e6
AT_ONCE = 2_000
RUN_EVERY = 100
"""Events a run: one in a hundred asks for an action, the next four tell what became of it."""


class Opened(NamedTuple):
    """Seconds since exec, and bytes at the most, with and without all those events."""

    events: int
    seconds: float
    peak: int
    few_s: float
    few_peak: int


@functools.cache
def measured() -> Opened:
    """Open the console on a closed incident with BENCH_EVENTS events (1,000,000 by default), and on one with few."""
    wanted = int(os.environ.get("BENCH_EVENTS", "1000000"))
    few_s, few_peak = _opened(100)
    return Opened(wanted, *_opened(wanted), few_s, few_peak)


def _opened(wanted: int) -> tuple[float, int]:
    """Return how long the console takes to show this many events, and its memory at the most."""
    with folder() as home, Stand(home) as stand:
        fill(stand.place.journal, wanted)
        with stand.console() as console:
            signs = (TITLE, "Checklist", "the incident is closed")  # the last event closed it
            seconds = console.until(lambda text: all(sign in text for sign in signs), 300)
            return seconds, resident(console.pid, peak=True)


def fill(path: Path, wanted: int) -> None:
    """Let a new incident have so many events, and close it."""
    with Journal.open(path, actor="bench@bench") as journal:
        for batch in _batches(wanted):
            journal.append(*batch)
        journal.append(e.IncidentClosed(summary="the benchmark is over"))


def _batches(wanted: int) -> Iterator[list[e.Body]]:
    seq, batch = 2, list[e.Body]()
    while seq < wanted:
        batch.append(body(seq))
        seq += 1
        if len(batch) == AT_ONCE or seq == wanted:
            yield batch
            batch = []


def body(seq: int) -> e.Body:
    """Return what event number ``seq`` says: mostly systems that come and go, notes, ticked items, and some runs."""
    at = seq % RUN_EVERY
    run = seq - at
    if run and at < len(_RUN):
        return _RUN[at](run)
    if at % 3 == 0:
        return e.NoteAdded(step="check-status", text=f"db{seq % 7} looked at; nothing new since the last note ({seq})")
    if at % 10 == 1:
        return e.ItemChecked(step="notify-stakeholders", item="Engineering lead", checked=bool(seq & 16))
    up, down = ("up", "down") if at % 2 else ("down", "up")
    return e.HealthChanged(system="postgres", status=up, was=down, detail="127.0.0.1:5432 answers in 3 ms")


_RUN = (
    lambda run: e.RunRequested(step="check-status", action="status.check"),
    lambda run: e.ActionStarted(step="check-status", run=run, action="status.check", digest="0" * 64),
    lambda run: e.ProgramStarted(step="check-status", run=run, key="ask", argv=["pg_isready", "-h", "127.0.0.1"]),
    lambda run: e.ProgramFinished(step="check-status", run=run, key="ask", code=0, duration_s=0.1),
    lambda run: e.ActionFinished(
        step="check-status", run=run, status="succeeded", summary="6 systems asked", duration_s=0.2
    ),
)


def time_taken() -> Row:
    """Measure how soon it is shown."""
    found = measured()
    figure = f"open, fold, show {found.events:,} events"
    reference = f"the same with 100 events {found.few_s:.2f} s"
    return Row(figure, f"{found.seconds:.1f} s", reference, f"≤ {TIME_LIMIT_S:g} s", found.seconds <= TIME_LIMIT_S)


def memory() -> Row:
    """Measure the memory it takes."""
    found = measured()
    figure = f"memory with {found.events:,} events (peak)"
    reference = f"the same with 100 events {mb(found.few_peak)}"
    return Row(figure, mb(found.peak), reference, f"≤ {mb(MEMORY_LIMIT)}", found.peak <= MEMORY_LIMIT)
