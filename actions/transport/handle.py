"""A program that was started or found again, and can be followed until it ends."""

from __future__ import annotations

from collections.abc import Callable

from actions.transport.program import Completed, OnOutput, Program
from actions.transport.waiting import Wait


class Handle(Program):
    """A program under the shim (see `Program`), with the way to wait for it."""

    def wait(
        self,
        *,
        on_output: OnOutput,
        cancelled: Callable[[], bool],
        deadline_s: float | None = None,
        grace_s: float = 10,
    ) -> Completed:
        """Follow the program to its end, and hand its output on in whole lines.

        Args:
            on_output: called with the lines as they come, from this thread.
            cancelled: asked between two looks; once it says True the group gets TERM, and KILL after ``grace_s``.
            deadline_s: seconds from now after which the program is ended in the same way.
            grace_s: seconds between TERM and KILL.

        Raises:
            DeadlineExceeded: it was ended because of ``deadline_s``.
            ProgramLost: it cannot be known how it ended.
            TransportLost: its host cannot be reached any more.
            NothingStarted: it had not started; it was given up and never will.
        """
        return Wait(self, on_output, cancelled, deadline_s, grace_s).to_the_end()
