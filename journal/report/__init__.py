"""The post-incident report, written from the journal alone."""

from __future__ import annotations

from journal.report.model import Report

FORMATS = {"md": ".md", "html": ".html", "json": ".json"}
"""The formats there are, and the suffix of a file in each."""


def render(report: Report, format_: str) -> str:
    """Return a report as text; the same report gives the same text.

    Args:
        report: what ``journal.report.build.build`` returned.
        format_: one of ``FORMATS``.
    """
    if format_ == "html":
        from journal.report.html import to_html

        return to_html(report)
    if format_ == "json":
        from journal.report.json import to_json

        return to_json(report)
    from journal.report.markdown import to_markdown

    return to_markdown(report)


__all__ = ["FORMATS", "Report", "render"]
