"""The report as Markdown (GitHub's). Text from systems and people is escaped, so that no markup in it takes effect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journal.report import evidence as ev
from journal.report import filters
from journal.report.after_action import AfterActionReport
from journal.report.condensed import without_paths
from journal.report.customers import CustomerReport
from journal.report.model import Report
from journal.report.times import Times
from journal.wording.instants import offset
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    import jinja2

BUFFERED = 200
"""Pieces of the template that are joined before they are yielded."""

_HARMLESS = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9 ,;:'%+-]*)?")
_MARKUP = re.compile(
    r"([\\`*\[\]<|~$]"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # inside a word it is no markup
    r"|&(?=[#A-Za-z]))"
)
_AT_START = re.compile(r"^(?:(?=[-+#>=])|(\d{1,9})(?=[.)](?:\s|$)))")
_LINK = re.compile(r"(?<=:)(?=//)|(?<=\bwww)(?=\.)", re.IGNORECASE)


class Markup(str):
    """Text that is Markdown already."""

    __slots__ = ()


def markdown_pieces(report: Report | CustomerReport | AfterActionReport, *, full: bool = False) -> Iterator[str]:
    """Yield the report as Markdown, in pieces; with ``full``, the appendix too. Paths of machines are in that alone."""
    if isinstance(report, CustomerReport):
        yield from _rendered(report, "customers.md.j2", str)
        return
    if isinstance(report, AfterActionReport):
        yield from _rendered(report, "after_action.md.j2", without_paths)
        return
    yield from _rendered(report, "report.md.j2", without_paths, full=full)
    if full:
        yield from _rendered(report, "appendix.md.j2", str, full=full)


def _rendered(
    report: Report | CustomerReport | AfterActionReport, template: str, shown: Callable[[str], str], **values: Any
) -> Iterator[str]:
    """Yield a template in pieces, with every text as ``shown`` gives it."""
    times = Times(report.zone)
    env = environment(filters.TEMPLATES, times, shown)
    env.filters |= {"entry_rows": partial(_rows, times), "health_rows": partial(_health, times)}
    stream = env.get_template(template).stream(r=report, **values)
    stream.enable_buffering(BUFFERED)
    yield from stream


def environment(templates: Path, times: Times, shown: Callable[[str], str] = str) -> jinja2.Environment:
    """Return an environment for Markdown templates: every value is escaped, and shown as ``shown`` gives it."""
    import jinja2

    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=False,  # `finalize` escapes, and for Markdown
        finalize=lambda value: value if isinstance(value, Markup) else escape(shown(str(value))),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    own: dict[str, Callable[..., Any]] = {"code": code, "fence": fence, "prose": lambda text: prose(shown(text))}
    env.filters |= filters.filters(times) | own
    return env


def _rows(times: Times, entries: Iterable[ev.Entry]) -> Iterator[Markup]:
    """Yield a row for every entry of the timeline, several times as fast as a template."""
    known: dict[str, str] = {}
    for entry in entries:
        who = known.get(entry.actor) or known.setdefault(entry.actor, escape(entry.actor))
        late = f" *(late entry, written {times.instant(entry.written_at)})*" if entry.late else ""
        yield Markup(
            f"| {times.stamp(entry.at)} | {offset(entry.offset_s)} | {who} | {entry.step.number} "
            f"| {escape(entry.text)}{late} |\n"
        )


def _health(times: Times, changes: Iterable[ev.HealthTransition]) -> Iterator[Markup]:
    """Yield a row for every change of a system's health."""
    for change in changes:
        yield Markup(
            f"| {times.stamp(change.at)} | {offset(change.offset_s)} | {escape(change.title)} | {escape(change.was)} "
            f"| **{escape(change.status)}** | {escape(change.detail)} |\n"
        )


def escape(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is, on one line."""
    if _HARMLESS.fullmatch(text):  # true for most of a long timeline, and three times as fast
        return text
    text = _LINK.sub(r"\\", _MARKUP.sub(r"\\\1", sanitize(text).strip()))
    return _AT_START.sub(r"\1\\", text)


def code(text: str) -> Markup:
    """Return ``text`` as a code span. Not for tables: a bar would end the cell."""
    text = sanitize(text)
    ticks = "`" * (_longest_run(text) + 1)
    space = " " if "`" in text or text != text.strip() else ""
    return Markup(f"{ticks}{space}{text}{space}{ticks}")


def prose(text: str) -> Markup:
    """Return what a person wrote in several lines as paragraphs."""
    return Markup("\n\n".join(escape(line) for line in text.splitlines() if line.strip()))


def fence(lines: Iterable[str], indent: str = "  ") -> Markup:
    """Return lines as a fenced block that they cannot end, indented by default to belong to a list item."""
    shown = [sanitize(line) for line in lines]
    ticks = "`" * max(3, 1 + max(map(_longest_run, shown), default=0))
    return Markup("\n".join(f"{indent}{line}".rstrip() for line in (f"{ticks}text", *shown, ticks)))


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
