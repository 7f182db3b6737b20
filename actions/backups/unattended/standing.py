"""How far the copies of one system reach, asked over and over: the index each time, a list of what is there seldom."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import gettempdir

from actions.backups.engines import engine_of
from actions.backups.offsite.acting import is_copied, look_offsite
from actions.backups.offsite.look import Seen
from actions.backups.unattended.context import UnattendedContext
from actions.inventory import Inventory

LIST_EVERY_S = 15 * 60.0
"""Seconds after which what is there is listed again, though nothing was copied meanwhile."""
_QUICK_S = 30.0


class Standing:
    """What of one system is in the second place. It changes nothing, and is asked from one thread.

    What lies there is listed when something was copied since, or after `LIST_EVERY_S`; else its index alone is read,
    which is one file.

    Args:
        inventory: the environment, with a second place.
        system: the system's name in it.
    """

    def __init__(self, inventory: Inventory, system: str) -> None:
        self._ctx = UnattendedContext(inventory, system, Path(gettempdir()))
        self._listed: Seen | None = None
        self._listed_at = 0.0

    def look(self, within_s: float = _QUICK_S) -> Seen | None:
        """Return what is there; None: the system's repository is no folder that is copied.

        Args:
            within_s: seconds for each of at most two calls.

        Raises:
            CleoError: nobody can look.
        """
        if not is_copied(self._ctx, engine_of(self._ctx.inventory, self._ctx.system)):
            return None
        known = self._listed
        if known and time.monotonic() - self._listed_at < LIST_EVERY_S:
            index = look_offsite(self._ctx, index_only=True, within_s=within_s)
            if (index.began_at, index.ended_at) == (known.began_at, known.ended_at):
                return known
        self._listed, self._listed_at = look_offsite(self._ctx, within_s=within_s), time.monotonic()
        return self._listed
