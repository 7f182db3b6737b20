"""The report as lines for the screen, from the journal alone. Slow for long journals: never on the screen's thread."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.markdown import Markdown
from rich.segment import Segment
from rich.theme import Theme

from journal.report import render
from journal.report.build import build

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
    return Preview(report.verification.events, facts, _laid_out(render(report, "md"), width))


def _laid_out(text: str, width: int) -> list[list[Segment]]:
    console = Console(width=width, force_terminal=True, color_system="truecolor", legacy_windows=False, theme=_THEME)
    lines = console.render_lines(Markdown(text, hyperlinks=False), console.options, pad=False)
    return [[Segment(piece.text, piece.style) for piece in line] for line in lines]
