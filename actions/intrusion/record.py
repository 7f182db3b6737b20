"""What was restored and looked through in this incident, kept beside the journal: a look that was killed goes on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from actions.context import ActionContext
from actions.intrusion.traces import Holding
from actions.kept_record import keep_record, load_record


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """Every state of a system that was looked through, by its instant."""

    states: Mapping[datetime, Holding] = {}

    def at(self, point: datetime) -> Holding | None:
        """Return the state that a restore to an instant leads to; None where it was not looked through."""
        covering = [held for at, held in self.states.items() if (held.since or at) <= point <= (held.until or at)]
        return covering[-1] if covering else None


def load(ctx: ActionContext) -> Looked:
    """Return what was looked through of the run's system.

    Raises:
        ActionFailed: that cannot be read.
    """
    hint = "Move it away; then every state is restored again."
    return load_record(_path(ctx), Looked, hint=hint) or Looked()


def keep(ctx: ActionContext, looked: Looked, point: datetime, holding: Holding) -> Looked:
    """Write down a state that was looked through, and return all of them.

    Raises:
        ActionFailed: the disk does not take it.
    """
    found = Looked(states={**looked.states, point: holding})
    keep_record(_path(ctx), found)
    return found


def _path(ctx: ActionContext) -> Path:
    return ctx.files / f"scan-{ctx.system}.json"
