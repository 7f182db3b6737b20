"""What a person asks of the runner, and says of what became of it: runs, looks, cancelling, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from journal.commands.seat import NotNow, Seat, required
from journal.events import types as e
from journal.incident.looks import next_look, not_done
from journal.incident.records import Run, RunState, StepState

if TYPE_CHECKING:
    from journal.plan.action_spec import Catalogue

_NOT_DONE = "Say that it failed, or that it is to be run again; look once more after you have mended it by hand."


class RunCommands(Seat):
    """Where one person asks the runner for things. Every method blocks until its event is durable."""

    def request_run(
        self,
        step_id: str,
        *,
        params: Mapping[str, Any] | None = None,
        dry_run: bool = False,
        confirmed: str = "",
        overrides: Sequence[e.Override] = (),
    ) -> int:
        """Ask the runner for a step's action or command. ``params`` replace the plan's, name by name.

        Returns:
            The run's id.

        Raises:
            NotNow: the incident is closed, the step has nothing to run, it is running or in doubt already, or a
                parameter holds a secret.
        """
        step = self._known_step(step_id)
        if step.kind not in ("action", "command"):
            raise NotNow(f"{step.title} has nothing to run.")
        self._may_run(step.action)
        if not dry_run:
            self._not_active(step)
        self._refuse_secrets(params or {})
        body = e.RunRequested(
            step=step_id,
            action=step.action or "command",
            params={**step.params, **(params or {})},
            dry_run=dry_run,
            confirmed=confirmed,
            overrides=list(overrides),
        )
        return self._append(body).seq

    def request_action(
        self,
        action: str,
        params: Mapping[str, Any],
        *,
        dry_run: bool = False,
        confirmed: str = "",
        overrides: Sequence[e.Override] = (),
    ) -> int:
        """Ask the runner for an action outside the plan's steps, or for the step that is bound to it.

        The run counts for the first step bound to ``action`` that applies, is not settled and not running;
        where there is none it stands alone.

        Returns:
            The run's id.

        Raises:
            NotNow: the incident is closed, and nothing is in force that ``action`` takes back; or a parameter holds
                a secret.
        """
        self._may_run(action)
        self._refuse_secrets(params)
        body = e.RunRequested(
            step=self._step_for(action),
            action=action,
            params=dict(params),
            dry_run=dry_run,
            confirmed=confirmed,
            overrides=list(overrides),
        )
        return self._append(body).seq

    def probe(self, run_id: int, catalogue: Catalogue) -> int:
        """Ask for the read-only look into what an in-doubt run left.

        Which look it is: `journal.incident.looks.next_look`.

        Returns:
            The probe's own run id.

        Raises:
            NotNow: the run is not in doubt, or its action has no probe.
        """
        run = self._doubtful(run_id)
        look = next_look(self._incident(), run, catalogue)
        if not look:
            raise NotNow(f"{run.action} has no probe.", "Look at the system yourself, then say what you found.")
        return self._append(e.RunRequested(step=run.step, action=look, probe_of=run_id)).seq

    def look_at(self, run_id: int, catalogue: Catalogue) -> int:
        """Ask for the read-only look at what a run left in force.

        Returns:
            The look's own run id.

        Raises:
            NotNow: the incident is closed, or nothing in force of that run can be looked at.
        """
        incident = self._open()
        held = next((held for held in incident.in_force.values() if run_id in held.runs), None)
        spec = catalogue.get(held.undone_by) if held else None
        if spec is None or not spec.probe:
            raise NotNow("Nothing that this run left in force can be looked at.", "Look at the system yourself.")
        body = e.RunRequested(step=incident.runs[run_id].step, action=spec.probe, probe_of=run_id)
        return self._append(body).seq

    def cancel(self, run_id: int, reason: str = "") -> e.Event:
        """Ask a run to stop. It stops when its runner says so, not before.

        Raises:
            NotNow: it is not running.
        """
        run = self._incident().runs.get(run_id)
        if run is None or run.state is not RunState.RUNNING:
            raise NotNow("There is nothing running to cancel." if run is None else f"The run is {run.state}.")
        return self._append(e.CancelRequested(step=run.step, run=run_id, reason=reason.strip()))

    def resolve(self, run_id: int, verdict: Literal["done", "failed", "run_again"], reason: str) -> e.Event:
        """Say what an in-doubt run was. ``run_again`` makes its step ready; it starts nothing.

        Raises:
            NotNow: the run is not in doubt, the reason is missing, or "done" contradicts the last look.
        """
        run = self._doubtful(run_id)
        if verdict == "done" and (why := not_done(self._incident(), run_id)):
            raise NotNow(why, _NOT_DONE)
        reason = required(reason, "Say what you saw that tells how it ended.")
        return self._append(e.DoubtResolved(step=run.step, run=run_id, verdict=verdict, reason=reason))

    def _refuse_secrets(self, params: Mapping[str, Any]) -> None:
        for name, value in params.items():
            self._refuse_secret(f"The parameter {name}", value)

    def _step_for(self, action: str) -> str:
        incident = self._incident()
        open_states = (StepState.READY, StepState.WAITING, StepState.FAILED, StepState.CANCELLED)
        bound = (step.id for step in incident.in_state(*open_states) if step.action == action)
        return next(bound, "")

    def _doubtful(self, run_id: int) -> Run:
        run = self._open().runs.get(run_id)
        if run and run.verdict:
            raise NotNow(f"It is settled already: {run.settled}")
        if run is None or run.state is not RunState.IN_DOUBT:
            raise NotNow("That run is not in doubt.")
        return run
