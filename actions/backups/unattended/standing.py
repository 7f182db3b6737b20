"""How far the copies of one system reach, asked over and over: the index each time, a list of what is there seldom."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import gettempdir

from actions.backups.engines import backed_up, engine_of
from actions.backups.offsite.acting import is_copied, look_offsite
from actions.backups.offsite.findings import as_second_place
from actions.backups.offsite.look import Seen
from actions.backups.offsite.standby import at_standby, cold_standbys
from actions.backups.unattended.context import UnattendedContext
from actions.context import ActionContext
from actions.inventory import Inventory
from actions.transport import NOT_REACHED
from journal.incident.exposure import SecondPlace

LIST_EVERY_S = 15 * 60.0
"""Seconds after which what is there is listed again, though nothing was copied meanwhile."""
_QUICK_S = 30.0


class Standing:
    """What of one system is in the second place. It changes nothing, and is asked from one thread.

    Where the system's own host is not reached, that of its cold standby looks.

    What lies there is listed when something was copied since, or after `LIST_EVERY_S`; else its index alone is read,
    which is one file.

    Args:
        inventory: the environment, with a second place.
        system: the system's name in it.
    """

    def __init__(self, inventory: Inventory, system: str) -> None:
        self.site = inventory.offsite.site if inventory.offsite else ""
        self._ctx = UnattendedContext(inventory, system, Path(gettempdir()))
        self._listed: Seen | None = None
        self._listed_at = 0.0

    def look(self, within_s: float = _QUICK_S) -> SecondPlace | None:
        """Return what is there; None: the system's repository is not copied.

        Args:
            within_s: seconds for each of at most two calls.

        Raises:
            CleoError: nobody can look.
        """
        try:
            if not is_copied(self._ctx, engine_of(self._ctx.inventory, self._ctx.system)):
                return None
            seen = self._seen(self._ctx, within_s)
        except NOT_REACHED:
            if not (cold := cold_standbys(self._ctx.inventory, self._ctx.system)):
                raise
            seen = self._seen(at_standby(self._ctx, cold[0]), within_s)
        return as_second_place(seen, self.site)

    def _seen(self, ctx: ActionContext, within_s: float) -> Seen:
        whose, known = self._ctx.system, self._listed
        if known and time.monotonic() - self._listed_at < LIST_EVERY_S:
            index = look_offsite(ctx, index_only=True, within_s=within_s, copied_as=whose)
            if (index.began_at, index.ended_at) == (known.began_at, known.ended_at):
                return known
        self._listed, self._listed_at = look_offsite(ctx, within_s=within_s, copied_as=whose), time.monotonic()
        return self._listed


def copies_of(inventory: Inventory) -> dict[str, Standing]:
    """Return what looks at the copies of each system that has backups; nothing where there is no second place."""
    return {system: Standing(inventory, system) for system in backed_up(inventory)} if inventory.offsite else {}
