"""Writes a runner's events: a start is refused where it cannot be written, and what has happened is retried."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from actions.runner.durable_write import REFUSED, Write, write_or_raise, write_until_durable
from journal.events import types as e
from journal.store.journal import Journal

End = e.ActionFinished | e.ActionInDoubt


class RunnerGone(Exception):
    """The runner stopped while an event could not be written; the run ends as if the runner had died."""


class Writes:
    """Writes the events of one runner, from any thread.

    Args:
        journal: the incident's journal.
        on_fault: told what keeps it from writing, and an empty text once it can again.
        gives_up: asked while the disk refuses, whether the runner stops.
    """

    def __init__(self, journal: Journal, on_fault: Callable[[str], None], gives_up: Callable[[], bool]) -> None:
        self.journal = journal
        self.on_fault = on_fault
        self._gives_up = gives_up

    def try_append(self, body: e.Body) -> None:
        """Write an event or raise; nothing begins before it is known which.

        Raises:
            JournalWriteFailed, JournalReadFailed: it is not written, or that is not known.
        """
        write_or_raise(lambda: self.journal.append(body), self.on_fault, self._gives_up)

    def append(self, body: e.Body) -> None:
        """Write an event that has happened, however long the disk refuses it; return once it is durable.

        Raises:
            RunnerGone: the runner stops before the disk takes it.
        """
        self._write(lambda: self.journal.append(body))

    def append_end(self, body: End) -> None:
        """As `append`, with the digest of what the run printed: that may be hard to read, too."""
        self._write(lambda: self.journal.append(self._with_output(body)))

    def _write(self, write: Write) -> None:
        try:
            write_until_durable(write, self.on_fault, self._gives_up)
        except REFUSED:
            # As if this runner had died here: its successor finds the run unfinished, and says so.
            raise RunnerGone from None

    def _with_output(self, body: End) -> End:
        lines, sha256 = self.journal.output_digest(body.run)
        return msgspec.structs.replace(body, output_lines=lines, output_sha256=sha256)
