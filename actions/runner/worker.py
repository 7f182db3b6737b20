"""Executes one run in a thread, from the intent event to the end event."""

from __future__ import annotations

import hashlib
import inspect
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from actions.action import Action
from actions.gate import Closed, overridden
from actions.outcome import ActionFailed, Cancelled, GateClosed, InDoubt, Outcome, Settling, said
from actions.redaction import Redactor
from actions.runner.context import RunContext
from actions.runner.programs import what_is_known
from actions.runner.reentry import REENTERED, reenter
from actions.runner.targets import TargetClaimed, Targets
from actions.runner.unreached import unreached
from actions.runner.writes import End, RunnerGone, Writes
from actions.transport import NOT_REACHED, ProgramLost, TransportLost
from journal.errors import CleoError
from journal.events import types as e
from journal.incident.interlock import word_to_type
from journal.incident.records import Run
from journal.store.journal import JournalWriteFailed


@dataclass(frozen=True)
class Job:
    """One run, and all that a worker needs for it.

    Attributes:
        context: what the action is given.
        writes: how events are written.
        targets: claims what an action changes; None where nothing can be claimed.
        reenter: the run started under an earlier runner; say so instead of starting it.
        closed: the gates of the incident that would refuse what a dry run is for.
        seconds: counts the seconds that pass.
    """

    run: Run
    action: Action
    context: RunContext
    writes: Writes
    targets: Targets | None
    reenter: bool = False
    closed: Sequence[Closed] = ()
    seconds: Callable[[], float] = time.monotonic


class Worker:
    """Runs one job in a thread of its own.

    Args:
        job: what to run.
        done: called from the thread when nothing more will happen.
    """

    def __init__(self, job: Job, done: Callable[[int], None]) -> None:
        self.job = job
        self._done = done
        self._thread = threading.Thread(target=self._work, name=f"run-{job.run.id}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def cancel(self) -> None:
        """Ask the action to stop; it counts as cancelled when it reports so."""
        self.job.context.cancel()

    def join(self, timeout_s: float | None = None) -> None:
        """Wait for the end, at most ``timeout_s`` seconds."""
        self._thread.join(timeout_s)

    def _work(self) -> None:
        try:
            if self.job.reenter:
                self._end(self._reenter() or self._outcome())
            elif self._begin():
                self._end(self._outcome())
        except RunnerGone:
            return
        finally:
            self.job.context.close()
            self._done(self.job.run.id)

    def _reenter(self) -> e.ActionInDoubt | None:
        """Say that the run goes on under a new runner; or return its end, where that may be about something else."""
        job = self.job
        found = reenter(job.run, job.action, job.context)
        if isinstance(found, e.ActionInDoubt):
            return found
        job.writes.append(found)
        job.context.log(REENTERED)
        return None

    def _begin(self) -> bool:
        """Learn the target, ask the gates, check what was typed, claim it, and write the intent down."""
        run, job = self.job.run, self.job
        try:
            target = list(job.action.target(job.context)) if job.action.target else []
        except NOT_REACHED as error:
            self._not_reached(error)
            return False
        except Exception as error:  # noqa: BLE001  # a broken system may answer anything; nothing has begun yet
            job.writes.append(refused(run, _unknown(error), job.context.redactor))
            return False
        return self._may_begin(target)

    def _not_reached(self, error: CleoError) -> None:
        """Say that nothing can be done there: what failed, with what helps, is not asked for in a circle."""
        run, job = self.job.run, self.job
        known = job.context.inventory.systems.get(run.system)
        outcome = unreached(job.action.spec, known.type if known else job.action.spec.system, error)
        job.writes.append(msgspec.structs.replace(self._intent([], []), undone_by=""))
        self._end(self._ended("failed", outcome))

    def _may_begin(self, target: list[e.Identity]) -> bool:
        run, job = self.job.run, self.job
        try:
            refusal = self._refused(target)
            closed = [] if refusal else self._closed(target)
            if closed and not run.dry_run:
                refusal = closed[0]
            if refusal is None:
                if run.changes_step and job.targets and job.action.spec.changes_something:
                    job.targets.claim(target, job.action.spec.touches)
                job.writes.try_append(self._intent(target, closed))
        except TargetClaimed as error:
            refusal = Closed("target", str(error))
        except JournalWriteFailed as error:
            refusal = Closed("journal", f"The journal could not be written, so nothing was started. {error}")
        except Exception as error:  # noqa: BLE001  # a broken system may answer anything; nothing has begun yet
            refusal = _unknown(error)
        if refusal:
            job.writes.append(refused(run, refusal, job.context.redactor))
        return refusal is None

    def _closed(self, target: Sequence[e.Identity]) -> list[Closed]:
        """Return what stays closed: to this run, or to the one that a dry run is for."""
        run, job = self.job.run, self.job
        if run.probe_of:
            return []
        found = [*job.closed, *job.context.closed()]
        if run.dry_run and job.targets and job.action.spec.changes_something:
            try:
                job.targets.require_free(target, job.action.spec.touches)
            except TargetClaimed as error:
                found.append(Closed("target", str(error)))
        return [closed for closed in found if not overridden(closed, run.overrides)]

    def _refused(self, target: Sequence[e.Identity]) -> Closed | None:
        """Return why the confirmation of the interlock is not accepted."""
        run, spec = self.job.run, self.job.action.spec
        word = word_to_type(target)
        if not run.changes_step:
            return None
        if spec.destructive and word and run.confirmed != word:
            typed = f"{run.confirmed!r} was typed" if run.confirmed else "nothing was typed"
            return Closed("interlock", f"{spec.title}: the target is {word}, and {typed}.")
        wrong = next((o for o in run.overrides if o.target and word and o.target != word), None)
        if wrong:
            message = f"The target is {word}, and {wrong.target!r} was typed for the override."
            return Closed(wrong.gate, message, "reason and target")
        return None

    def _intent(self, target: list[e.Identity], closed: list[Closed]) -> e.ActionStarted:
        run, spec = self.job.run, self.job.action.spec
        return e.ActionStarted(
            step=run.step,
            run=run.id,
            action=run.action,
            system=run.system,
            params=self.job.context.redactor.value(run.params),
            target=target,
            digest=digest(self.job.action),
            dry_run=run.dry_run,
            destructive=spec.destructive,
            overrides=run.overrides,
            probe_of=run.probe_of,
            undone_by=spec.undone_by,
            closed=[msgspec.structs.replace(c, message=self.job.context.redactor.text(c.message)) for c in closed],
        )

    def _outcome(self) -> End:
        """Run the action; whatever it raises becomes an end that a person can read."""
        run = self.job.run
        begun = self.job.seconds()
        try:
            outcome = self.job.action.function(self.job.context, **run.params)
            end = self._ended("succeeded" if outcome.ok else "failed", outcome)
        except Cancelled as stop:
            end = self._ended("cancelled", Outcome(ok=False, summary="cancelled", left_behind=stop.left_behind))
        except (ProgramLost, TransportLost, InDoubt) as error:
            why, known = (self.job.context.redactor.text(text) for text in (error.message, what_is_known(error)))
            return e.ActionInDoubt(step=run.step, run=run.id, why=why, program=known)
        except GateClosed as gate:
            facts = {"gate": gate.gate, "yields": gate.yields, "opens": gate.opens}
            end = self._ended("failed", Outcome(ok=False, summary=str(gate), facts=facts, cures=_what_helps(gate)))
        except ActionFailed as error:
            outcome = Outcome(
                ok=False,
                summary=str(error),
                facts=error.facts,
                left_behind=error.left_behind,
                findings=error.findings,
                cures=_what_helps(error),
            )
            end = self._ended("failed", outcome)
        except CleoError as error:
            end = self._ended("failed", Outcome(ok=False, summary=str(error), cures=_what_helps(error)))
        except Exception as error:  # noqa: BLE001  # an action's bug is its failure, with the traceback in its output
            for line in traceback.format_exc().splitlines():
                self.job.context.log(line, "err")
            end = self._ended(
                "failed", Outcome(ok=False, summary=said(error), left_behind="unknown: look at the output")
            )
        return _with_duration(end, self.job.seconds() - begun)

    def _ended(self, status: str, outcome: Outcome) -> e.ActionFinished:
        run, clean = self.job.run, self.job.context.redactor
        return e.ActionFinished(
            step=run.step,
            run=run.id,
            status=status,  # type: ignore[arg-type]
            summary=clean.text(outcome.summary),
            facts=clean.value(outcome.facts),
            left_behind=clean.text(outcome.left_behind),
            findings=[_clean(finding, clean) for finding in outcome.findings],
            cures=[_clean_cure(cure, clean) for cure in outcome.cures],
            settles=[self._settling(one) for one in outcome.settles],
            partial=clean.text(outcome.partial),
            examined=list(outcome.examined),
        )

    def _settling(self, one: Settling) -> Settling:
        """Return what a run found of an action's use, at the system that it acted on unless it names another one."""
        system, words = one.system or self.job.run.system, self.job.context.redactor.text(one.words)
        return msgspec.structs.replace(one, system=system, words=words)

    def _end(self, body: End) -> None:
        """Write the end event after all output is durable, so that its digest covers the output."""
        self.job.context.close()
        self.job.writes.append_end(body)


def _unknown(error: Exception) -> Closed:
    return Closed("identity", f"The target's identity cannot be told: {said(error)}")


def refused(run: Run, closed: Closed, redactor: Redactor | None = None) -> e.RunRefused:
    """Return the event that says why ``run`` was not started."""
    message = redactor.text(closed.message) if redactor else closed.message
    return e.RunRefused(
        step=run.step,
        run=run.id,
        gate=closed.gate,
        system=run.system,
        message=message,
        yields=closed.yields,
        opens=closed.opens,
    )


def _what_helps(error: CleoError) -> list[e.Cure]:
    """Return what helps against an error: its cures; where it has none, its hint is for a person to do."""
    known = error.cures if isinstance(error, ActionFailed | GateClosed) else []
    return known or ([e.Cure(words=error.hint)] if error.hint else [])


def _clean(finding: e.Finding, clean: Redactor) -> e.Finding:
    return msgspec.structs.replace(
        finding, about=clean.text(finding.about), text=clean.text(finding.text), cure=clean.text(finding.cure)
    )


def _clean_cure(cure: e.Cure, clean: Redactor) -> e.Cure:
    params = clean.value(cure.params)
    return msgspec.structs.replace(cure, words=clean.text(cure.words), params=params, cost=clean.text(cure.cost))


def digest(action: Action) -> str:
    """Return the sha256 of the action's source file: which code it was that acted."""
    source = inspect.getsourcefile(inspect.unwrap(action.function))
    if source is None:
        return ""
    with open(source, "rb") as file:  # noqa: PTH123  # a plain open is what the journal's open guard watches
        return hashlib.file_digest(file, "sha256").hexdigest()


def _with_duration(end: e.ActionFinished, seconds: float) -> e.ActionFinished:
    return msgspec.structs.replace(end, duration_s=round(seconds, 3))
