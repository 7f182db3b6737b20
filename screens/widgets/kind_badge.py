"""The incident's kind, as a word on a background of its own colour."""

from __future__ import annotations

from textual.content import Content

from journal.events.types import Kind

_STYLES: dict[str, str] = {
    Kind.REAL: "bold white on $kind-real",
    Kind.DRILL: "bold black on $kind-drill",
    Kind.LAB: "bold white on $kind-lab",
    Kind.TABLETOP: "bold black on $kind-tabletop",
}


def kind_badge(kind: str, *, colour: bool = True) -> Content:
    """Return the kind as a block; without colour it is shown reversed."""
    style = _STYLES.get(kind, "bold reverse") if colour else "bold reverse"
    return Content.assemble((f"  {kind}  ", style))
