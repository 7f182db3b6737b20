"""Text with tones: what the guidance returns. Console and line mode lay it out, each in its own way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Tone = Literal[
    "", "strong", "quiet", "good", "done", "busy", "warn", "urgent", "bad", "accent", "bar", "caution", "alarm"
]
"""What a piece of text means. The console gives each a style; line mode has words alone."""


class Span(NamedTuple):
    """A piece of a line, in one tone."""

    text: str
    tone: Tone = ""


class Line(NamedTuple):
    """One line of text; a span may hold line breaks of its own.

    Attributes:
        spans: what it says.
        label: what it is about, set off before it; an empty one continues the line above, None has no label.
        symbol: a sign that stands before it where there are colours and signs: a word says the same.
    """

    spans: tuple[Span, ...]
    label: str | None = None
    symbol: str = ""

    @property
    def plain(self) -> str:
        """What it says, without label, symbol and tones."""
        return "".join(span.text for span in self.spans)


def line(*parts: str | Span, symbol: str = "") -> Line:
    """Return a line without a label."""
    return Line(_spans(parts), symbol=symbol)


def labelled(label: str, *parts: str | Span) -> Line:
    """Return a line with a label."""
    return Line(_spans(parts), label)


def _spans(parts: Iterable[str | Span]) -> tuple[Span, ...]:
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)
