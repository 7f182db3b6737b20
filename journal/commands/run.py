"""What a person asks of the runner, and says of what became of it: runs, looks, cancelling, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from journal.commands import refusals
from journal.commands.aim import aim, step_for, the_one_meant
from journal.commands.base import Commands, known_step, required
from journal.commands.refusals import NotNow, raise_if
from journal.events import types as e
from journal.incident.looks import next_look, not_done, to_look_at
from journal.incident.records import Run, RunState
from journal.incident.roster import able
from journal.wording import reasons

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.action_spec import ActionSpec, Catalogue
    from journal.plan.model import Step


_NOT_DONE = "Say that it failed, or that it is to be run again; look once more after you have mended it by hand."


class RunOptions(TypedDict, total=False):
    """How a run is asked for, beside what is run and at which system.

    Attributes:
        dry_run: only say what would be done.
        confirmed: the identity that was typed at the interlock.
        shown: the dry run that was read there; 0: none.
        overrides: gates that are opened for this run.
    """

    dry_run: bool
    confirmed: str
    shown: int
    overrides: Sequence[e.Override]


class RunCommands(Commands):
    """Where one person asks the runner for things. Every method blocks until its event is durable."""

    def request_run(
        self,
        step_id: str,
        *,
        system: str = "",
        params: Mapping[str, Any] | None = None,
        **options: Unpack[RunOptions],
    ) -> int:
        """Ask the runner for a step's action or command at one system.

        Args:
            step_id: the step.
            system: the inventory's system; empty: the only one at which the step is not done.
            params: replace the plan's, name by name.
            options: see `RunOptions`.

        Returns:
            The run's id.

        Raises:
            AlreadyRunning: the same is under way.
            NotNow: the incident is closed, the step has nothing to run, it is running or in doubt already, it acts on
                several systems or not on this one, or a parameter holds a secret.
        """
        incident, step = self._runnable(step_id)
        at = aim(incident, step, [system] if system else [])
        if len(at) > 1:
            raise NotNow(f"{step.title} acts on several systems: {', '.join(at)}.", "Say on which of them.")
        (run_id,) = self._ask(incident, step, at, params or {}, options)
        return run_id

    def request_runs(
        self,
        step_id: str,
        *,
        on: Sequence[str] = (),
        params: Mapping[str, Any] | None = None,
        **options: Unpack[RunOptions],
    ) -> list[int]:
        """Ask for a step at every system at which it is neither done nor under way, or at those in ``on``.

        The other arguments, and what it raises, are as in `request_run`.

        Returns:
            The runs' ids, one a system.
        """
        incident, step = self._runnable(step_id)
        return self._ask(incident, step, aim(incident, step, on), params or {}, options)

    def request_action(
        self, action: str, params: Mapping[str, Any], *, system: str = "", **options: Unpack[RunOptions]
    ) -> int:
        """Ask the runner for an action outside the plan's steps, or for the step that is bound to it.

        The run counts for the first step bound to ``action`` that applies, is not settled and not running, and has
        the plan's parameters besides ``params``; where there is none it stands alone.

        Args:
            action: its name.
            params: its parameters.
            system: the inventory's system that it acts on; empty: the only one there is for it.
            options: see `RunOptions`.

        Returns:
            The run's id.

        Raises:
            NotNow: the incident is closed, and nothing is in force that ``action`` takes back; it can act on several
                systems, or not on this one; or a parameter holds a secret.
        """
        (run_id,) = self.request_actions(action, params, on=[system], **options)
        return run_id

    def request_actions(
        self, action: str, params: Mapping[str, Any], *, on: Sequence[str], **options: Unpack[RunOptions]
    ) -> list[int]:
        """Ask for an action at each system in ``on``, at all of them or at none; otherwise as `request_action`.

        Returns:
            The runs' ids, one a system.
        """
        incident = self._incident()
        raise_if(refusals.run_action(incident, action))
        asked = [self._action(incident, action, params, system, options) for system in on or [""]]
        return [event.seq for event in self._append_all(incident, asked)]

    def probe(self, run_id: int, catalogue: Catalogue) -> int:
        """Ask for the read-only look into what an in-doubt run left.

        Which look it is: `journal.incident.looks.next_look`.

        Returns:
            The probe's own run id.

        Raises:
            NotNow: the run is not in doubt, or its action has no probe.
        """
        incident = self._open()
        run = _doubtful(incident, run_id)
        look = next_look(incident, run, catalogue)
        if not look:
            raise NotNow(f"{run.action} has no probe.", "Look at the system yourself, then say what you found.")
        return self._look(incident, run, look, _shared(run, catalogue.get(look)))

    def look_at_in_force(self, catalogue: Catalogue) -> list[int]:
        """Ask for the read-only looks at all holds and blocks in force that can be looked at.

        Returns:
            The looks' own run ids; none where there is nothing to look at.

        Raises:
            NotNow: the incident is closed.
        """
        incident = self._open()
        looks = to_look_at(incident, catalogue).items()
        return [self._look(incident, incident.runs[run], look) for run, look in looks]

    def cancel(self, run_id: int, reason: str = "") -> e.Event:
        """Ask a run to stop. It stops when its runner says so, not before.

        Raises:
            NotNow: it is not running.
        """
        incident = self._incident()
        raise_if(refusals.cancel(incident, run_id))
        body = e.CancelRequested(step=incident.runs[run_id].step, run=run_id, reason=reason.strip())
        return self._append(incident, body)

    def resolve(self, run_id: int, verdict: Literal["done", "failed", "run_again"], reason: str) -> e.Event:
        """Say what an in-doubt run was. ``run_again`` makes its step ready; it starts nothing.

        Raises:
            NotNow: the run is not in doubt, the reason is missing, or "done" contradicts the last look.
        """
        incident = self._open()
        run = _doubtful(incident, run_id)
        if verdict == "done" and (why := not_done(incident, run_id)):
            raise NotNow(why, _NOT_DONE)
        reason = required(reason, reasons.VERDICT)
        return self._append(incident, e.DoubtResolved(step=run.step, run=run_id, verdict=verdict, reason=reason))

    def _look(self, incident: Incident, run: Run, look: str, params: Mapping[str, Any] | None = None) -> int:
        """Ask for a look into a run, and return its id."""
        body = e.RunRequested(step=run.step, action=look, system=run.system, probe_of=run.id, params=dict(params or {}))
        return self._append(incident, body).seq

    def _action(
        self, incident: Incident, action: str, params: Mapping[str, Any], system: str, options: RunOptions
    ) -> e.RunRequested:
        step = step_for(incident, action, system)
        if step is None:
            names = [known.name for known in able(incident.roster.systems.values(), action)]
        else:
            names = aim(incident, step, [system] if system else [])
        return self._request(incident, step, action, the_one_meant(names, system, action), params, options)

    def _runnable(self, step_id: str) -> tuple[Incident, Step]:
        incident = self._incident()
        step = known_step(incident, step_id)
        raise_if(refusals.run(incident, step))
        return incident, step

    def _ask(
        self, incident: Incident, step: Step, at: Sequence[str], params: Mapping[str, Any], options: RunOptions
    ) -> list[int]:
        action = step.action or "command"
        asked = [self._request(incident, step, action, name, params, options) for name in at or [""]]
        if not options.get("dry_run"):
            for body in asked:
                raise_if(refusals.run_at(incident, step, body.system, body.params))
        return [event.seq for event in self._append_all(incident, asked)]

    def _request(
        self,
        incident: Incident,
        step: Step | None,
        action: str,
        system: str,
        params: Mapping[str, Any],
        options: RunOptions,
    ) -> e.RunRequested:
        for name, value in params.items():
            self._refuse_secret(f"The parameter {name}", value)
        if system not in incident.roster.shown:  # a name that is known is accepted, whatever the passwords are
            self._refuse_secret("The name of the system", system)
        for override in options.get("overrides", ()):
            if override.gate not in _gates(incident):
                self._refuse_secret("The name of the gate", override.gate)
        return e.RunRequested(
            step=step.id if step else "",
            action=action,
            system=system,
            params={**(step.params if step else {}), **params},
            dry_run=options.get("dry_run", False),
            confirmed=options.get("confirmed", ""),
            shown=options.get("shown", 0),
            overrides=list(options.get("overrides", ())),
        )


def _gates(incident: Incident) -> set[str]:
    """Return the gates that refused a run, or that a dry run found closed."""
    runs = incident.runs.values()
    refused = {run.refusal.gate for run in runs if run.refusal}
    return refused | {closed.gate for run in runs for closed in run.closed}


def _doubtful(incident: Incident, run_id: int) -> Run:
    run = incident.runs.get(run_id)
    if run and run.verdict:
        raise NotNow(f"It is settled already: {run.settled}")
    if run is None or run.state is not RunState.IN_DOUBT:
        raise NotNow("That run is not in doubt.")
    return run


def _shared(run: Run, look: ActionSpec | None) -> dict[str, Any]:
    """Return those of a run's parameters that its probe has, too: they tell where it was at work."""
    names = {param.name for param in look.params} if look else set()
    return {name: value for name, value in run.params.items() if name in names}
