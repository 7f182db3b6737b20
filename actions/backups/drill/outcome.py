"""What a drill came to, as every type of system says it and writes it beside the backup."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from actions.backups.drill.place import notes_at
from actions.backups.engine import leave_mark
from actions.backups.marks import Mark
from actions.context import ActionContext
from actions.outcome import Outcome
from journal.wording.durations import exact_duration


def left_by_drill(folder: str, *, there: bool) -> Outcome:
    """Return whether a drill left its folder.

    Args:
        folder: where drills work.
        there: whether it exists.
    """
    if not there:
        return Outcome(ok=True, summary=f"No drill left anything in {folder}.")
    return Outcome(ok=False, summary=f"{folder} is there: a drill is at work, or was killed; the next one removes it.")


def lost_seconds(now: datetime | None, back: datetime | None) -> float | None:
    """Return how many seconds would be lost.

    Args:
        now: the real system's newest write as the drill began; None: not known.
        back: the newest one that came back; None: not known.
    """
    return max(0.0, (now - back).total_seconds()) if now and back else None


def loss_words(lost_s: float | None, of: str) -> str:
    """Return how much would be lost, in words that end a sentence."""
    if lost_s is None:
        return "what would be lost is not measured"
    return f"{exact_duration(lost_s)} of {of} would be lost"


def leave_drill(
    ctx: ActionContext,
    label: str,
    *,
    ok: bool,
    words: str,
    seconds: float = 0.0,
    size: int = 0,
    lost_s: float | None = None,
    **more: Any,
) -> None:
    """Write beside a backup what its drill came to.

    Args:
        ctx: the action's context.
        label: the backup.
        ok: whether it was restored, and is sound.
        words: what it came to.
        seconds: how long the restore took; 0: not measured.
        size: bytes that were restored; 0: not known.
        lost_s: seconds that would be lost; None: not measured.
        more: whatever else was measured.
    """
    facts = {"drill": True, "lost_s": lost_s, "bytes": size, **more}
    mark = Mark(at=datetime.now(UTC), ok=ok, by=ctx.incident.id, seconds=round(seconds, 2), words=words, facts=facts)
    if (notes := notes_at(ctx)) is not None:
        notes.append((label, mark))
    else:
        leave_mark(ctx, label, "restored", mark)
