"""What a follower has seen and the screen has not: gathered in one place, so that a flood is one message."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from journal.errors import CleoError
from journal.events.types import Event
from journal.incident.state import Incident
from journal.store.rows import OutputLine, Reading

TAIL = 2_000
"""Lines of one run kept for the screen. The journal keeps all of them."""


class Runner(NamedTuple):
    """Whether a runner holds the lease, and what keeps it from writing to the journal (empty: nothing does)."""

    alive: bool
    trouble: str


@dataclass(slots=True)
class News:
    """Everything since the last time.

    Attributes:
        opened: the whole incident, once, at the beginning; from then on it belongs to the screen.
        lines: new output by run; a list that begins anew says so in ``restarted``.
        trouble: why the journal cannot be read any more; False: it can be read again.
        held_by: who keeps the journal from taking what was said; empty: nobody does any more.
    """

    opened: Incident | None = None
    events: list[Event] = field(default_factory=list)
    lines: dict[int, list[OutputLine]] = field(default_factory=dict)
    restarted: set[int] = field(default_factory=set)
    readings: dict[str, Reading] | None = None
    runner: Runner | None = None
    trouble: CleoError | bool | None = None
    held_by: str | None = None

    @property
    def only_measures(self) -> bool:
        """Whether nothing but output and readings came: what flows all the time while something runs."""
        return not (self.opened or self.events or self.runner) and self.trouble is None and self.held_by is None


class Mailbox:
    """Holds the news until the screen takes them. Any thread may put and take.

    Args:
        ring: called, from the putting thread, when there is something and was nothing before.
    """

    def __init__(self, ring: Callable[[], object]) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        self._news = News()
        self._waiting = False

    def put(self, change: Callable[[News], None]) -> None:
        """Let ``change`` add to the news, and ring if nobody was told yet."""
        with self._lock:
            change(self._news)
            ring, self._waiting = not self._waiting, True
        if ring:
            self._ring()

    def take(self) -> News:
        """Return everything and begin anew."""
        with self._lock:
            news, self._news, self._waiting = self._news, News(), False
        return news


def add_lines(news: News, run: int, lines: list[OutputLine], *, restart: bool) -> None:
    """Add output, keeping no more than can be shown."""
    if restart:
        news.restarted.add(run)
        news.lines[run] = lines[-TAIL:]
    else:
        news.lines[run] = (news.lines.get(run, []) + lines)[-TAIL:]
