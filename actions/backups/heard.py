"""Shows how far a program of ours is that reads through much."""

from __future__ import annotations

from collections.abc import Callable

from actions.backups.printed import json_objects
from actions.context import ActionContext, Progress


def show_read(ctx: ActionContext, words: str) -> Callable[[str, str], None]:
    """Return what shows, as a run's ``on_line``, how far a program says it is.

    Args:
        ctx: the run's context.
        words: what it is doing. Its lines say it in bytes: ``{"read": 512, "of": 2048}``.
    """

    def line(stream: str, lines: str) -> None:
        said = [one for one in json_objects(lines) if "read" in one and one.get("of")] if stream == "out" else []
        if said:
            ctx.progress(Progress(fraction=min(1.0, said[-1]["read"] / said[-1]["of"]), text=words))

    return line
