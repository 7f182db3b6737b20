"""How long a restore takes, by the last one that was measured: a drill, or a restore in an incident."""

from __future__ import annotations

from actions.backups.engine import find_engine
from actions.context import ActionContext
from journal.errors import CleoError
from journal.wording.durations import exact_duration


def say_last_restore(ctx: ActionContext) -> None:
    """Say how long the last restore of the run's system took that is written beside its backups; else nothing."""
    try:
        marks = find_engine(ctx).marks(ctx, ctx.system)
        known = marks.read() if marks else {}
    except CleoError as error:
        ctx.log(f"How long a restore takes is not known: {error.message}", "err")
        return
    measured = [
        (found.restored, label)
        for label, found in known.items()
        if found.restored and found.restored.ok and found.restored.seconds
    ]
    if measured:
        last, label = max(measured, key=lambda each: each[0].at)
        took = exact_duration(last.seconds)
        ctx.log(f"Backup {label} was restored in {took} on {last.at:%Y-%m-%d}, as was measured then.")
