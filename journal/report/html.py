"""The report as one HTML file: no script, nothing loaded from elsewhere. What systems and people wrote is escaped."""

from __future__ import annotations

from typing import Any

from journal.inert import inert
from journal.report import phrases
from journal.report.model import Report


def to_html(report: Report) -> str:
    """Return the report as HTML."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(phrases.TEMPLATES),
        autoescape=True,
        finalize=_inert,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= phrases.FILTERS
    return environment.get_template("report.html.j2").render(r=report) + "\n"


def _inert(value: Any) -> Any:
    """Strip what would act; the escaping of ``&<>"'`` follows it. What the template itself marked safe passes."""
    return inert(value) if type(value) is str else value
