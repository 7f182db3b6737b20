"""Turns the guidance's lines into Textual content."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from screens.guidance.text import Line, Tone

STYLES: dict[Tone, str] = {
    "": "",
    "strong": "bold",
    "quiet": "$quiet",
    "good": "$text-success",
    "done": "bold $text-success",
    "busy": "bold $text-primary",
    "warn": "$text-warning",
    "urgent": "bold $text-warning",
    "bad": "bold $text-error",
    "accent": "bold $text-accent",
    "bar": "$text-primary",
    "caution": "bold black on $caution",
    "alarm": "bold white on $alarm",
}
_LABEL_WIDTH = 11


def label_width(label: str) -> int:
    """Return the width in columns of a label's column."""
    return max(_LABEL_WIDTH, len(label) + 1)


def content(line: Line) -> Content:
    """Return a line: its label in a column of its own, its symbol in the tone of what follows."""
    pieces = [(span.text, STYLES[span.tone]) for span in line.spans]
    if line.symbol and pieces:
        (text, style), *rest = pieces
        pieces = [(f"{line.symbol} {text}", style), *rest]
    if line.label is not None:
        pieces.insert(0, (f"{line.label:<{label_width(line.label)}}", STYLES["quiet"]))
    return Content.assemble(*pieces)


def block(lines: Iterable[Line]) -> Content:
    """Return several lines, one below the other."""
    return Content("\n").join(content(line) for line in lines)
