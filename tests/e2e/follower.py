"""Does what NEXT names through the commands that every screen writes by, without a terminal.

Who follows it goes on while something runs: what does not wait for each other runs at once. The runner is a real one,
in a process of its own, and may be killed. Used by tests, long tests and `make bench`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from actions.positions import position_forms
from actions.runner import held
from cleo_console.app_services import ConsoleServices
from journal.commands.declare import Declaration
from journal.commands.incident import IncidentCommands, NotNow
from journal.events.types import Kind, Override
from journal.incident.closing import phrase, remaining
from journal.incident.cures import cure_params, remedy
from journal.incident.decisions import refusal
from journal.incident.fold import apply_event, fold_events
from journal.incident.instances import left
from journal.incident.interlock import word_to_type
from journal.incident.looks import next_look
from journal.incident.proposals import Decided, Proposal, proposals
from journal.incident.records import Run, StepState
from journal.incident.recovery_point import LATEST
from journal.incident.state import Incident
from journal.incident.suggestion import beginning
from journal.incident.upcoming import next_step
from journal.paths import Paths
from journal.plan.model import Decision, Step
from journal.store.journal import Journal, Reader
from screens.guidance.availability import RULES
from screens.guidance.left_out import known_reason
from screens.guidance.next_action import (
    PrimaryAction,
    action_words,
    by_keys,
    destructive,
    leaves_out,
    looks,
    primary_action,
    refused_run,
    skipped_together,
)

ACTOR = "oncall@bastion"
RECOVERY = "recovery-execution"
_LEAVES = ("leave out", "by hand, run again or skip", "do by hand, or skip", "put right, or skip")
"""What NEXT calls a step of which nobody here does anything."""
_IN_A_CIRCLE = 6
_RULES = {"s": "skip", "m": "mark_done", "enter": "act"}


class Stuck(AssertionError):
    """NEXT leads nowhere, or in a circle."""


class Follower:
    """One incident, its runner, and somebody who does what NEXT names.

    Args:
        inventory: the lab's inventory.
        home: where the journal goes.
        scenario: what is declared.
        words: what is typed for each system's target, as far as it is known; a dry run tells the others.
        good_until: a moment before it went wrong, with its zone: the recovery point of people who know better than what
            is offered.
        hit: systems that people know to be damaged, whatever the looks found.
        to_the_end: follow the plan to its end, and not only until the data is recovered.
        sound: systems that people know to be whole, where no look found otherwise.
        by_hand: what people do by hand, once, where a step failed of what nothing here puts right, by the step.
        incident: one that is declared already; empty declares one.

    Attributes:
        did: what was done, a line each.
    """

    def __init__(
        self,
        inventory: Path,
        home: Path,
        scenario: str = "database-failure",
        *,
        words: Mapping[str, str] | None = None,
        good_until: str = "",
        hit: Sequence[str] = (),
        to_the_end: bool = False,
        sound: Sequence[str] = (),
        by_hand: Mapping[str, Callable[[], object]] | None = None,
        incident: str = "",
    ) -> None:
        paths = Paths(incidents=home / "incidents", locks=home / "locks", inventory=inventory)
        self._services, self._home = ConsoleServices(paths, ACTOR), home
        now = datetime.now(UTC)
        declared = Declaration(
            title="everything is lost",
            scenario=scenario,
            severity="critical",
            kind=Kind.LAB,
            began_at=now,
            discovered_at=now,
        )
        self.place = self._services.place(incident or self._services.declare(declared))
        self.catalogue = self._services.catalogue()
        self.did: list[str] = []
        self._runner: subprocess.Popen[bytes] | None = None
        self._words, self._by_hand = dict(words or {}), dict(by_hand or {})
        self._good_until, self._hit, self._sound = good_until, hit, sound
        self._to_the_end = to_the_end

    @contextmanager
    def at_work(self) -> Iterator[Follower]:
        """Have a journal open and a runner at work; both are gone afterwards."""
        with Journal.open(self.place.journal, actor=ACTOR) as journal, Reader(self.place.journal) as self._reader:
            self._incident = fold_events(self._reader.events())
            self.commands = IncidentCommands(journal, lambda: self.incident, position_forms)
            self.start_runner()
            try:
                yield self
            finally:
                self.kill_runner(signal.SIGTERM)

    @property
    def incident(self) -> Incident:
        """The state as the journal has it now."""
        for event in self._reader.events(after=self._incident.seq):
            apply_event(self._incident, event)
        return self._incident

    def start_runner(self) -> None:
        """Start a runner and wait until it has read the inventory."""
        seen = self.incident.seq
        if held(self.place.folder):
            return  # whoever declared it started one
        env = {**os.environ, "CLEO_HOME": str(self._home), "CLEO_INVENTORY": "", "CLEO_ACTOR": ACTOR}
        argv = [sys.executable, "-P", "-m", "cleo_console", "_runner", str(self.place.folder)]
        with self.place.runner_log.open("ab") as log:
            self._runner = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.until(lambda now: held(self.place.folder) and now.inventory_sha256 and now.seq > seen)

    def kill_runner(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the runner, and wait until it has."""
        if self._runner:
            self._runner.send_signal(how)
            self._runner.wait(60)

    def until(self, wanted: Callable[[Incident], object], deadline_s: float = 180.0) -> Incident:
        """Return the first state that is ``wanted``."""
        end = time.monotonic() + deadline_s
        while not wanted(self.incident):
            if time.monotonic() > end:
                raise Stuck("\n".join([f"not reached in {deadline_s:.0f} s", *self.story()]))
            time.sleep(0.02)  # between two looks, not instead of one
        return self._incident

    def follow(self, over: Callable[[Incident], object] = lambda now: False) -> None:
        """Do what NEXT names until the recovery is done, or ``over`` says so; what runs goes on meanwhile.

        Raises:
            Stuck: it names nothing that helps.
        """
        while not over(self.incident):
            step, seq = next_step(self.incident), self._incident.seq
            if step is not None and self._is_recovery(step) and self._does(step):
                continue
            if not self._busy():
                if self._incident.seq == seq:
                    return
                continue  # what was under way ended since: there is another next
            self.until(lambda now, seq=seq: now.seq > seq)  # type: ignore[misc]

    def close(self) -> Incident:
        """Close the incident, whatever is not in order."""
        self.commands.close("the recovery is over", phrase(remaining(self.incident)))
        return self.incident

    def story(self) -> list[str]:
        """Return what was done, and how each run ended, a line each, for whoever reads why it failed."""
        return [*self.did, *map(run_line, self._incident.runs.values())]

    def _busy(self) -> bool:
        now = self.incident
        return bool(now.unanswered() or now.unfinished())

    def _is_recovery(self, step: Step) -> bool:
        """Whether a step is followed: of the recovery of the data, or of what comes before it, else all are."""
        phases = [phase.id for phase in self._incident.plan.phases]
        recovers = not step.beside and phases.index(self._incident.phase_of(step).id) <= phases.index(RECOVERY)
        return recovers or self._to_the_end

    def _does(self, step: Step) -> bool:
        """Do what enter does at a step; return whether that was anything."""
        now = self._incident
        todo = primary_action(now, step, self.catalogue)
        words = action_words(now, step, self.catalogue)
        if todo in (PrimaryAction.GO_ON, PrimaryAction.NOTHING, PrimaryAction.GO_TO_NEED):
            return False
        self._see_that_keys_work(step)
        self.did.append(f"{words}: {step.id}")
        if len(self.did) > 40 and len(set(self.did[-_IN_A_CIRCLE:])) <= 2:
            raise Stuck("\n".join(["in a circle", *self.story()]))
        if todo is PrimaryAction.RUN_AGAIN and (put_right := self._by_hand.pop(step.id, None)):
            put_right()
            self._run(step)
        elif leaves_out(now, step, self.catalogue) or words in _LEAVES or todo is PrimaryAction.TICK:
            self._leave_out(step)
        elif todo is PrimaryAction.DECIDE:
            self._decide(step)
        elif todo is PrimaryAction.RESOLVE:
            self._resolve(step)
        elif todo is PrimaryAction.CURE and (found := remedy(now, step)):
            return self._does(found.step)
        elif todo is PrimaryAction.OVERRIDE and (refused := refused_run(now, step.id)):
            self._override(step, refused)
        else:
            for each in looks(now, step) if todo is PrimaryAction.LOOK else [step]:
                self._run(each)
        return True

    def _see_that_keys_work(self, step: Step) -> None:
        """See that no key which NEXT names is refused."""
        for key in by_keys(self._incident, step, self.catalogue).split(", "):
            rule = RULES.get(_RULES.get(key, ""))
            if rule and not rule(self._incident, step, self.catalogue):
                raise Stuck("\n".join([f"NEXT names {key} at {step.id}, which is refused", *self.story()]))

    def _run(self, step: Step) -> None:
        """Ask for a step at each system, what is destructive with its target; of a dry run, where that is not known."""
        params = cure_params(self.incident, step)
        for system in left(self.incident, step) or [""]:
            word = self._word(step, system) if destructive(step, self.catalogue) else ""
            self.commands.request_run(step.id, system=system, params=params, confirmed=word)

    def word(self, step_id: str) -> str:
        """Return what is typed for the target of a step that acts on one system."""
        step = self.incident.plan.by_id[step_id]
        return self._word(step, left(self.incident, step)[0])

    def forget_words(self) -> None:
        """Have the next dry run tell what is typed: another server plays that system's part."""
        self._words.clear()

    def _word(self, step: Step, system: str) -> str:
        """Return what is typed for a system's target, as its first dry run shows it; another one once it is refused.

        Whoever is promoted is another target than the one that was fenced: its own dry run tells.
        """
        whose = step.id if step.action.endswith(".promote") else system
        last = self.incident.last_run(step.id)
        refused = last and last.system == system and last.refusal and last.refusal.gate == "interlock"
        if refused or not self._words.get(whose):
            run = self.commands.request_run(step.id, system=system, dry_run=True)
            over = self.until(lambda now: now.runs[run].state.over).runs[run]
            self._words[whose] = word_to_type(over.target)
        return self._words[whose]

    def _override(self, step: Step, run: Run) -> None:
        assert run.refusal
        word = run.confirmed or word_to_type(run.target)
        override = Override(gate=run.refusal.gate, reason="no other copy", target=word)
        overrides = (*run.overrides, override)
        self.commands.request_run(
            step.id, system=run.system, params=run.params, confirmed=run.confirmed, overrides=overrides
        )

    def _decide(self, step: Step) -> None:
        """Take what is proposed; where nothing is, what the question begins with, else the first that is allowed."""
        found = [one for one in proposals(self.incident, step) if one.answer]
        if found:
            seen = {
                name: self.incident.decisions[name]
                for one in found
                if (name := one.decision.name) in self.incident.decisions
            }
            self.commands.decide_all([self._decided(one) for one in found], seen)
            return
        decision = step.decision
        assert decision
        by_people = self._good_until if decision.kind == "recovery-point" and not self.incident.recovery_point else ""
        answer = by_people or beginning(self.incident, decision).answer or self._first_allowed(decision)
        if not answer:
            raise Stuck("\n".join([f"nothing answers {step.id}", *self.story()]))
        self.commands.decide(step.id, answer, "the first that is offered")

    def _decided(self, one: Proposal) -> Decided:
        """Return a decision as it is proposed; recovery point and systems as people know them."""
        if self._hit and one.decision.kind == "systems":
            both = dict.fromkeys([*one.answer.split(","), *self._hit])
            named = [name for name in both if name not in self._sound or name in self._incident.found_wrong]
            return Decided(one.step, ",".join(named), "people know that these are damaged", "")
        if self._good_until and one.decision.kind == "recovery-point" and not self._incident.recovery_point:
            return Decided(one.step, self._good_until, "it was well until then", "")
        return Decided(one.step, one.answer, "as proposed", one.because)

    def _first_allowed(self, decision: Decision) -> str:
        options = [LATEST] if decision.kind == "recovery-point" else decision.options
        return next((one for one in options if not refusal(self.incident, decision.name, one)), "")

    def _resolve(self, step: Step) -> None:
        """Look at what a run in doubt left, and have it run again: nobody here knows more than the looks do."""
        run = next(run for run in self.incident.in_doubt() if run.step == step.id)
        while next_look(self.incident, run, self.catalogue):
            look = self.commands.probe(run.id, self.catalogue)
            done = self.until(lambda now: now.runs[look].state.over).runs[look]  # noqa: B023 - asked at once
            if done.action != "reattach":
                break
            if next_look(self.incident, run, self.catalogue) == "reattach":
                break
        with suppress(NotNow):
            self.commands.resolve(run.id, "run_again", "the runner was killed")

    def _leave_out(self, step: Step) -> None:
        now = self._incident
        together = skipped_together(now, step, self.catalogue)
        self.commands.skip_all({one.id: known_reason(now, one, self.catalogue) or "not here" for one in together})


def run_line(run: Run) -> str:
    """Return a run as a line: what, how it ended, and why."""
    why = run.refusal.message if run.refusal else run.in_doubt or run.summary
    took = f" {run.duration_s:.1f} s" if run.duration_s else ""
    kind = " (dry run)" if run.dry_run else f" (look at {run.probe_of})" if run.probe_of else ""
    return f"{run.id} {run.action}{kind} {run.system}: {run.state}{took}: {why}"


def settled_well(incident: Incident, *steps: str) -> bool:
    """Return whether all of ``steps`` are done."""
    return all(incident.state(step) is StepState.DONE for step in steps)
