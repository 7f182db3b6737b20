"""The report as one HTML file, without scripts or external resources. Text from systems and people is escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journal.report import evidence as ev
from journal.report import filters
from journal.report.after_action import AfterActionReport
from journal.report.condensed import without_paths
from journal.report.customers import CustomerReport
from journal.report.drawing import draw
from journal.report.model import Report
from journal.report.times import Times
from journal.wording.instants import offset
from journal.wording.sanitize import sanitize

if TYPE_CHECKING:
    import jinja2

_SPECIAL = re.compile("[&<>\"']")
BUFFERED = 20
"""Pieces of the template that are joined before they are yielded."""
ROWS = 50
"""Rows of a long table in one piece."""


def html_pieces(report: Report | CustomerReport | AfterActionReport, *, full: bool = False) -> Iterator[str]:
    """Yield the report as HTML, in pieces; with ``full``, the appendix too. Paths of machines are in that alone."""
    if isinstance(report, CustomerReport):
        yield from _rendered(report, "customers.html.j2", str)
        return
    if isinstance(report, AfterActionReport):
        yield from _rendered(report, "after_action.html.j2", without_paths)
        return
    yield from _rendered(report, "report.html.j2", without_paths, full=full, drawing=draw(report))
    if full:
        yield from _rendered(report, "appendix.html.j2", str, full=full)
    yield "</main>\n</body>\n</html>\n"


def _rendered(
    report: Report | CustomerReport | AfterActionReport, template: str, shown: Callable[[str], str], **values: Any
) -> Iterator[str]:
    """Yield a template in pieces, with every text as ``shown`` gives it."""
    times = Times(report.zone)
    env = environment([filters.TEMPLATES], times, shown)
    rows = _Rows(times)
    env.filters |= {"entry_rows": rows.entries, "health_rows": rows.health}
    stream = env.get_template(template).stream(r=report, **values)
    stream.enable_buffering(BUFFERED)
    yield from stream
    yield "\n"


def environment(templates: Sequence[Path], times: Times, shown: Callable[[str], str] = str) -> jinja2.Environment:
    """Return an environment for HTML templates: every text is escaped, and shown as ``shown`` gives it."""
    import jinja2

    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        finalize=lambda value: sanitize(shown(value)) if type(value) is str else value,  # jinja2 escapes it afterwards
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= filters.filters(times) | {"prose": lambda text: _prose(shown(text))}
    return env


def _prose(text: str) -> Any:
    """Return what a person wrote in several lines, as paragraphs."""
    from markupsafe import Markup, escape

    lines = (sanitize(line).strip() for line in text.splitlines())
    return Markup("").join(Markup("<p>{}</p>").format(escape(line)) for line in lines if line)


def _text(text: str) -> str:
    """Return text sanitized and escaped."""
    text = sanitize(text)
    if not _SPECIAL.search(text):
        return text
    from markupsafe import escape

    return str(escape(text))


def _together(rows: Iterable[str]) -> Iterator[Any]:
    """Yield rows of HTML joined to larger pieces, since the template takes time for each piece."""
    from markupsafe import Markup

    waiting = iter(rows)
    while batch := list(islice(waiting, ROWS)):
        yield Markup("".join(batch))


class _Rows:
    """Writes the rows of long tables, several times as fast as a template."""

    def __init__(self, times: Times) -> None:
        self._times = times

    def entries(self, entries: Iterable[ev.Entry]) -> Iterator[Any]:
        """Yield the rows of a timeline, as markup."""
        return _together(map(self._entry, entries))

    def health(self, changes: Iterable[ev.HealthTransition]) -> Iterator[Any]:
        """Yield the rows of changes of health, as markup."""
        return _together(map(self._change, changes))

    def _entry(self, entry: ev.Entry) -> str:
        return (
            f'<tr><td class="t">{self._times.stamp(entry.at)}</td><td class="t">{offset(entry.offset_s)}</td>'
            f'<td class="t">{entry.step.number}</td><td>{_text(entry.text)}{self._late(entry)}</td>'
            f'<td class="soft">{_text(entry.actor)}</td></tr>\n'
        )

    def _late(self, entry: ev.Entry) -> str:
        if not entry.late:
            return ""
        return f' <i class="soft">(late entry, written {self._times.instant(entry.written_at)})</i>'

    def _change(self, change: ev.HealthTransition) -> str:
        return (
            f'<tr><td class="t">{self._times.stamp(change.at)}</td><td class="t">{offset(change.offset_s)}</td>'
            f"<td>{_text(change.title)}</td><td>{_text(change.was)} → <b>{_text(change.status)}</b></td>"
            f"<td>{_text(change.detail)}</td></tr>\n"
        )
