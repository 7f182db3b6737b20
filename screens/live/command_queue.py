"""One thread that writes what people say into an incident, in the order in which they said it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from journal.incident.fold import apply_event, fold_events
from journal.incident.state import Incident
from journal.store.reader import Reader

if TYPE_CHECKING:
    from journal.commands.exercise import ExerciseCommands
    from journal.commands.incident import IncidentCommands
    from journal.commands.review import ReviewCommands
    from journal.store.journal import Journal

T = TypeVar("T")


class CommandQueue:
    """Runs incident commands one after the other, in a thread of its own: a write may block, and the screen must not.

    Commands are checked against a state that belongs to this thread, brought up to the journal's end before every
    call. The screen's state belongs to the screen's thread, and may be a moment old.

    Args:
        path: the incident's journal.
        open_journal: opens it for writing, when something is first written; `close` closes it.
    """

    def __init__(self, path: Path, open_journal: Callable[[], Journal]) -> None:
        self._path = path
        self._open_journal = open_journal
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commands")
        self._incident: Incident | None = None
        self._opened: Journal | None = None

    def submit(self, call: Callable[[IncidentCommands], T]) -> Future[T]:
        """Call ``call`` with the incident's commands; the future holds what it returned or raised."""

        def work() -> T:
            from actions.positions import position_forms
            from journal.commands.incident import IncidentCommands

            return call(IncidentCommands(self._journal, self._known, position_forms))

        return self._pool.submit(self._work, work)

    def submit_review(self, call: Callable[[ReviewCommands], T]) -> Future[T]:
        """Like `submit`, with the commands of the report: escalation calls, fields, action items, sign-offs."""

        def work() -> T:
            from journal.commands.review import ReviewCommands

            return call(ReviewCommands(self._journal, self._known))

        return self._pool.submit(self._work, work)

    def submit_lead(self, call: Callable[[ExerciseCommands], T]) -> Future[T]:
        """Like `submit`, with the commands of whoever leads an exercise."""

        def work() -> T:
            from journal.commands.exercise import ExerciseCommands

            return call(ExerciseCommands(self._journal, self._known))

        return self._pool.submit(self._work, work)

    def close(self) -> None:
        """Close the journal once all that was submitted is written. Returns at once."""
        self._pool.submit(self._close)
        self._pool.shutdown(wait=False)

    @property
    def _journal(self) -> Journal:
        """The journal; where it cannot be opened, the next write tries again.

        No ``cached_property``: up to Python 3.11 that has one lock for all incidents, also those on a disk that hangs.
        """
        if self._opened is None:
            self._opened = self._open_journal()
        return self._opened

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def _work(self, call: Callable[[], T]) -> T:
        self._catch_up()
        return call()

    def _known(self) -> Incident:
        if self._incident is None:
            raise RuntimeError("a command was called before the journal was read")
        return self._incident

    def _catch_up(self) -> None:
        with Reader(self._path) as reader:
            if self._incident is None:
                self._incident = fold_events(reader.events())
                return
            for event in reader.events(after=self._incident.seq):
                apply_event(self._incident, event)
