"""Lines of a printed page: wrapped text, lists, and lines to write on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

WIDTH = 80
"""Columns of a page: A4 at ten characters an inch."""
INDENT = 4
"""Columns before what belongs to a step."""
_GAP = "   "
_TO_WRITE = 18
"""Columns that an answer is written in, at least."""


def wrapped(text: str, indent: int = 0, hanging: int = 0) -> list[str]:
    """Return a text as lines of the page's width.

    Args:
        text: what is said.
        indent: columns before it.
        hanging: further columns before its second and later lines.
    """
    first, more = " " * indent, " " * (indent + hanging)
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=more, break_on_hyphens=False) or [""]


def heading(text: str, more: str = "", rule: str = "-") -> list[str]:
    """Return a heading with a rule to the page's edge.

    Args:
        text: the heading.
        more: what is said of all that it stands over.
        rule: what the rule is drawn with.
    """
    *lines, last = wrapped(f"{rule * 2} {text.upper()}" + (f" ({more})" if more else ""), 0, 3)
    return [*lines, f"{last} ".ljust(WIDTH, rule)[:WIDTH].rstrip()]


def form(text: str = "") -> str:
    """Return a line to write on, up to the page's edge."""
    return (" " * INDENT + text).ljust(WIDTH, "_")


def to_fill_in(line: str) -> list[str]:
    """Return a line with room to write behind it, or below it where too little is left."""
    return [f"{line} ".ljust(WIDTH, "_")] if len(line) < WIDTH - _TO_WRITE else [line, form()]


def side_by_side(items: Iterable[str], indent: int = INDENT) -> Iterator[str]:
    """Yield the lines of a list, as many short items on one as there is room for.

    Args:
        items: the list.
        indent: columns before each line.
    """
    row, blank = "", " " * indent
    for item in items:
        joined = f"{row}{_GAP}{item}" if row else item
        if len(joined) <= WIDTH - indent:
            row = joined
            continue
        yield from [blank + row] if row else []
        fits = len(item) <= WIDTH - indent
        row = item if fits else ""
        yield from [] if fits else wrapped(item, indent, 4)
    yield from [blank + row] if row else []
