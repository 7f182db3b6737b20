"""The group-commit writer: all writes of one process to one journal, whichever segment that has come to.

A caller that finds the writer idle and the journal unlocked writes in its own thread: changing threads twice takes as
long as half a flush of the disk. Otherwise it queues a job and waits. The writer's thread takes all waiting jobs, waits
for the writers' lock, writes them in one transaction, and gives each caller its result once that is on the disk:
several callers share one flush.
"""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from journal.store.connection import close_whole, open_for_writing
from journal.store.errors import JournalError, JournalWriteFailed
from journal.store.failover.failover import Failover
from journal.store.failover.segments import Segments
from journal.store.failures import is_disk_failure, write_failure
from journal.store.filelock import WritersLock
from journal.store.holders import who_holds
from journal.store.job import Job, still_wanted
from journal.store.migrate import migrate_if_older
from journal.store.output import HEAVIEST
from journal.store.wait import Wait

_LOOKS_FOR_A_TURN, _BETWEEN_LOOKS_S = 100, 0.01
"""Closing tries for a second to get the writers' lock; a process that holds it longer may be stopped (SIGSTOP)."""

PATIENCE_SECONDS = 30.0
"""Seconds that a caller waits for the writers' lock before JournalBusy is raised."""

T = TypeVar("T")


class Writer:
    """Writes to one journal. ``run`` may be called from any thread.

    Args:
        path: the journal's first file.
        patience: seconds that a caller waits for the writers' lock.
        failover: makes the next segment when a disk fails; None: the caller gets the error.
        deadline: never write in the caller's thread, so that it gets an error even where the disk does not answer.
        waiting: called with the names of the processes that hold the journal once a caller has waited for a second,
            and with an empty text afterwards.
    """

    def __init__(
        self,
        path: Path,
        patience: float = PATIENCE_SECONDS,
        failover: Failover | None = None,
        *,
        deadline: bool = False,
        waiting: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._path = path
        self._patience = patience
        self._failover = failover
        self._deadline = deadline
        self._at_work = threading.Lock()
        self._segments = Segments(path)
        self._wait = Wait(path, patience, lambda: who_holds(self._segments.last), waiting)
        self._lock = WritersLock(path)
        self._conn: sqlite3.Connection | None = None
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._left_over: Job | None = None
        self._durable = True
        self._closed = False
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._work, name=f"journal {path.name}", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[sqlite3.Connection], T], rows: int, *, durable: bool = True) -> T:
        """Write something; return its result once it is on the disk.

        Args:
            work: writes through the connection it is given; a JournalError from it undoes this work only.
            rows: about how many rows it writes; a long one counts for several.
            durable: False: return once readers see it, before it is on the disk.

        Raises:
            JournalError: ``work`` refused it.
            JournalWriteFailed: it was not written; JournalUnanswered: that is not known yet.
        """
        job = Job(work, rows, durable=durable)
        if self._written_here(job):
            done: T = job.future.result()
            return done
        with self._closing:
            if self._closed:
                raise JournalWriteFailed(f"The journal {self._path} was closed here.", "Open it again.")
            self._jobs.put(job)
        result: T = self._wait.result(job)
        return result

    def _written_here(self, job: Job) -> bool:
        """Write in the caller's own thread if nobody else writes or waits; return whether that was so."""
        if self._deadline or not self._at_work.acquire(blocking=False):
            return False
        try:
            waiting = self._left_over is not None or not self._jobs.empty()
            return not self._closed and not waiting and self._write([job], wait=False)
        except BaseException:  # an interrupt from the keyboard: nothing half-written may stay open
            self._disconnect()
            raise
        finally:
            self._at_work.release()

    def close(self) -> None:
        """Write what waits, then close the file. A second call does nothing."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join(self._patience)

    def _work(self) -> None:
        while batch := self._next_batch():
            with self._at_work:
                self._write(batch, wait=True)
        with self._at_work:
            self._let_go()

    def _next_batch(self) -> list[Job]:
        """Wait for a job; return it with those that wait and fit into one transaction. Empty: the writer was closed."""
        first = self._left_over or self._jobs.get()
        self._left_over = None
        if first is None:
            return []
        batch, rows = [first], first.rows
        while not self._jobs.empty():
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)
                break
            rows += job.rows
            if rows > HEAVIEST:
                self._left_over = job
                break
            batch.append(job)
        return batch

    def _write(self, batch: list[Job], *, wait: bool) -> bool:
        """Write a batch and give its callers results or error; return False if somebody else has the lock."""
        try:
            tell = self._written(batch, wait=wait)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait, and we go on
            self._disconnect()
            known = self._explained(error)
            for job in batch:
                job.fail(known)
            return True
        for told in tell or ():
            told()
        return tell is not None

    def _explained(self, error: Exception) -> JournalError:
        if isinstance(error, JournalError):
            return error
        known = write_failure(self._segments.last, error)
        known.__cause__ = error
        return known

    def _written(self, batch: list[Job], *, wait: bool) -> list[Callable[[], None]] | None:
        """Write to the segment that is the last one once we have the lock; return what to call to give the results.

        None: somebody else has the lock, and we do not wait.
        """
        jobs: list[Job] | None = None
        failed_over = False
        while True:
            with self._lock.held(wait=wait or failed_over) as locked:
                if not locked:
                    return None
                if not self._segments.advance():
                    self._segments.check_whole()
                    jobs = still_wanted(batch) if jobs is None else jobs
                    try:
                        return self._transact(jobs)
                    except (sqlite3.Error, OSError) as error:
                        if failed_over or not self._fail_over(error):
                            raise
                        failed_over = True
            self._move()

    def _transact(self, jobs: list[Job]) -> list[Callable[[], None]]:
        if self._conn is None:
            self._conn = self._open()
        self._flush_each_commit(any(job.durable for job in jobs))
        if len(jobs) == 1:
            return [jobs[0].done_alone(self._conn)]
        self._conn.execute("BEGIN IMMEDIATE")
        tell = [job.done_in(self._conn) for job in jobs]
        self._conn.execute("COMMIT")
        return tell

    def _flush_each_commit(self, durable: bool) -> None:
        """Have commits wait for the disk, or not; one that does takes all before it to the disk as well."""
        if self._conn is not None and durable != self._durable:
            self._conn.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable

    def _open(self) -> sqlite3.Connection:
        self._durable = True
        migrate_if_older(self._segments.last)
        return open_for_writing(self._segments.last)

    def _fail_over(self, failure: Exception) -> bool:
        """Make the next segment while we have the lock, if it was the disk that failed; return whether it was made."""
        if self._failover is None or not is_disk_failure(self._segments.last, failure):
            return False
        if self._conn is not None and self._conn.in_transaction:
            # This very connection knows what was acknowledged; a new one might find more in a torn log.
            with contextlib.suppress(sqlite3.Error):
                self._conn.execute("ROLLBACK")
        return self._failover.begin(self._segments, self._conn, failure) and self._segments.advance()

    def _move(self) -> None:
        """Change from the segment that was the last one to the one that is."""
        self._disconnect()
        self._lock.close()
        self._lock = WritersLock(self._segments.last)

    def _disconnect(self) -> None:
        """Close the connection: after a failure, the next attempt starts from what is on the disk."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _let_go(self) -> None:
        """Close the file; if nobody else has it open, leave it complete without its -wal."""
        try:
            for _ in range(_LOOKS_FOR_A_TURN):
                with self._lock.held(wait=False) as locked:
                    if locked:
                        self._close_whole()
                        return
                time.sleep(_BETWEEN_LOOKS_S)
        except OSError:
            pass  # No lock to be had: the file and its -wal stay together and lose nothing.
        finally:
            self._disconnect()
            self._lock.close()

    def _close_whole(self) -> None:
        if self._conn is not None:
            self._flush_each_commit(durable=True)
            close_whole(self._segments.last, self._conn)
            self._conn = None
