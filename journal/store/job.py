"""One piece of writing that waits for the writer, and how its caller learns the result."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from functools import partial
from typing import Any

from journal.store.errors import JournalError


class Job:
    """Something to write in one piece, and the future that gets its result.

    Args:
        work: writes through the connection it is given; a JournalError from it undoes this work only.
        rows: about how many rows it writes.
        durable: whether the result must wait until it is on the disk.
    """

    def __init__(self, work: Callable[[sqlite3.Connection], Any], rows: int, *, durable: bool = True) -> None:
        self.work = work
        self.rows = rows
        self.durable = durable
        self.future: Future[Any] = Future()

    def done_in(self, conn: sqlite3.Connection) -> Callable[[], None]:
        """Do the work in a savepoint; return what to call once all is committed, to give the caller the result.

        Raises:
            sqlite3.Error: the whole transaction is lost.
        """
        conn.execute("SAVEPOINT job")
        try:
            result = self.work(conn)
        except JournalError as error:
            conn.execute("ROLLBACK TO job")
            return partial(self.future.set_exception, error)
        finally:
            if conn.in_transaction:
                conn.execute("RELEASE job")
        return partial(self.future.set_result, result)

    def done_alone(self, conn: sqlite3.Connection) -> Callable[[], None]:
        """Do the work as `done_in` does, in a transaction of its own; that saves the two statements of a savepoint.

        Raises:
            sqlite3.Error: nothing is written.
        """
        conn.execute("BEGIN IMMEDIATE")
        try:
            result = self.work(conn)
        except JournalError as error:
            conn.execute("ROLLBACK")
            return partial(self.future.set_exception, error)
        conn.execute("COMMIT")
        return partial(self.future.set_result, result)

    def fail(self, error: BaseException) -> None:
        """Give the caller an error, if it still waits."""
        with suppress(InvalidStateError):  # it may give up waiting at this very moment
            self.future.set_exception(error)


def still_wanted(batch: list[Job]) -> list[Job]:
    """Return the jobs whose callers have not given up waiting; from now on they cannot."""
    return [job for job in batch if job.future.set_running_or_notify_cancel()]
