"""The report as Markdown (GitHub's). What systems and people wrote is text: no markup of theirs takes effect."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from journal.inert import inert
from journal.report import phrases
from journal.report.model import Report

_HARMLESS = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9 ,;:'%+-]*)?")
_MARKUP = re.compile(
    r"([\\`*\[\]<|~$]"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # inside a word it is only itself
    r"|&(?=[#A-Za-z]))"
)
_AT_START = re.compile(r"^(?:(?=[-+#>=])|(\d{1,9})(?=[.)](?:\s|$)))")
_LINK = re.compile(r"(?<=:)(?=//)|(?<=\bwww)(?=\.)", re.IGNORECASE)


class Markup(str):
    """Text that is Markdown already."""

    __slots__ = ()


def to_markdown(report: Report) -> str:
    """Return the report as Markdown."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(phrases.TEMPLATES),
        autoescape=False,  # `finalize` escapes, and for Markdown
        finalize=_escaped,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= phrases.FILTERS | {"code": code, "fence": fence}
    return environment.get_template("report.md.j2").render(r=report)


def _escaped(value: Any) -> str:
    return value if isinstance(value, Markup) else escape(str(value))


def escape(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is, on one line."""
    if _HARMLESS.fullmatch(text):  # most of a long timeline: three times as fast
        return text
    text = _LINK.sub(r"\\", _MARKUP.sub(r"\\\1", inert(text).strip()))
    return _AT_START.sub(r"\1\\", text)


def code(text: str) -> Markup:
    """Return ``text`` as a code span. Not for tables: a bar would end the cell."""
    text = inert(text)
    ticks = "`" * (_longest_run(text) + 1)
    space = " " if "`" in text or text != text.strip() else ""
    return Markup(f"{ticks}{space}{text}{space}{ticks}")


def fence(lines: Iterable[str]) -> Markup:
    """Return lines as a fenced block that they cannot end, indented to belong to a list item."""
    shown = [inert(line) for line in lines]
    ticks = "`" * max(3, 1 + max(map(_longest_run, shown), default=0))
    return Markup("\n".join(f"  {line}".rstrip() for line in (f"{ticks}text", *shown, ticks)))


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
