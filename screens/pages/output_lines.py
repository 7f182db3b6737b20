"""Reads a run's output from the journal in batches: lines by number, a search, a copy to a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from journal.errors import CleoError
from journal.store.reader import Reader
from journal.store.rows import OutputLine
from journal.wording.sanitize import sanitize

BATCH = 5_000
"""Lines looked at in one go: a few tens of milliseconds."""

CLIPBOARD = 64_000
"""Characters given to the terminal's clipboard at most: many terminals drop more than that."""


class Looked(NamedTuple):
    """The lines of one batch that hold the words, and the line before which to look next; 0 ends the search."""

    found: list[int]
    before: int


class Copied(NamedTuple):
    """What was copied out.

    Attributes:
        path: the file that holds all of it.
        lines: how many lines that are.
        end: their end, for the clipboard.
    """

    path: Path
    lines: int
    end: str


class NotCopied(CleoError):
    """The file could not be written."""


def read_lines(reader: Reader, run: int, numbers: Sequence[int]) -> dict[int, OutputLine]:
    """Return these lines of a run; the numbers rise, and lie close together."""
    lines = reader.output(run, numbers[0] - 1, numbers[-1] - numbers[0] + 1)
    return {line.n: line for line in lines}


def look_back(reader: Reader, run: int, words: str, before: int) -> Looked:
    """Look for words in one batch, the last before the line ``before``."""
    after = max(0, before - 1 - BATCH)
    lines = reader.output(run, after, before - 1 - after)
    return Looked([line.n for line in lines if holds(line, words)], after + 1 if after else 0)


def holds(line: OutputLine, words: str) -> bool:
    """Return whether a line holds the words, whatever their case."""
    return words.casefold() in sanitize(line.text).casefold()


def copy_out(reader: Reader, run: int, path: Path, only: Sequence[int] = ()) -> Copied:
    """Write a run's output to a file, made harmless.

    Args:
        reader: the journal's.
        run: whose output.
        path: the file; one that is there is replaced.
        only: the numbers of the lines to write; all where there are none.

    Raises:
        NotCopied: the disk does not take it.
    """
    count, end = 0, ""
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            for line in _lines(reader, run, only):
                text = f"{sanitize(line.text)}\n"
                file.write(text)
                count, end = count + 1, (end + text)[-CLIPBOARD:]
    except OSError as error:
        hint = "Free some space or check the folder, then copy again. The journal holds the output."
        raise NotCopied(f"The output could not be written to {path}: {error.strerror}.", hint) from error
    return Copied(path, count, end)


def _lines(reader: Reader, run: int, only: Sequence[int]) -> Iterator[OutputLine]:
    wanted, after = frozenset(only), 0
    while lines := reader.output(run, after, BATCH):
        after = lines[-1].n
        yield from (line for line in lines if not wanted or line.n in wanted)
