"""Sets a border's title only when it changes: setting it repaints the widget and everything in it."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget


def entitle(widget: Widget, title: str) -> None:
    """Give the widget's border this title, unless it has it already; markup is not interpreted."""
    content = Content(title)
    if widget.border_title != content.markup:
        widget.border_title = content
