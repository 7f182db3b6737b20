"""Lines that arrived together share a row; readers get lines with the same numbers as ever."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from journal.events.envelope import Clock
from journal.events.types import ActionFinished, ActionInDoubt, RunRequested
from journal.store.check import verify_apart
from journal.store.journal import Journal, JournalDamaged, Reader, export
from journal.store.output import HEAVIEST, LONGEST_ROW, in_transactions, weight
from journal.verify import verify
from tests.journal.journals import ME, begun, line

PIECES = ["one", "two\nthree\n\nfive", "six", "\n", "nul \0 in\nside \0", "caf\udce9\nnäher", "twelve\nthirteen\n"]
LINES = [
    "one", "two", "three", "", "five", "six", "", "", "nul \0 in", "side \0", "caf\\udce9", "näher", "twelve",
    "thirteen", ""
]  # fmt: skip


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with begun(tmp_path) as journal:
        journal.append(RunRequested(step="restore", action="postgres.restore"))
        yield journal


def rows(path: Path, sql: str = "SELECT n, text FROM output ORDER BY run, n") -> list[tuple[int, str]]:
    """Return the rows of a closed journal."""
    conn = sqlite3.connect(path)
    found = conn.execute(sql).fetchall()
    conn.close()
    return found


def finished(journal: Journal) -> None:
    lines, digest = journal.output_digest(2)
    journal.append(ActionFinished(run=2, status="succeeded", summary="", output_lines=lines, output_sha256=digest))


def test_whoever_reads_sees_lines(journal: Journal) -> None:
    journal.append_output(2, [line(piece, "err" if "\n" in piece else "out") for piece in PIECES])
    with Reader(journal.path) as reader:
        whole = reader.output(2)
        assert [(each.run, each.n, each.text) for each in whole] == [(2, n, text) for n, text in enumerate(LINES, 1)]
        assert [each.stream for each in whole[:6]] == ["out", "err", "err", "err", "err", "out"]
        assert {each.at for each in whole} == {line("").at}
        for after in range(len(LINES) + 2):
            assert reader.output(2, after) == whole[after:]
            for limit in range(len(LINES) + 2):
                assert reader.output(2, after, limit) == whole[after : after + limit]
        for size in range(len(LINES) + 2):
            assert reader.tail(2, size) == whole[len(LINES) - min(size, len(LINES)) :]
        assert reader.output(3) == reader.tail(3, 5) == []
    assert journal.output_digest(2)[0] == len(LINES)


def test_what_came_together_is_one_row_and_is_covered_by_the_chain(journal: Journal) -> None:
    journal.append_output(2, [line(piece) for piece in PIECES])
    finished(journal)
    journal.close()
    assert [n for n, _ in rows(journal.path)] == [1, 5, 6, 8, 10, 12, 15]
    assert verify_apart(journal.path).ok


def test_lines_are_counted_by_stream_and_time(journal: Journal) -> None:
    later = line("").at + timedelta(microseconds=1)
    both = [line("a\nb", "out"), line("c", "err"), line("d\ne\nf", "err")]
    journal.append_output(2, [*both, *(type(each)(0, 0, later, each.stream, each.text) for each in both)])
    with Reader(journal.path) as reader:
        assert reader.printed(2, line("").at) == {"out": 4, "err": 8}
        assert reader.printed(2, later) == {"out": 2, "err": 4}
        assert reader.printed(3, line("").at) == {}


def test_rows_are_bounded_and_no_line_is_torn(journal: Journal) -> None:
    pieces = ["\n".join(f"{n} " + "x" * (n % 300) for n in range(2_000)), "y" * 3 * LONGEST_ROW, "\n" * LONGEST_ROW]
    pieces.append("\n".join(["short", "z" * 2 * LONGEST_ROW, "short"]))
    journal.append_output(2, [line(piece) for piece in pieces])
    with Reader(journal.path) as reader:
        assert [each.text for each in reader.output(2)] == "\n".join(pieces).split("\n")
    journal.close()
    found = rows(journal.path)
    assert len(found) < 20
    assert all(len(text) <= LONGEST_ROW or "\n" not in text for _, text in found)


def test_a_transaction_stays_short_whatever_is_printed() -> None:
    flood = [line("x" * 70 + "\n" + "x" * 70) for _ in range(40_000)] + [line("\n".join(["y" * 99] * 90_000))]
    batches = list(in_transactions(flood))
    assert [weight(batch) <= HEAVIEST for batch in batches] == [True] * len(batches)
    assert "\n".join(row.text for batch in batches for row in batch) == "\n".join(each.text for each in flood)
    assert all(list(in_transactions(batch)) == [batch] for batch in batches)


@pytest.mark.parametrize(
    ("n", "text"), [(17, "a\nb\nc"), (19, "a\nb\nc"), (15, "a"), (17, "a"), (18, "a\0\nb"), (None, "")]
)
def test_the_file_refuses_a_row_with_a_number_that_its_lines_do_not_give(journal: Journal, n: int, text: str) -> None:
    journal.append_output(2, [line(piece) for piece in PIECES])
    journal.close()
    conn = sqlite3.connect(journal.path)
    with pytest.raises(sqlite3.IntegrityError):
        conn.execute("INSERT INTO output VALUES (2, ?, '2026-03-01T03:05:00.000000Z', 'out', ?)", (n, text))
    conn.execute("INSERT INTO output VALUES (2, 18, '2026-03-01T03:05:00.000000Z', 'out', ?)", ("a\nb\0\nc",))
    conn.close()


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE output SET text = replace(text, 'three', 'tree') WHERE n = 5",
        "UPDATE output SET text = replace(text, char(10), ' ') WHERE n = 5",
        "UPDATE output SET text = text || char(10) WHERE n = 15",
        "UPDATE output SET n = 16 WHERE n = 15",
        "UPDATE output SET n = 4 WHERE n = 5",
        "DELETE FROM output WHERE n = 15",
        "DELETE FROM output WHERE n = 1",
        "INSERT INTO output SELECT run, 17, at, stream, 'a' || char(10) || 'b' FROM output WHERE n = 15",
    ],
)
def test_lines_altered_within_a_row_are_found(journal: Journal, forgery: str) -> None:
    journal.append_output(2, [line(piece) for piece in PIECES])
    finished(journal)
    journal.close()
    assert verify(journal.path).ok
    conn = sqlite3.connect(journal.path)
    for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        conn.execute(f"DROP TRIGGER {name}")
    conn.execute(forgery)
    conn.commit()
    conn.close()
    assert [fault.row for fault in verify(journal.path).faults] == [3]


def test_lines_that_are_not_as_many_as_their_numbers_are_damage(journal: Journal) -> None:
    journal.append_output(2, [line("a\nb"), line("c\nd")])
    journal.close()
    conn = sqlite3.connect(journal.path)
    conn.executescript("DROP TRIGGER output_stands; UPDATE output SET text = 'c' WHERE n = 4")
    conn.close()
    with Reader(journal.path) as reader, pytest.raises(JournalDamaged, match=r"output of run 2 .* lines 3 to 4"):
        reader.output(2, after=3)


def test_a_digest_in_the_middle_counts_lines(journal: Journal) -> None:
    journal.append_output(2, [line("a\nb"), line("c\nd\ne")])
    lines, digest = journal.output_digest(2)
    journal.append(ActionInDoubt(run=2, why="", output_lines=lines, output_sha256=digest))
    journal.append_output(2, [line("heard\nlater")])
    finished(journal)
    assert lines == 5
    verdict = verify_apart(journal.path)
    assert verdict.ok, verdict.faults


def test_lines_go_on_in_the_fallback_directory(journal: Journal, tmp_path: Path) -> None:
    from journal.store.failover.failover import Failover
    from journal.store.failover.segments import Segments, segments_of

    journal.close()
    with Journal.open(journal.path, actor=ME, fallback=tmp_path / "second") as there:
        there.append_output(2, [line("a\nb\nc"), line("d")])
        assert Failover(ME, Clock()).begin(Segments(journal.path), None, OSError("made up"))
        there.append_output(2, [line("e\nf"), line("g", "err")])
        finished(there)
    assert len(segments_of(journal.path)) == 2
    with Reader(journal.path) as reader:
        whole = reader.output(2)
        assert [(each.n, each.text) for each in whole] == list(enumerate("abcdefg", 1))
        assert [reader.output(2, after, 2) for after in range(8)] == [whole[after : after + 2] for after in range(8)]
        assert [reader.tail(2, size) for size in range(1, 8)] == [whole[-size:] for size in range(1, 8)]
        assert reader.printed(2, line("").at) == Counter(each.stream for each in whole)
    assert verify_apart(journal.path).ok
    export(journal.path, tmp_path / "one.db")
    assert verify(tmp_path / "one.db") == verify_apart(journal.path)
    assert [n for n, _ in rows(tmp_path / "one.db")] == [3, 4, 6, 7]


def test_the_widest_page_is_read_without_what_lies_around_it(journal: Journal) -> None:
    """Reading a page costs as much as its own rows, whatever lies before and after it."""
    journal.append_output(
        2, [line("\n".join(str(n) for n in range(first, first + 500))) for first in range(0, 10_000, 500)]
    )
    with Reader(journal.path) as reader:
        fetched: list[int] = []
        fetch = reader._fetch
        reader._fetch = lambda *words: (found := fetch(*words), fetched.append(len(found)))[0]  # type: ignore[method-assign]
        assert [each.text for each in reader.output(2, 5_250, 500)] == [str(n) for n in range(5_250, 5_750)]
    assert fetched == [1, 2]
