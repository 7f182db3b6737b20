"""What a person said of the steps, until the state that the screen shows has it: a second press adds nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from journal.commands.refusals import AlreadyRunning
from journal.errors import CleoError
from journal.events.types import Event
from journal.plan.model import Step
from screens.guidance.looks import goes_on_from
from screens.incident.cursor import StepCursor

if TYPE_CHECKING:
    from journal.commands.incident import IncidentCommands
    from journal.commands.run import RunOptions


class PendingCommands:
    """Writes what is said of steps, and knows what of it the screen does not show yet.

    Args:
        cursor: the incident and the step.

    Attributes:
        begun_at: where the cursor was as the person saw to steps last.
        requested: the ids of the runs that this person asked for and that have neither started nor been refused.
    """

    def __init__(self, cursor: StepCursor) -> None:
        self.requested: set[int] = set()
        self.begun_at = ""
        self._cursor = cursor
        self._session = cursor.session
        self._seqs: dict[str, int] = {}
        """By step: the event that was written last, or 0 while it is being written."""
        self._expected: tuple[str, ...] = ()

    def pending(self, step: Step) -> bool:
        """Return whether something was said of ``step`` that the screen does not show yet."""
        seq = self._seqs.get(step.id)
        return seq is not None and not 0 < seq <= (self._session.incident.seq if self._session.incident else 0)

    def write(
        self, step: Step, what: str, call: Callable[[IncidentCommands], Event], also: Sequence[Step] = ()
    ) -> None:
        """Write what settles a step.

        Args:
            step: which step.
            what: names it, should it fail.
            call: writes it, and returns the last event that it wrote.
            also: which other steps it settles with it.
        """
        steps = [step, *also]
        self.expect(*(one.id for one in steps))
        self._seqs |= dict.fromkeys((one.id for one in steps), 0)

        def written(event: Event) -> None:
            self._seqs |= dict.fromkeys((one.id for one in steps), event.seq)

        def failed(error: CleoError) -> None:
            for one in also:
                self._forget(one)
            self._failed(step, what, error)

        self._session.write(what, call, written, failed)

    def expect(self, *steps: str) -> None:
        """Note which steps this person has just seen to: the cursor goes on once all are done. None: it has gone on."""
        self._expected, self.begun_at = steps, self._cursor.step_id

    def request_run(
        self,
        step: Step,
        *,
        on: Sequence[str] = (),
        params: Mapping[str, Any] | None = None,
        **options: Unpack[RunOptions],
    ) -> None:
        """Ask the runner for a step, unless something was said of it that the screen does not show yet.

        Args:
            step: which step.
            on: at which systems; none: wherever it is not done.
            params: what it is run with beside what the plan gives it.
            options: see `RunOptions`.
        """

        def ask(commands: IncidentCommands) -> list[int]:
            return commands.request_runs(step.id, on=on, params=params, **options)

        self._request(step, ask)

    def request_run_at(
        self, step: Step, system: str, *, params: Mapping[str, Any], **options: Unpack[RunOptions]
    ) -> None:
        """Ask for a step at one system, as `request_run` does.

        Args:
            step: which step.
            system: which system; empty: the only one that there is. Where there are several, nothing is asked for.
            params, options: as in `request_run`.
        """

        def ask(commands: IncidentCommands) -> list[int]:
            return [commands.request_run(step.id, system=system, params=params, **options)]

        self._request(step, ask)

    def _request(self, step: Step, ask: Callable[[IncidentCommands], list[int]]) -> None:
        if self.pending(step):
            return

        def requested(runs: list[int]) -> None:
            self.requested.update(runs)
            self._seqs[step.id] = runs[-1]

        self._seqs[step.id] = 0
        what = f"run {step.title}"
        self._session.request(what, ask, requested, partial(self._failed, step, what))

    @property
    def seen_to(self) -> Sequence[str]:
        """The steps that this person saw to last, where all are settled, and none keeps the cursor; else none."""
        incident, steps = self._session.incident, self._expected
        if incident is None or not all(goes_on_from(incident, incident.plan.by_id[step]) for step in steps):
            return ()
        return steps

    def _failed(self, step: Step, what: str, error: CleoError) -> None:
        """What was said of ``step`` was not written: it may be said again. What runs already is no failure."""
        self._forget(step)
        if isinstance(error, AlreadyRunning):
            self._session.joined.add(error.run)
        else:
            self._session.post_failure(what, error)

    def _forget(self, step: Step) -> None:
        if self._seqs.get(step.id) == 0:  # else something that was said of it before is written
            del self._seqs[step.id]
