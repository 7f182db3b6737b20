"""The last lines of the runs that parts of a screen look at."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from journal.store.rows import OutputLine
from screens.live.news import TAIL


class Tails(dict[int, deque[OutputLine]]):
    """By run; those of a run at which nobody looks any more are forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self._watched: dict[str, int] = {}

    def watch(self, who: str, run: int) -> frozenset[int] | None:
        """Have the part of the screen called ``who`` look at ``run`` alone, 0: at none.

        Returns:
            all runs that are looked at; None where nothing changed.
        """
        if self._watched.get(who, 0) == run:
            return None
        self._watched[who] = run
        runs = frozenset(run for run in self._watched.values() if run)
        for unwatched in self.keys() - runs:
            del self[unwatched]
        return runs

    def extend(self, run: int, lines: Iterable[OutputLine], *, restart: bool) -> None:
        """Add lines of a run that is looked at; ``restart``: they are in place of those before."""
        if run not in self._watched.values():
            return
        if restart:
            self.pop(run, None)
        self.setdefault(run, deque(maxlen=TAIL)).extend(lines)
