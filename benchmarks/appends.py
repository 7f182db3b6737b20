"""Durable appends: the journal beside bare BEGIN IMMEDIATE / INSERT / COMMIT on the same disk."""

from __future__ import annotations

import functools
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.kills import declaration
from benchmarks.stand import folder
from benchmarks.table import Row
from journal.events.types import NoteAdded
from journal.store.journal import Journal

LIMIT, LIMIT_US = 0.9, 45
BLOCK = 50
TEXT = "pgBackRest says that backup 20261122-020003F is sound; going on with the restore"
_TABLE = """
CREATE TABLE events (seq INTEGER PRIMARY KEY, at TEXT, monotonic_ns INTEGER, boot_id TEXT, actor TEXT, host TEXT,
                     type TEXT, step TEXT, payload TEXT, prev_hash TEXT, hash TEXT) STRICT
"""
_ROW = ("2026-11-22T02:41:00.000000Z", 1, "b" * 36, "bench@bench", "bench", "note.added", "", TEXT, "0" * 64, "0" * 64)


def bare(path: Path) -> sqlite3.Connection:
    """Return a connection to a table like the journal's, as durable as the journal, with no rules and no hashes."""
    conn = sqlite3.connect(path, isolation_level=None, timeout=30.0)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = FULL")
    return conn


def append_bare(conn: sqlite3.Connection) -> None:
    """Append one row, durably."""
    conn.execute("BEGIN IMMEDIATE")
    conn.execute(f"INSERT INTO events VALUES (NULL{', ?' * len(_ROW)})", _ROW)
    conn.execute("COMMIT")


def create_bare(path: Path) -> sqlite3.Connection:
    """Return a connection to a new table."""
    conn = bare(path)
    conn.execute(_TABLE)
    return conn


class _Cost(NamedTuple):
    """What appends took, in seconds: by the clock, and of this process's processor time."""

    elapsed: float = 0.0
    processor: float = 0.0


@functools.cache
def measured() -> tuple[int, _Cost, _Cost]:
    """Append BENCH_APPENDS events (2,000 by default) to each, in turns of 50; return how many, and what each took."""
    blocks = max(1, int(os.environ.get("BENCH_APPENDS", "2000")) // BLOCK)
    with folder() as place:
        conn = create_bare(place / "bare.db")
        with Journal.create(place / "journal.db", declaration(), actor="bench@bench") as journal:
            ours, theirs = _Cost(), _Cost()
            for _ in range(blocks):
                theirs = _timed(lambda: append_bare(conn), theirs)
                ours = _timed(lambda: journal.append(NoteAdded(text=TEXT)), ours)
        conn.close()
    return blocks * BLOCK, ours, theirs


def elapsed() -> Row:
    """How many appends a second. What the rules cost is a fixed time each: it shows where a commit takes little."""
    count, ours, theirs = measured()
    rate, bare_rate = count / ours.elapsed, count / theirs.elapsed
    return Row(
        "durable appends",
        f"{rate:,.0f}/s = {rate / bare_rate:.2f} ×",
        f"bare SQLite {bare_rate:,.0f}/s",
        f"≥ {LIMIT} ×, or ≤ {LIMIT_US} µs more each",
        rate / bare_rate >= LIMIT or _more_us(ours, theirs, count) <= LIMIT_US,
    )


def processor() -> Row:
    """How much more processor time an append takes than a bare one: checks, hashes and the queue of processes."""
    count, ours, theirs = measured()
    more = _more_us(ours, theirs, count)
    reference = f"bare SQLite {theirs.processor / count * 1e6:.0f} µs"
    return Row(
        "an append's processor time", f"{more:.0f} µs more", reference, f"≤ {LIMIT_US} µs more", more <= LIMIT_US
    )


def _more_us(ours: _Cost, theirs: _Cost, count: int) -> float:
    return (ours.processor - theirs.processor) / count * 1e6


def _timed(append: Callable[[], object], before: _Cost) -> _Cost:
    begun, used = time.perf_counter(), time.process_time()
    for _ in range(BLOCK):
        append()
    return _Cost(before.elapsed + time.perf_counter() - begun, before.processor + time.process_time() - used)
