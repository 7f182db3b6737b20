"""The incident's kind: the loudest thing on every screen, as a word and a colour."""

from __future__ import annotations

from textual.content import Content

from screens.guidance.symbols import KINDS


def kind_badge(kind: str, *, colour: bool = True) -> Content:
    """Return the kind as a block; without colour it is shown reversed."""
    style = KINDS.get(kind, "bold reverse") if colour else "bold reverse"
    return Content.assemble((f"  {kind}  ", style))
