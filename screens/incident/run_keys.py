"""The keys of the incident console that ask the runner for something. None touches a system itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import App

from journal.events.types import Override
from journal.incident.backup_catalogue import catalogue_of
from journal.incident.closed_gates import opened_by
from journal.incident.cures import cure_params
from journal.incident.instances import instances, left
from journal.incident.records import Run
from journal.plan.model import Step
from screens.guidance.availability import cancellable
from screens.guidance.closing import CANCEL
from screens.guidance.confirmation import Confirmed
from screens.guidance.logs import log_of
from screens.guidance.names import title
from screens.guidance.next_action import destructive, looks, refused_run
from screens.incident.cursor import StepCursor
from screens.incident.pending_commands import PendingCommands
from screens.lazy import push


class RunKeys:
    """Runs of the step at the cursor: asking for one, cancelling it, opening the gate that refused it.

    Args:
        app: where dialogs open.
        cursor: the incident and the step.
        pending: writes the requests.
    """

    def __init__(self, app: App[Any], cursor: StepCursor, pending: PendingCommands) -> None:
        self._app = app
        self._cursor = cursor
        self._session = cursor.session
        self._pending = pending

    def run(
        self,
        step: Step,
        overrides: Sequence[Override] = (),
        system: str = "",
        params: Mapping[str, Any] | None = None,
    ) -> None:
        """Ask for a step wherever it is not done; for a destructive one at one system, after the interlock.

        It is run as the plan says, and with what is known to help after a failure.

        Args:
            step: which step.
            overrides: gates that are opened for this run.
            system: the only one at which it is asked for; empty: all at which it is not done.
            params: what a person gave it, in the place of what is known to help.
        """
        self._pending.expect(step.id)
        params = cure_params(self._cursor.incident, step) if params is None else params
        if not destructive(step, self._session.catalogue):
            self._pending.request_run(step, on=[system] if system else [], params=params, overrides=overrides)
            return
        at = system or next(iter(left(self._cursor.incident, step)), "")

        def request(confirmed: Confirmed) -> None:
            on, (typed, shown) = [at] if at else [], confirmed
            self._pending.request_run(step, on=on, params=params, confirmed=typed, shown=shown, overrides=overrides)

        push(self._app, "interlock", self._session, step, at, params, then=request)

    def run_with(self) -> None:
        """Ask for the parameters of the step at the cursor, and run it with them."""
        incident, step = self._cursor.incident, self._cursor.step
        spec = self._session.catalogue[step.action]
        at = left(incident, step) or instances(incident, step)
        push(
            self._app,
            "parameters",
            f"Run with: {title(incident, step)}",
            incident.kind,
            spec.params,
            step.params,
            cure_params(incident, step),
            {"backup": [label for name in at for label in catalogue_of(incident, name).ended]},
            then=lambda params: self.run(step, params=params),
        )

    def show_log(self) -> None:
        """Have the end of the failing system's log shown, and go there."""
        log = log_of(self._cursor.incident, self._cursor.step, self._session.catalogue)
        if log is not None:
            self._session.request(
                "show the log",
                lambda commands: commands.request_action(log.action, {}, system=log.system),
                lambda run: push(self._app, "output", self._session, run),
            )

    def look(self, step: Step) -> None:
        """Ask for all looks that are run together with ``step``."""
        found = looks(self._cursor.incident, step)
        self._pending.expect(*(other.id for other in found))
        for other in found:
            self._pending.request_run(other)

    def dry_run(self) -> None:
        """Show what the step would do."""
        step = self._cursor.step
        params = cure_params(self._cursor.incident, step)
        self._session.request(
            "dry run",
            lambda commands: commands.request_runs(step.id, params=params, dry_run=True),
            self._pending.requested.update,
        )

    def override(self) -> None:
        """Go on although a gate refused, or a step waits for others."""
        run = refused_run(self._cursor.incident, self._cursor.step_id)
        if run and run.refusal and run.refusal.yields != "never":
            self.show_refusal(run)
        else:  # what never yields may be settled by now: ask again, with the reasons that were given before
            self.run(self._cursor.step, run.overrides if run else (), run.system if run else "")

    def show_refusal(self, run: Run, *, by_itself: bool = False) -> None:
        """Show which gate refused a run, and take a person's word where it yields.

        Args:
            run: the refused run.
            by_itself: whether it is shown as it comes, and not because of a key.
        """
        incident = self._cursor.incident
        step = incident.plan.by_id.get(run.step)
        if step is None:
            return

        def overridden(override: Override) -> None:
            overrides = (*run.overrides, override)
            self._pending.request_run_at(
                step, run.system, params=run.params, confirmed=run.confirmed, shown=run.shown, overrides=overrides
            )

        by = opened_by(incident, run.refusal.opens) if run.refusal else ""
        heading = title(incident, step)
        push(
            self._app, "override", heading, incident.kind, run, run.confirmed, by, by_itself=by_itself, then=overridden
        )

    def cancel(self) -> None:
        """Ask what runs at the step to stop."""
        incident, step = self._cursor.incident, self._cursor.step
        run = cancellable(incident, step)
        if run is None:
            return
        push(
            self._app,
            "words",
            f"Cancel: {title(incident, step)}",
            incident.kind,
            label="why (may stay empty)",
            required="",
            text=CANCEL,
            confirm="Cancel the run",
            then=lambda reason: self._session.write("cancel", lambda commands: commands.cancel(run, reason)),
        )

    def resolve(self, step: Step) -> None:
        """Ask what became of the step's run that is in doubt."""
        run = next((run for run in self._cursor.incident.in_doubt() if run.step == step.id), None)
        if run is not None:
            push(self._app, "in doubt", self._session, title(self._cursor.incident, step), run)

    def start_runner(self) -> None:
        """Start a runner if there is none: it measures health and answers requests."""
        self._session.request("start the runner", lambda commands: None)
