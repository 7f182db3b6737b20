"""Which writes wait for the disk, and which do not."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from journal.store.writer import Writer
from tests.actions.worlds import declared, places_in

FULL, NORMAL = 2, 1


def test_only_readings_do_not_wait_for_the_disk(tmp_path: Path) -> None:
    writer = Writer(declared(places_in(tmp_path)).journal)

    def flushes(conn: sqlite3.Connection) -> int:
        found: int = conn.execute("PRAGMA synchronous").fetchone()[0]
        return found

    seen = [writer.run(flushes, 1), writer.run(flushes, 1, durable=False), writer.run(flushes, 1)]
    writer.close()
    assert seen == [FULL, NORMAL, FULL]
