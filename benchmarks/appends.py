"""Durable appends: the journal beside bare BEGIN IMMEDIATE / INSERT / COMMIT on the same disk."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.kills import declaration
from benchmarks.stand import folder
from benchmarks.table import Row
from journal.events.types import NoteAdded
from journal.store.journal import Journal

LIMIT = 0.9
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


def run() -> Row:
    """Append BENCH_APPENDS events (2,000 by default) to each, in turns of 50."""
    blocks = max(1, int(os.environ.get("BENCH_APPENDS", "2000")) // BLOCK)
    with folder() as place:
        conn = create_bare(place / "bare.db")
        with Journal.create(place / "journal.db", declaration(), actor="bench@bench") as journal:
            ours = theirs = 0.0
            for _ in range(blocks):
                theirs += _timed(lambda: append_bare(conn))
                ours += _timed(lambda: journal.append(NoteAdded(text=TEXT)))
        conn.close()
    rate, bare_rate = blocks * BLOCK / ours, blocks * BLOCK / theirs
    ratio = rate / bare_rate
    return Row(
        "durable appends",
        f"{rate:,.0f}/s = {ratio:.2f} ×",
        f"bare SQLite {bare_rate:,.0f}/s",
        "≥ 0.9 ×",
        ratio >= LIMIT,
    )


def _timed(append: Callable[[], object]) -> float:
    begun = time.perf_counter()
    for _ in range(BLOCK):
        append()
    return time.perf_counter() - begun
