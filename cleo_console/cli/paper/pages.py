"""The pages of the printed plan: what belongs together stays on one page, and each page says which it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cleo_console.cli.paper.lines import WIDTH

LINES = 64
"""Lines of a printed page: A4 at six an inch between margins of half an inch, as printers take plain text."""
NEW_PAGE = "\f"
"""Printers begin a new page at it."""


class Block(NamedTuple):
    """Lines that are not torn apart by the end of a page.

    Attributes:
        lines: the lines.
        keep: the block behind it begins on the same page.
    """

    lines: Sequence[str]
    keep: bool = False


def pages(blocks: Iterable[Block], name: str, rest: str) -> Iterator[str]:
    """Yield the lines of a document, each page but the first behind a form feed.

    Args:
        blocks: the document's content.
        name: what stands at the head of each page but the first, with its number.
        rest: the line that the last page is filled up with.
    """
    filled = [list[str]()]
    for group in _groups(blocks):
        if filled[-1] and len(filled[-1]) + len(group) > LINES - 1:
            filled.append([])
        for line in group:
            if len(filled[-1]) == LINES - 1:
                filled.append([])
            filled[-1].append(line)
    filled[-1] += [rest] * (LINES - 1 - len(filled[-1]))
    for number, lines in enumerate(filled, 1):
        place = f"page {number} of {len(filled)}"
        head = f"{name[: WIDTH - len(place) - 2]:<{WIDTH - len(place)}}{place}"
        yield from [(NEW_PAGE if number > 1 else "") + head, *lines]


def _groups(blocks: Iterable[Block]) -> Iterator[list[str]]:
    """Yield the lines of blocks that stay on one page together."""
    group = list[str]()
    for block in blocks:
        group += block.lines
        if not block.keep:
            yield group
            group = []
    yield from [group] if group else []
