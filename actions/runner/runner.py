"""The runner's loop: starts requested runs in order, each in a thread, and takes over from a runner that died."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from actions import durations
from actions.gate import Closed
from actions.inventory_read import with_systems
from actions.runner.aim import aim
from actions.runner.arrival import arrival, stale
from actions.runner.gate_input import GateInput
from actions.runner.gates import closed_gates, foreseen
from actions.runner.inventory_watch import InventoryWatch
from actions.runner.jobs import Jobs, gone
from actions.runner.lease import Lease
from actions.runner.measuring import Measuring
from actions.runner.other_incidents import OtherIncidents
from actions.runner.parts import with_parts
from actions.runner.script_watch import ScriptWatch
from actions.runner.takeover import READS_ON, close_in_doubt
from actions.runner.worker import Job, Worker, refused
from actions.runner.world import World
from actions.runner.writes import RunnerGone, Writes
from journal.events import types as e
from journal.incident.counted import rewound_by
from journal.incident.fold import apply_event, fold_journal
from journal.incident.records import Run, RunState
from journal.paths import IncidentPlace
from journal.plan.action_spec import ActionSpec
from journal.store.errors import JournalError
from journal.store.journal import Follower, Journal

POLL_S = 0.25
LINGER_S = 10.0
"""Seconds that a runner of a closed incident waits for requests to undo what is still in force."""


class Runner:
    """Executes for one incident until it is closed or ``stop`` is called.

    Args:
        place: the incident's folder.
        world: what can be reached.
        actor: in whose name it writes; ``runner@host``.
        on_fault: told what keeps it from writing, and an empty text once it can again.
        watch: notices that the inventory was changed; None: it never is.

    Raises:
        LeaseHeld: another runner is at work.
        JournalError: the journal cannot be opened.
    """

    def __init__(
        self,
        place: IncidentPlace,
        world: World,
        *,
        actor: str,
        on_fault: Callable[[str], None] = lambda text: None,
        watch: InventoryWatch | None = None,
    ) -> None:
        self._watch = watch
        self._place = place
        self._file_world = world
        self._on_fault = on_fault
        self._stop = threading.Event()
        self._lease = Lease(place.folder)
        held = f"The journal {place.journal} is held by"
        self._journal = Journal.open(
            place.journal, actor=actor, clock=world.clock, waiting=lambda who: on_fault(f"{held} {who}." if who else "")
        )
        self._incident = fold_journal(place.journal)
        self._world, self._parts = with_parts(world, self._incident), dict(self._incident.takeovers)
        self._follower = Follower(place.journal, after=self._incident.seq)
        self._workers: dict[int, Worker] = {}
        self._answered: set[int] = set()
        self._writes = Writes(self._journal, on_fault, self._stop.is_set)
        self._append = self._writes.append
        self._scripts = ScriptWatch(self._incident.plan, self._incident.plan_folder)
        self._jobs = Jobs(place, self._world, self._incident, self._writes)
        self._others = (
            OtherIncidents(world.locks, self._incident.id, self._incident.title, place.journal) if world.locks else None
        )
        self._why_stopped = "asked to stop"
        self._linger_s = LINGER_S if self._incident.closed_at else 0.0
        self._busy_at = time.monotonic()

    def stop(self, why: str = "asked to stop") -> None:
        """End the loop soon. What runs is left as it is: programs go on, and a new runner takes over."""
        self._why_stopped = why
        self._stop.set()

    def run(self) -> None:
        """Execute until the incident is closed or somebody calls ``stop``."""
        try:
            with suppress(RunnerGone):
                self._arrive()
                self._execute()
        except JournalError:
            if self._stands():  # else it went with its folder
                raise
        finally:
            self._leave()

    def _arrive(self) -> None:
        self._append(arrival(self._place, self._incident, self._world, self._lease))
        read = self._watch.read if self._watch else None
        if read and (read.sha256 != self._incident.inventory_sha256 or self._incident.inventory_error):
            self._append(self._with_systems(read))
        self._catch_up(0)
        for run in self._incident.unfinished():
            self._take_over(run)
        self._refuse_stale()

    def _execute(self) -> None:
        self._measure()
        try:
            while not self._stop.is_set() and self._stands() and not self._over():
                self._read_inventory_again()
                if changed := self._scripts.look(self._incident.drifted):
                    self._append(changed)
                self._change_parts()
                self._tell_others()
                self._write_exposure()
                self._answer()
                self._pass_on_cancels()
                self._catch_up(POLL_S)
        finally:
            self._measuring.stop()

    def _measure(self) -> None:
        """Measure the systems of the world as it is now."""
        self._measuring = Measuring(self._world, self._incident, self._journal, self._on_fault)

    def _write_exposure(self) -> None:
        if found := self._measuring.exposure_due(self._incident):
            self._append(found)

    def _read_inventory_again(self) -> None:
        """Take up what was corrected: what begins from now on goes by it; what runs goes on as it began."""
        found = self._watch.look(self._file_world.inventory) if self._watch else None
        if found is None:
            return
        world, event = found
        if world is not None:
            self._use(world)
        self._append(self._with_systems(event))

    def _change_parts(self) -> None:
        """Go by who took over, once a run was done that says so."""
        if self._incident.takeovers != self._parts:
            self._use(self._file_world)

    def _use(self, world: World) -> None:
        """Have what begins from now on reach ``world``, with the parts that systems took over in this incident."""
        self._file_world, self._parts = world, dict(self._incident.takeovers)
        self._world = with_parts(world, self._incident)
        self._jobs.use(self._world)
        self._measuring.stop()
        self._measure()

    def _with_systems(self, read: e.InventoryRead) -> e.InventoryRead:
        return with_systems(read, self._world.inventory, self._incident.plan.systems)

    def _tell_others(self) -> None:
        if self._others:
            self._others.tell(self._journal, self._world.inventory, is_open=self._incident.closed_at is None)

    def _leave(self) -> None:
        why = "the incident is closed" if self._incident.closed_at else self._why_stopped
        if self._incident.closed_at and self._jobs.targets:
            with suppress(OSError):  # they stay: a closed incident's claims are nobody's
                self._jobs.targets.release_all()
        if self._lease.stands():
            with suppress(RunnerGone):
                self._append(e.RunnerStopped(pid=os.getpid(), why=why))
        self._follower.close()
        self._journal.close()
        self._lease.release()

    def _stands(self) -> bool:
        """Return whether the folder is still this incident's: one that is new by the same name has its own runner."""
        if self._lease.stands():
            return True
        self._on_fault(f"The folder {self._place.folder} was removed or replaced: this runner ends.")
        return False

    def _over(self) -> bool:
        if self._incident.closed_at is None or self._workers or self._incident.unanswered():
            self._busy_at = time.monotonic()
            return False
        return time.monotonic() - self._busy_at >= self._linger_s

    def _catch_up(self, timeout_s: float) -> None:
        while events := self._follower.wait(timeout_s):
            for event in events:
                apply_event(self._incident, event)
                self._keep_time(event)
                if rewound_by(self._incident, event):
                    self._go_back()
            timeout_s = 0

    def _go_back(self) -> None:
        """Let go of what runs, for it does not count any more, and measure anew: the tabletop was rewound."""
        for worker in list(self._workers.values()):
            worker.cancel()
        self._use(self._file_world)

    def _keep_time(self, event: e.Event) -> None:
        """Note how long a step took, for the incidents that follow."""
        if not isinstance(event.body, e.ActionFinished):
            return
        for took in [one for one in self._incident.took.values() if one.at == event.at and one.by == self._incident.id]:
            durations.keep(self._place, self._world.inventory.name, took)

    def _answer(self) -> None:
        for run in self._incident.unanswered():
            if run.id not in self._answered:
                self._answered.add(run.id)
                self._consider(run)

    def _consider(self, run: Run) -> None:
        """Start a run, or say which gate is closed."""
        spec = self._jobs.spec(run)
        if spec is None:
            self._append(refused(run, Closed("available", f"There is no action {run.action}.")))
            return
        aimed = aim(run, spec, self._incident, self._world.inventory)
        if isinstance(aimed, Closed):
            self._append(refused(run, aimed))
            return
        run.system = aimed
        action = self._jobs.action(run)
        live = action.live if action else ()
        asked = GateInput(run, spec, self._incident, self._world.inventory, self._at_work(), live)
        closed = closed_gates(asked)
        if closed or action is None:
            why = closed[0] if closed else Closed("available", f"{spec.name} cannot be run here.")
            self._append(refused(run, why))
        else:
            self._start(self._jobs.job(run, action, closed=foreseen(asked) if run.dry_run else ()))

    def _at_work(self) -> list[tuple[Run, ActionSpec]]:
        """Return what is under way: what this runner began, and what a dead one began and is still followed.

        A run whose end is in the journal is not, though its thread still tidies up.
        """
        begun = [worker.job.run.id for worker in list(self._workers.values())]
        runs = [run for run_id in begun if (run := self._incident.runs.get(run_id))]  # others were rewound
        runs += [run for run in self._incident.unfinished() if run.id not in begun]
        return [(run, self._jobs.spec(run) or _unknown(run)) for run in runs if not run.state.over]

    def _start(self, job: Job) -> None:
        worker = Worker(job, self._ended)
        self._workers[job.run.id] = worker
        if job.run.state is RunState.CANCELLING:
            worker.cancel()
        worker.start()

    def _ended(self, run_id: int) -> None:
        self._workers.pop(run_id, None)

    def _take_over(self, run: Run) -> None:
        """Enter a resumable action again, where it began; follow the programs of any other, and leave it in doubt."""
        self._answered.add(run.id)
        action = self._jobs.action(run)
        if action and action.spec.resumable:
            self._start(self._jobs.job(run, action, reenter=True))
            return
        job = self._jobs.job(run, action or gone(run), reenter=True)
        job.context.log(READS_ON)
        threading.Thread(target=close_in_doubt, args=(job,), name=f"doubt-{run.id}", daemon=True).start()

    def _refuse_stale(self) -> None:
        for run in stale(self._incident):
            self._answered.add(run.id)
            message = "It was asked before the runner died. Ask again if it is still wanted."
            self._append(refused(run, Closed("stale", message)))

    def _pass_on_cancels(self) -> None:
        for run_id, worker in list(self._workers.items()):
            run = self._incident.runs.get(run_id)
            if run and run.state is RunState.CANCELLING:
                worker.cancel()


def _unknown(run: Run) -> ActionSpec:
    """Return what stands for an action that an earlier version began and this one does not know."""
    system = run.action.partition(".")[0]
    return ActionSpec(name=run.action, title=run.action, system=system, destructive=run.destructive)
