"""The post-incident report, written from the journal alone."""

from __future__ import annotations

from collections.abc import Iterator

from journal.report.after_action import AfterActionReport
from journal.report.customers import CustomerReport
from journal.report.model import Report

FORMATS = {"md": ".md", "html": ".html", "json": ".json"}
"""The formats there are, and the suffix of a file in each."""

Document = Report | CustomerReport | AfterActionReport


def pieces(report: Document, format_: str, *, full: bool = False) -> Iterator[str]:
    """Yield a report's text piece by piece, so that a long one is never in memory as a whole.

    The timeline is read from the journal meanwhile. The same report gives the same text.

    Args:
        report: what ``journal.report.build`` built: the whole report, the one for customers, or an after-action one.
        format_: one of ``FORMATS``.
        full: with the appendix, which has every event, run, target and digest; JSON always has them.

    Raises:
        JournalError: the journal cannot be read any more.
    """
    if format_ == "html":
        from journal.report.html import html_pieces

        return html_pieces(report, full=full)
    if format_ == "json":
        from journal.report.json import json_pieces

        return json_pieces(report)
    from journal.report.markdown import markdown_pieces

    return markdown_pieces(report, full=full)


def render(report: Document, format_: str, *, full: bool = False) -> str:
    """Return a report as one text; see `pieces`."""
    return "".join(pieces(report, format_, full=full))


__all__ = ["FORMATS", "AfterActionReport", "CustomerReport", "Document", "Report", "pieces", "render"]
