"""Follows one program until it ends: output, cancellation, deadline."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from actions.transport.errors import DeadlineExceeded, NothingStarted, ProgramLost
from actions.transport.lines import Lines, Tail
from actions.transport.program import Completed, OnOutput, Program, ProgramStatus, State, Stream, ending

_ENDING_S = 0.002
"""First pause once the program is seen to have ended: the shim writes the exit status within milliseconds."""
_KILLED_WITHIN_S = 30
"""Seconds after KILL in which the kernel should have ended a process that is not stuck in a device."""


class Wait:
    """One call of ``Handle.wait``; see there."""

    def __init__(
        self,
        handle: Program,
        on_output: OnOutput,
        cancelled: Callable[[], bool],
        deadline_s: float | None,
        grace_s: float,
    ) -> None:
        self._handle, self._on_output, self._cancelled = handle, on_output, cancelled
        self._deadline_s, self._grace_s = deadline_s, grace_s
        self._begin = time.monotonic()
        self._ending_since: float | None = None
        self._too_late = self._killed = self._stopped = False
        self._lines: dict[Stream, Lines] = {"out": Lines(), "err": Lines()}
        self._kept: dict[Stream, Tail] = {"out": Tail(), "err": Tail()}

    def to_the_end(self) -> Completed:
        """Follow the program until it has ended."""
        shortest, longest = self._handle.pause_s
        pause, ended = shortest, False
        while True:
            status, chunks = self._handle.poll()
            self._hand_on(chunks)
            self._tell_if_stopped(status)
            if (not chunks or status.alive) and self._over(status):
                return self._completed(status)
            self._end_if_asked()
            pause = shortest if chunks and not ended else min(pause * 1.5, longest)
            if ended:
                time.sleep(pause)  # to ask once more would not pause at all
            elif ended := self._handle.pause(pause):
                pause = _ENDING_S

    def _hand_on(self, chunks: list[tuple[Stream, bytes]]) -> None:
        for stream, data in chunks:
            self._kept[stream].feed(data)
            for text in self._lines[stream].feed(data):
                self._on_output(stream, text)

    def _tell_if_stopped(self, status: ProgramStatus) -> None:
        """Report that the program was stopped by a signal, and when it continues."""
        if status.stopped != self._stopped and status.state is State.RUNNING:
            self._stopped = status.stopped
            how = f"is STOPPED and does nothing. To let it go on: kill -CONT {status.pid}"
            self._on_output("log", f"{self._what()} (pid {status.pid}) {how if status.stopped else 'goes on.'}")

    def _over(self, status: ProgramStatus) -> bool:
        """Whether the program has ended, and where it was to be ended, its children too."""
        if status.state is State.UNKNOWN:
            raise self._lost(status)
        if status.state is State.NOT_STARTED and self._handle.give_up():
            raise self._never_ran()
        if status.state is State.GIVEN_UP:
            raise self._never_ran()
        if status.state is not State.FINISHED:
            return False
        return self._ending_since is None or self._killed or not self._handle.terminate(0)

    def _end_if_asked(self) -> None:
        now = time.monotonic()
        if self._ending_since is None:
            self._too_late = self._deadline_s is not None and now - self._begin > self._deadline_s
            if self._too_late or self._cancelled():
                self._ending_since = now
                self._handle.terminate(signal.SIGTERM)
        elif now - self._ending_since > self._grace_s + _KILLED_WITHIN_S:
            raise self._will_not_die()
        elif now - self._ending_since > self._grace_s and not self._killed:
            self._handle.terminate(signal.SIGKILL)
            self._killed = True

    def _flush(self) -> None:
        for stream, lines in self._lines.items():
            for text in lines.flush():
                self._on_output(stream, text)

    def _completed(self, status: ProgramStatus) -> Completed:
        self._flush()
        if self._too_late:
            raise DeadlineExceeded(
                f"{self._what()} took longer than {self._deadline_s:g} s; it {ending(status.code)}.",
                "Look at its output for what it was doing, and at its system for what state that left.",
            )
        return Completed(
            argv=list(self._handle.argv),
            code=status.code if status.code is not None else 0,
            out=self._kept["out"].text(),
            err=self._kept["err"].text(),
            duration_s=status.duration_s,
            reattached=self._handle.reattached,
        )

    def _what(self) -> str:
        return self._handle.argv[0] if self._handle.argv else f"The program on {self._handle.name}"

    def _lost(self, status: ProgramStatus) -> ProgramLost:
        self._flush()
        known = (
            f"Its process {status.pid} still runs; nobody will learn its exit status."
            if status.alive
            else f"Its process {status.pid} is gone, and left no exit status."
        )
        return ProgramLost(f"{self._what()} lost its keeper: it cannot be known how it ends.", known)

    def _will_not_die(self) -> ProgramLost:
        known = f"It got TERM and KILL, and its process {self._handle.pid} is still there."
        return ProgramLost(f"{self._what()} cannot be ended.", known)

    def _never_ran(self) -> NothingStarted:
        return NothingStarted(f"{self._what()} had not started, and now never will.", "Run the step again.")
