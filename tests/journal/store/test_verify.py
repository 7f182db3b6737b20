"""The checker finds what was altered."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from journal import verify
from journal.events.types import ActionInDoubt
from journal.store import chain
from journal.store.journal import short_head
from journal.verify import Fault, Verdict
from tests.journal.journals import begun, line, recovered

TEXTS = ("at", "boot_id", "actor", "host", "type", "step", "payload", "prev_hash", "hash")
INTEGERS = ("seq", "monotonic_ns")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return recovered(tmp_path)


@pytest.fixture
def conn(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """A forger's connection: every trigger is gone. It has no locks to lose while the checker reads beside it."""
    monkeypatch.setattr(sys, "_journal_guard", False)
    conn = sqlite3.connect(path, isolation_level=None)
    for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        conn.execute(f"DROP TRIGGER {name}")
    conn.execute("DROP INDEX one_start_for_a_run")
    yield conn
    conn.close()


def rows_at_fault(path: Path, head: str | None = None) -> set[int]:
    return {fault.row for fault in verify.verify(path, head).faults}


def test_a_journal_as_written_is_right(path: Path) -> None:
    verdict = verify.verify(path)
    assert verdict == Verdict(True, 6, verdict.head, [], [])
    assert len(verdict.head) == 64


@pytest.mark.parametrize("column", TEXTS)
def test_every_flipped_byte_of_a_text_is_found(path: Path, conn: sqlite3.Connection, column: str) -> None:
    (text,) = conn.execute(f"SELECT {column} FROM events WHERE seq = 4").fetchone()
    whole = text.encode()
    assert whole
    update = f"UPDATE events SET {column} = CAST(? AS TEXT) WHERE seq = 4"
    for place in range(len(whole)):
        for bit in (0x01, 0x20, 0x80):
            flipped = whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :]
            conn.execute(update, (flipped,))
            assert 4 in rows_at_fault(path), f"byte {place} of {column}"
    conn.execute(update, (whole,))
    assert verify.verify(path).ok


@pytest.mark.parametrize("column", INTEGERS)
def test_every_flipped_byte_of_a_number_is_found(path: Path, conn: sqlite3.Connection, column: str) -> None:
    (number,) = conn.execute(f"SELECT {column} FROM events WHERE hash IS NOT NULL AND seq = 4").fetchone()
    for place in range(8):
        changed = int.from_bytes((number ^ (0x81 << 8 * place)).to_bytes(9, "big")[1:], "big", signed=True)
        conn.execute(f"UPDATE events SET {column} = ? WHERE {column} = ?", (changed, number))
        assert rows_at_fault(path), f"byte {place} of {column}"
        conn.execute(f"UPDATE events SET {column} = ? WHERE {column} = ?", (number, changed))
    assert verify.verify(path).ok


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_row_removed_is_found(path: Path, conn: sqlite3.Connection, seq: int) -> None:
    conn.execute("DELETE FROM events WHERE seq = ?", (seq,))
    found = verify.verify(path).faults
    assert Fault(seq + 1, f"row {seq} is missing before it") in found
    conn.execute("UPDATE events SET seq = seq - 1 WHERE seq > ?", (seq,))
    assert rows_at_fault(path) >= set(range(seq, 6)), "closing the gap hides nothing"


def test_rows_swapped_are_found(path: Path, conn: sqlite3.Connection) -> None:
    for old, new in ((5, 99), (6, 5), (99, 6)):
        conn.execute("UPDATE events SET seq = ? WHERE seq = ?", (new, old))
    assert rows_at_fault(path) == {5, 6}


def test_a_row_forged_with_its_own_hash_is_found(path: Path, conn: sqlite3.Connection) -> None:
    row = conn.execute("SELECT * FROM events WHERE seq = 5").fetchone()
    forged = (*row[:4], "mallory@console", *row[5:10])
    conn.execute("UPDATE events SET actor = ?, hash = ? WHERE seq = 5", (forged[4], chain.row_hash(forged)))
    assert rows_at_fault(path) == {6}, "the row after it does not follow"


def test_a_tail_cut_off_is_found_by_a_witness(path: Path, conn: sqlite3.Connection) -> None:
    head = verify.verify(path).head
    conn.execute("DELETE FROM events WHERE seq = 6")
    assert verify.verify(path).ok, "a bare chain cannot see this"
    for witness in (head, short_head(head), head.upper(), head[:20]):
        (fault,) = verify.verify(path, witness).faults
        assert "its end was cut off" in fault.what


def test_a_chain_written_anew_is_found_by_a_witness(path: Path, conn: sqlite3.Connection) -> None:
    head = verify.verify(path).head
    previous = chain.GENESIS
    rows = conn.execute("SELECT * FROM events ORDER BY seq").fetchall()
    for row in rows:
        forged = (*row[:8], row[8].replace("first note", "no note"), previous)
        previous = chain.row_hash(forged)
        sql = "UPDATE events SET payload = ?, prev_hash = ?, hash = ? WHERE seq = ?"
        conn.execute(sql, (*forged[8:], previous, row[0]))
    forged_head = verify.verify(path).head
    assert (verify.verify(path).ok, forged_head == head) == (True, False)
    assert not verify.verify(path, head).ok
    assert not verify.verify(path, short_head(head)).ok


def test_a_witness_of_an_earlier_head_vouches_up_to_there(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        (earlier,) = conn.execute("SELECT hash FROM events WHERE seq = 4").fetchone()
    verdict = verify.verify(path, short_head(earlier))
    assert verdict.ok
    assert verdict.notes == ["the head given is that of row 4; later rows have no witness"]


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE output SET text = 'nothing' WHERE n = 2",
        "UPDATE output SET stream = 'stdout' WHERE n = 2",
        "UPDATE output SET at = '2026-03-01T03:05:00.000001Z' WHERE n = 3",
        "DELETE FROM output WHERE n = 3",
        "DELETE FROM output",
        "UPDATE output SET n = 5 - n WHERE n > 1",
        "INSERT INTO output SELECT run, 4, at, stream, text FROM output WHERE n = 3",
        "UPDATE output SET run = 99",
    ],
)
def test_forged_output_is_found(path: Path, conn: sqlite3.Connection, forgery: str) -> None:
    if "5 - n" in forgery:
        conn.execute("UPDATE output SET n = -n WHERE n > 1")
        forgery = "UPDATE output SET n = 5 + n WHERE n < 0"
    conn.execute(forgery)
    assert rows_at_fault(path) == {4}, "row 4 is the closing event"


def test_a_run_in_doubt_may_print_on(tmp_path: Path) -> None:
    with begun(tmp_path) as journal:
        journal.append_output(2, [line("a"), line("b")])
        lines, digest = journal.output_digest(2)
        journal.append(ActionInDoubt(run=2, why="runner gone", output_lines=lines, output_sha256=digest))
        journal.append_output(2, [line("heard later")])
    assert verify.verify(journal.path).ok
    conn = sqlite3.connect(journal.path)
    conn.executescript("DROP TRIGGER output_stands; UPDATE output SET text = 'x' WHERE n = 1")
    conn.close()
    assert rows_at_fault(journal.path) == {2}


def test_the_chain_is_what_it_always_was() -> None:
    """Journals are read years later: these bytes must never hash to anything else."""
    columns = (2, "2026-03-01T03:00:00.000000Z", 17, "boot", "ada@console", "h", "note.added", "", '{"text":"ä"}')
    assert chain.to_bytes((2, "ä", "")) == b"i2;t2:\xc3\xa4t0:"
    expected = "e2f6ed92a2ed5181ec57a675db99d7b05623ef6470944fa9929ce34673272b4a"
    assert chain.row_hash((*columns, chain.GENESIS)) == expected
    stored = tuple(column.encode() if isinstance(column, str) else column for column in columns)
    assert verify.row_hash((*stored, verify.GENESIS)) == expected
