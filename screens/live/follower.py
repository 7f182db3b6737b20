"""One thread that follows one incident's journal: events, output of the runs that are shown, readings, the runner."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from journal.errors import CleoError
from journal.incident.fold import fold_events
from journal.store.follow import Follower
from journal.store.reader import Reader
from screens.live.news import TAIL, Mailbox, Runner, add_lines

_WAIT = 0.25
_OUTPUT_EVERY = 0.25
"""4 Hz: what a person can read, and 7 ms of key latency instead of 62 (style, "verified")."""
_RUNNER_EVERY = 1.0
_RETRY_AFTER = 1.0
_FIRST_LINES = 500


class IncidentFollower(threading.Thread):
    """Follows until `stop`, and puts all that is new into a mailbox. After an error it puts that, and tries again.

    Args:
        path: the journal.
        mailbox: takes the news.
        ask_runner: returns how the incident's runner is.
        after: the seq of the last event that is known already; at 0 the whole incident is read first.
    """

    def __init__(self, path: Path, mailbox: Mailbox, ask_runner: Callable[[], Runner], after: int = 0) -> None:
        super().__init__(name=f"follow {path.parent.name}", daemon=True)
        self._path = path
        self._mailbox = mailbox
        self._runner_of = ask_runner
        self._ended = threading.Event()
        self._seq = after
        self._follower: Follower | None = None
        self._troubled = False
        self._watched: frozenset[int] = frozenset()
        self._unwatched: deque[int] = deque()
        self._last_line: dict[int, int] = {}
        self._runner: Runner | None = None
        self._asking = threading.Lock()
        self._asked_at = self._read_at = float("-inf")

    def stop(self) -> None:
        """End soon; does not wait."""
        self._ended.set()
        self.look_now()

    def look_now(self) -> None:
        """Look for news at once: something was written here, or another run is watched."""
        if self._follower:
            self._follower.poke()

    def watch(self, runs: frozenset[int]) -> None:
        """Follow the output of these runs, and of no others."""
        unwatched, self._watched = self._watched - runs, runs
        self._unwatched.extend(unwatched)  # all of them: a run that is watched again wants all its lines again
        self.look_now()

    def ask_runner(self) -> None:
        """Ask how the runner is, and put it into the mailbox where it has changed. Any thread may call this."""
        with self._asking:
            runner = self._runner_of()
            if runner != self._runner:
                self._runner = runner
                self._mailbox.put(lambda news: setattr(news, "runner", runner))

    def run(self) -> None:
        """Follow, and begin again after a failure."""
        while not self._ended.is_set():
            try:
                self._follow()
            except CleoError as error:
                self._report(error)
            except OSError as error:  # the folder is gone, or its disk: who looks after the runner opens it
                self._report(CleoError(f"The folder {self._path.parent} cannot be opened: {error.strerror}."))

    def _report(self, trouble: CleoError) -> None:
        self._troubled = True
        self._mailbox.put(lambda news: setattr(news, "trouble", trouble))
        self._ended.wait(_RETRY_AFTER)

    def _follow(self) -> None:
        with Reader(self._path) as reader:
            if not self._seq:
                incident = fold_events(reader.events())
                self._seq = incident.seq
                self._mailbox.put(lambda news: setattr(news, "opened", incident))
            if self._troubled:
                self.ask_runner()  # before all is said to be well: that may be what went wrong
                self._troubled = False
                self._mailbox.put(lambda news: setattr(news, "trouble", False))
            with Follower(self._path, self._seq, _WAIT) as follower:
                self._follower = follower
                changed = True
                while not self._ended.is_set():
                    self._take_events(follower)
                    changed = self._take_rest(reader, changed or reader.changed())
                    self._ask_again()

    def _take_events(self, follower: Follower) -> None:
        events = follower.wait(_WAIT)
        if events:
            self._seq = events[-1].seq
            self._mailbox.put(lambda news: news.events.extend(events))

    def _take_rest(self, reader: Reader, changed: bool) -> bool:
        """Read output and readings if it is time; return whether there is still something to read."""
        self._forget_unwatched()
        fresh = not self._watched <= self._last_line.keys()
        now = time.monotonic()
        if not fresh and (not changed or now - self._read_at < _OUTPUT_EVERY):
            return changed
        self._read_at = now
        for run in self._watched:
            self._take_output(reader, run)
        readings = reader.readings()
        self._mailbox.put(lambda news: setattr(news, "readings", readings))
        return False

    def _forget_unwatched(self) -> None:
        while self._unwatched:
            self._last_line.pop(self._unwatched.popleft(), None)

    def _take_output(self, reader: Reader, run: int) -> None:
        """Read a run's new lines; where more came than can be shown, only the last ones."""
        restart = run not in self._last_line
        after = self._last_line.get(run, 0)
        lines = reader.tail(run, _FIRST_LINES) if restart else reader.output(run, after, TAIL)
        if len(lines) == TAIL:
            restart, lines = True, reader.tail(run, _FIRST_LINES)
        self._last_line[run] = lines[-1].n if lines else after
        if lines or restart:
            self._mailbox.put(lambda news: add_lines(news, run, lines, restart=restart))

    def _ask_again(self) -> None:
        now = time.monotonic()
        if now - self._asked_at >= _RUNNER_EVERY:
            self._asked_at = now
            self.ask_runner()
