"""Events of what follows an incident or an exercise: what people said right after it, and what was put in order."""

from __future__ import annotations

from journal.events.base import Body


class HotWashAnswered(Body, frozen=True, kw_only=True, tag="exercise.hot_wash"):
    """Somebody answered a question of the hot wash. ``question`` is as it was asked; several people answer each.

    ``who`` said it; empty: whoever wrote it down.
    """

    question: str
    text: str
    who: str = ""


class ActionItemDone(Body, frozen=True, kw_only=True, tag="report.action_item_done"):
    """An action item is done. ``how``: what was put in order, and how one knows. Written anew, it is open again."""

    id: str
    how: str
