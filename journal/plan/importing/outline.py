"""A document as a tree of headings, each with its blocks and their lines. What a reader takes over is marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_NUMBER = re.compile(r"^(?:\d+(?:\.\d+)+[.:)]*|\d+[.:)]+|[A-Z][.)])\s*[-–—]?\s+(?=\S)")
_KIND = re.compile(
    r"^(?:phase|step|stage|scenario|section|part|appendix)\s+(?:\d+|[A-Z]\b|[IVX]+\b)\s*[.:)–—-]?\s*(?=\S)",
    re.IGNORECASE,
)


@dataclass
class Line:
    """One line of prose.

    ``lead`` is the label in front of it (``**Impact**: …``), ``code`` its only words in backticks.
    """

    text: str
    line: int
    lead: str = ""
    rest: str = ""
    bold: bool = False
    code: str = ""


@dataclass
class Block:
    """A part of a document from ``line`` on, counted from 1. ``taken``: the plan has it."""

    line: int
    taken: bool = False


@dataclass
class Prose(Block):
    """A paragraph, in the lines that its author began anew."""

    lines: list[Line] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(line.text for line in self.lines)


@dataclass
class Code(Block):
    """A fenced or indented block. ``first`` is the line of its first row."""

    language: str = ""
    rows: list[str] = field(default_factory=list)
    first: int = 0

    @property
    def in_one_line(self) -> str:
        """Its rows in one line, as a step's text has them."""
        return " ; ".join(row.strip() for row in self.rows if row.strip())


@dataclass
class Item(Block):
    """One item of a list: its first line, and what is nested in it. ``box``: it has a box to tick."""

    head: Line = field(default_factory=lambda: Line("", 0))
    blocks: list[Block] = field(default_factory=list)
    box: bool = False


@dataclass
class Items(Block):
    """A list."""

    ordered: bool = False
    items: list[Item] = field(default_factory=list)


@dataclass
class Row(Block):
    """One row of a table."""

    cells: list[str] = field(default_factory=list)


@dataclass
class Table(Block):
    """A table, its head in lower case."""

    head: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass
class Strange(Block):
    """Something that no plan has a place for (HTML)."""

    text: str = ""


@dataclass
class Heading(Block):
    """A heading with the blocks below it, and the headings of the next level."""

    level: int = 0
    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    children: list[Heading] = field(default_factory=list)
    parent: Heading | None = None

    def walk(self) -> Iterator[Heading]:
        """Yield it, and every heading below it, in the document's order."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def name(self) -> str:
        """Its title without number."""
        return unnumbered(self.title)

    def above(self) -> Iterator[Heading]:
        """Yield it, and every heading above it."""
        at: Heading | None = self
        while at is not None:
            yield at
            at = at.parent


@dataclass
class Document:
    """A document: its root has level 0 and no title; ``front`` is what its front matter says, with the lines."""

    file: str
    root: Heading
    front: dict[str, tuple[str, int]] = field(default_factory=dict)


def unnumbered(title: str) -> str:
    """Return a title without ``1.``, ``Phase 2:``, ``A.`` in front of it."""
    return _KIND.sub("", ordinal_left_out(title)).strip() or title


def ordinal_left_out(title: str) -> str:
    """Return a title without ``1.``, ``6.1``, ``A.`` in front of it."""
    return _NUMBER.sub("", title, count=1).strip() or title


def parts(block: Block) -> Iterator[Block]:
    """Yield the parts of a block that are taken by themselves: rows, items with what is nested in them, else itself."""
    if isinstance(block, Items):
        for item in block.items:
            yield from parts(item)
    elif isinstance(block, Item):
        yield block
        for nested in block.blocks:
            yield from parts(nested)
    elif isinstance(block, Table):
        yield from block.rows
    else:
        yield block


def codes(blocks: Sequence[Block], above: str = "") -> Iterator[tuple[Code, str]]:
    """Yield every block of code with what stands above it, also inside of lists."""
    for block in blocks:
        if isinstance(block, Code):
            yield block, above
        elif isinstance(block, Items):
            for item in block.items:
                yield from codes(item.blocks, item.head.text)


def take(*blocks: Block) -> None:
    """Mark blocks as taken, with all that is nested in them."""
    for block in blocks:
        block.taken = True
        for part in parts(block):
            part.taken = True
