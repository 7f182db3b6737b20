"""The report as one HTML file: no script, nothing loaded from elsewhere. What systems and people wrote is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from journal.inert import inert
from journal.report import evidence as ev
from journal.report import phrases
from journal.report.drawing import draw
from journal.report.model import Report
from journal.report.times import Times, offset

BUFFERED = 200
"""How many pieces of the template are put together before they are given on."""


def html_pieces(report: Report) -> Iterator[str]:
    """Yield the report as HTML, in pieces."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(phrases.TEMPLATES),
        autoescape=True,
        finalize=_inert,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    times = Times(report.zone)
    environment.filters |= phrases.filters(times) | {"prose": _prose}
    rows = _Rows(times)
    environment.filters |= {"entry_rows": rows.entries, "health_rows": rows.health}
    stream = environment.get_template("report.html.j2").stream(r=report, drawing=draw(report))
    stream.enable_buffering(BUFFERED)
    yield from stream
    yield "\n"


def _inert(value: Any) -> Any:
    """Strip what would act; the escaping of ``&<>"'`` follows it. What the template itself marked safe passes."""
    return inert(value) if type(value) is str else value


def _prose(text: str) -> Any:
    """Return what a person wrote in several lines, as paragraphs."""
    from markupsafe import Markup, escape

    lines = (inert(line).strip() for line in text.splitlines())
    return Markup("").join(Markup("<p>{}</p>").format(escape(line)) for line in lines if line)


class _Rows:
    """Rows of long tables, several times as fast as a template writes them."""

    def __init__(self, times: Times) -> None:
        self._times = times

    def entries(self, entries: Iterable[ev.Entry]) -> Iterator[Any]:
        """Yield a row for every line of the timeline."""
        from markupsafe import Markup, escape

        known: dict[str, str] = {}
        for entry in entries:
            who = known.get(entry.actor) or known.setdefault(entry.actor, escape(inert(entry.actor)))
            yield Markup(
                f'<tr><td class="t">{self._times.stamp(entry.at)}</td><td class="t">{offset(entry.offset_s)}</td>'
                f'<td class="t">{escape(inert(entry.step.number))}</td><td>{escape(inert(entry.text))}'
                f'{self._late(entry)}</td><td class="soft">{who}</td></tr>\n'
            )

    def health(self, changes: Iterable[ev.HealthTransition]) -> Iterator[Any]:
        """Yield a row for every change of a system's health."""
        from markupsafe import Markup, escape

        for change in changes:
            yield Markup(
                f'<tr><td class="t">{self._times.stamp(change.at)}</td><td class="t">{offset(change.offset_s)}</td>'
                f"<td>{escape(inert(change.title))}</td><td>{escape(inert(change.was))} → "
                f"<b>{escape(inert(change.status))}</b></td><td>{escape(inert(change.detail))}</td></tr>\n"
            )

    def _late(self, entry: ev.Entry) -> str:
        if not entry.late:
            return ""
        return f' <i class="soft">(late entry, written {self._times.instant(entry.written_at)})</i>'
