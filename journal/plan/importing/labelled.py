"""Pairs of a label and what is said of it: in lists, in paragraphs, and in tables of two or more columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from journal.plan.importing.outline import Block, Items, Prose, Table


class Pair(NamedTuple):
    """A label and its text. ``block`` is what is to be marked as taken."""

    label: str
    text: str
    line: int
    block: Block


class Record(NamedTuple):
    """A table's row: its cells by the words in the head."""

    cells: dict[str, str]
    line: int
    block: Block

    def cell(self, *words: str) -> str:
        """Return the first cell whose head has one of the words; empty where there is none."""
        for word in words:
            for head, text in self.cells.items():
                if word in head:
                    return text.strip()
        return ""

    @property
    def first(self) -> str:
        """What stands in the first column."""
        return next(iter(self.cells.values()), "").strip()


def pairs(blocks: Sequence[Block]) -> Iterator[Pair]:
    """Yield the pairs in lists and paragraphs that nobody took yet."""
    for block in blocks:
        if isinstance(block, Items):
            for item in block.items:
                if item.head.lead and not item.taken:
                    yield Pair(item.head.lead, item.head.rest, item.line, item)
        elif isinstance(block, Prose) and not block.taken:
            yield from (Pair(line.lead, line.rest, line.line, block) for line in block.lines if line.lead)


def records(blocks: Sequence[Block]) -> Iterator[Record]:
    """Yield the rows of tables that nobody took yet."""
    for block in blocks:
        if isinstance(block, Table):
            for row in block.rows:
                if not row.taken:
                    yield Record(dict(zip(block.head, row.cells, strict=False)), row.line, row)
