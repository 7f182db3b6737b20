"""The mailbox between an incident's follower and its screen: many changes become one message."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from journal.errors import CleoError
from journal.events.types import Event
from journal.incident.state import Incident
from journal.presence import Present
from journal.store.rows import OutputLine, Reading

TAIL = 2_000
"""Lines of one run kept for the screen. The journal keeps all of them."""


class Runner(NamedTuple):
    """Whether a runner holds the lease, and what keeps it from writing to the journal (empty: nothing does)."""

    alive: bool
    trouble: str


@dataclass(slots=True)
class News:
    """All that has changed since the screen last took the news.

    Attributes:
        opened: the whole incident, once, when the journal was read; from then on it belongs to the screen.
        lines: new output by run.
        restarted: the runs whose lines replace what the screen has of them.
        trouble: why the journal cannot be read any more; False: it can be read again.
        here: who has the incident open.
        held_by: who holds the journal while a write waits for it; empty: nobody does any more.
    """

    opened: Incident | None = None
    events: list[Event] = field(default_factory=list)
    lines: dict[int, list[OutputLine]] = field(default_factory=dict)
    restarted: set[int] = field(default_factory=set)
    readings: dict[str, Reading] | None = None
    runner: Runner | None = None
    trouble: CleoError | bool | None = None
    held_by: str | None = None
    here: Sequence[Present] | None = None

    @property
    def only_measures(self) -> bool:
        """Whether nothing but output and readings came: what flows all the time while something runs."""
        return not (self.opened or self.events or self.runner) and self.trouble is None and self.held_by is None


class Mailbox:
    """Holds the news until the screen takes them. Any thread may put and take.

    Args:
        ring: called in the putting thread when there are news and there were none before.
    """

    def __init__(self, ring: Callable[[], object]) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        self._news = News()
        self._waiting = False

    def put(self, change: Callable[[News], None]) -> None:
        """Let ``change`` add to the news, and ring if they are the first."""
        with self._lock:
            change(self._news)
            ring, self._waiting = not self._waiting, True
        if ring:
            self._ring()

    def take(self) -> News:
        """Return the news, and begin with none."""
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
