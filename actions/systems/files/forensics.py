"""What of a file store is evidence of a break-in: its tree."""

from __future__ import annotations

from actions.context import ActionContext
from actions.evidence.evidence import Evidence
from actions.systems.files.settings import FilesSettings


def evidence(ctx: ActionContext) -> Evidence:
    """Return what of the run's store is evidence. Whether somebody writes meanwhile is not known: it is assumed."""
    settings = ctx.inventory.system(ctx.system, FilesSettings)
    return Evidence(host=settings.host, running=True, data=[settings.place()])
