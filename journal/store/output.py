"""What runs print, as rows of the table ``output``: lines that arrived together share one row.

A row holds one or more lines of one stream that came at the same moment, with a line break between them. Its number is
that of its *last* line: so a run's greatest number is how many lines it printed, the rows after line 7 are those with
``n > 7``, and how many lines a row holds is what its number is ahead of the row before it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from journal.events.envelope import from_text, to_text
from journal.store.rows import OutputLine

LONGEST_ROW = 64 * 1024
"""Characters in a row at most, so that a page is cheap to read wherever it begins. A single longer line is not cut."""

HEAVIEST = 2_500
"""The weight of one transaction at most (see `weight`), so that an event never waits long behind much output."""

_CHARACTERS_A_UNIT = 256

BETWEEN = """
SELECT run, n, at, stream, text FROM output WHERE run = :run AND n > :after
   AND n <= coalesce((SELECT n FROM output WHERE run = :run AND n >= :until ORDER BY n LIMIT 1), :until)
 ORDER BY n
"""
"""The rows that hold the lines after ``after`` up to ``until``, whole; a row with others may begin and end them."""

LAST_UP_TO = "SELECT n FROM output WHERE run = ? AND n <= ? ORDER BY n DESC LIMIT 1"
"""Where the row ends that comes before those after a line."""

PRINTED_SINCE = """
SELECT stream, sum(lines)
  FROM (SELECT stream, at, n - lag(n, 1, 0) OVER (ORDER BY n) AS lines FROM output WHERE run = ?)
 WHERE at >= ? GROUP BY stream
"""

_LINES = """
SELECT coalesce(
    (SELECT max(n) FROM output WHERE run = :run), (SELECT lines FROM carried WHERE run = :run), 0)
"""


def in_transactions(lines: Iterable[OutputLine]) -> Iterator[list[OutputLine]]:
    """Yield lines as lists of rows; each list fits into one transaction."""
    batch: list[OutputLine] = []
    heavy = 0
    for line in lines:
        for row in _cut(line):
            heavy += _weight(row)
            if batch and heavy > HEAVIEST:
                yield batch
                batch, heavy = [], _weight(row)
            batch.append(row)
    if batch:
        yield batch


def weight(rows: Iterable[OutputLine]) -> int:
    """Return the weight of rows in a transaction: the number of rows of usual size that would take as long to write."""
    return sum(map(_weight, rows))


def insert_output(conn: sqlite3.Connection, run: int, rows: Iterable[OutputLine]) -> None:
    """Append rows after a run's last line. The caller holds the write lock and commits.

    Raises:
        sqlite3.Error: SQLite could not write.
    """
    (last,) = conn.execute(_LINES, {"run": run}).fetchone()
    for row in rows:
        text = row.text if row.text.isascii() else _storable(row.text)
        last += text.count("\n") + 1
        conn.execute("INSERT INTO output VALUES (?, ?, ?, ?, ?)", (run, last, to_text(row.at), row.stream, text))


def lines_of(rows: Iterable[Sequence[Any]], before: int, after: int, until: int) -> Iterator[OutputLine]:
    """Yield the lines after ``after`` up to ``until`` of rows that follow each other.

    Args:
        rows: in order.
        before: the number of the row before them; 0 where there is none.
        after: the line after which to begin.
        until: the line with which to end.

    Raises:
        ValueError: they are not what this program wrote.
    """
    for run, n, at, stream, text in rows:
        lines = text.split("\n")
        if len(lines) != n - before:
            raise ValueError(f"lines {before + 1} to {n} of run {run} are {len(lines)}")
        when, begin = from_text(at), max(after - before, 0)
        for number, line in enumerate(lines[begin : until - before], before + begin + 1):
            yield OutputLine(run, number, when, stream, line)
        before = n


def _cut(line: OutputLine) -> Iterator[OutputLine]:
    """Yield a text in rows of at most ``LONGEST_ROW`` characters, never cut within a line."""
    text, begin = line.text, 0
    while len(text) - begin > LONGEST_ROW:
        end = text.rfind("\n", begin, begin + LONGEST_ROW + 1)
        end = text.find("\n", begin) if end < 0 else end
        if end < 0:
            break
        yield msgspec.structs.replace(line, text=text[begin:end])
        begin = end + 1
    yield msgspec.structs.replace(line, text=text[begin:]) if begin else line


def _weight(row: OutputLine) -> int:
    return 1 + len(row.text) // _CHARACTERS_A_UNIT


def _storable(text: str) -> str:
    """Return a text in which bytes that are not UTF-8 are written as escapes, so that SQLite takes it."""
    return text.encode("utf-8", "backslashreplace").decode()
