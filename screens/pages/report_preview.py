"""The report as lines for the screen, from the journal alone. Slow for long journals: never on the screen's thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.markdown import Markdown
from rich.segment import Segment
from rich.theme import Theme

from journal.report import pieces
from journal.report.build import build
from journal.report.evidence import Entry
from journal.report.model import Report

MOST_ROWS = 120
"""Rows of one table that the preview shows: a timeline has its own screen, and the written report has all of it."""

_THEME = Theme({"markdown.h2": "bold underline", "markdown.h3": "bold", "markdown.hr": "dim", "markdown.code": "bold"})
"""Replaces Rich's magenta headings and cyan code, which do not fit the console's colours."""


class Preview(NamedTuple):
    """A report as it was when it was built.

    Attributes:
        seq: the last event it knows of.
        facts: what the evidence says beside each field that people write, by the field's name.
        lines: the whole, for the width that was asked for.
    """

    seq: int
    facts: dict[str, list[str]]
    lines: list[list[Segment]]


@dataclass(frozen=True, slots=True)
class _Beginning:
    """The first entries of a timeline."""

    whole: Iterable[Entry]
    length: int

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Entry]:
        return islice(iter(self.whole), MOST_ROWS + 1)


def preview(path: Path, width: int) -> Preview:
    """Build the report of a journal, and lay it out.

    Args:
        path: the journal.
        width: columns to lay it out for.

    Raises:
        JournalError: the journal cannot be read, or is damaged beyond reading.
    """
    report = build(path)
    facts = {field.name: field.facts for field in report.fields}
    return Preview(report.verification.events, facts, _laid_out(_text(report), width))


def _text(report: Report) -> str:
    begun = _Beginning(report.timeline, len(report.timeline))
    short = msgspec.structs.replace(report, timeline=begun)
    return "\n".join(shortened("".join(pieces(short, "md")).splitlines()))


def shortened(lines: Iterable[str]) -> Iterator[str]:
    """Yield Markdown lines, every table cut after `MOST_ROWS` rows, and saying so."""
    rows = 0
    for line in lines:
        if line.startswith("|"):
            rows += 1
            if rows <= MOST_ROWS + 2:  # the heading and its rule are rows too
                yield line
            continue
        if rows > MOST_ROWS + 2:
            yield "\n*This preview ends the table here; the written report (cleo report) has all of it.*\n"
        rows = 0
        yield line


def _laid_out(text: str, width: int) -> list[list[Segment]]:
    console = Console(width=width, force_terminal=True, color_system="truecolor", legacy_windows=False, theme=_THEME)
    lines = console.render_lines(Markdown(text, hyperlinks=False), console.options, pad=False)
    return [[Segment(piece.text, piece.style) for piece in line] for line in lines]
