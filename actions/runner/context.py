"""`RunContext`: the context that the runner passes to an action, for journal entries, output, programs and checks."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from actions.action import Action
from actions.context import IncidentFacts, NotedCall, Progress
from actions.gate import Closed, live_closed, require_open
from actions.inventory import Inventory
from actions.outcome import Cancelled
from actions.redaction import Redactor
from actions.runner.output import OutputPump
from actions.runner.programs import Programs
from actions.runner.world import World
from actions.runner.writes import Writes
from actions.transport import Completed, Transport
from journal.events.types import ContactPaged
from journal.incident.records import Run
from journal.paths import IncidentPlace
from journal.store.journal import JournalWriteFailed

PROGRESS_EVERY_S = 0.5
ANNOUNCED_S = 2.0
"""Seconds that an effect waits for its announcement to be on the disk."""


class RunContext:
    """One run's context (see ``actions.context.ActionContext``). Safe from any thread.

    Args:
        run: what was asked for.
        action: its function and the gates that ask the system; those are asked again before each effect.
        incident: the incident when the run starts.
        place: the incident's folder.
        world: what can be reached.
        writes: where output, progress and programs are written.
        calls: tells which calls are noted now.
    """

    def __init__(
        self,
        run: Run,
        action: Action,
        *,
        incident: IncidentFacts,
        place: IncidentPlace,
        world: World,
        writes: Writes,
        calls: Callable[[], Mapping[str, NotedCall]] = dict,
    ) -> None:
        self.redactor = Redactor()
        self.programs = Programs(run, place.journal, writes.append, self.redactor)
        self._run = run
        self._live = action.live
        self._incident = incident
        self._files = place.files
        self._world = world
        self._journal = writes.journal
        self._append = writes.append
        self.calls = calls
        self._pump = OutputPump(writes.journal, run.id, writes.on_fault)
        self._cancel = threading.Event()
        self._transports: dict[str, Transport] = {}
        self._lock = threading.Lock()
        self._last_progress = 0.0

    def close(self) -> None:
        """Return once all output is on the disk, however long the disk refuses it; hosts are let go of."""
        self._pump.close()
        with self._lock:
            opened = list(self._transports.values())
        for transport in opened:
            transport.close()

    @property
    def system(self) -> str:
        """The inventory's name of the system that the run is aimed at; empty where it is none in particular."""
        return self._run.system

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters that the run was asked for with."""
        return self._run.params

    @property
    def dry_run(self) -> bool:
        """Whether effects are only to be described."""
        return self._run.dry_run

    @property
    def incident(self) -> IncidentFacts:
        """The incident as it was when the action started."""
        return self._incident

    @property
    def inventory(self) -> Inventory:
        """The environment's systems."""
        return self._world.inventory

    @property
    def files(self) -> Path:
        """The incident's folder for files; made when it is first asked for."""
        self._files.mkdir(parents=True, exist_ok=True)
        return self._files

    def note_call(self, level: str, how: str) -> None:
        """Note a call to a level of the escalation matrix."""
        self._append(ContactPaged(level=level, how=self.redactor.text(how)))

    def log(self, text: str, stream: str = "out") -> None:
        """Print lines. What the action itself says is kept apart from what its programs print."""
        lines = self.redactor.text(text).splitlines()
        self._pump.write("log" if stream == "out" else stream, "\n".join(lines))

    def progress(self, progress: Progress) -> None:
        """Show how far the action is; at most every half second, for each is a write to the disk."""
        now = time.monotonic()
        with self._lock:
            if now - self._last_progress < PROGRESS_EVERY_S and progress.fraction != 1:
                return
            self._last_progress = now
        payload = {
            "fraction": progress.fraction,
            "text": self.redactor.text(progress.text),
            "rate": progress.rate,
            "eta_s": progress.eta_s,
        }
        # A progress bar is not worth stopping a restore for; the pump reports a failing disk.
        with contextlib.suppress(JournalWriteFailed):
            self._journal.set_reading(f"progress:{self._run.id}", payload)

    def effect(self, what: str) -> bool:
        """Announce an effect, on the disk, and return True where it is to be carried out.

        Raises:
            GateClosed: what was proven at the start is not so any more.
        """
        self.check_cancelled()
        if not self._run.dry_run:
            require_open(self._live, self, self._run.overrides)
        self.log(f"would {what}" if self._run.dry_run else what)
        if not self._run.dry_run:
            self._pump.flush(ANNOUNCED_S)
        return not self._run.dry_run

    def closed(self) -> list[Closed]:
        """Return the gates that ask the system and are closed now, those included that a person has overridden."""
        return list(live_closed(self._live, self))

    def cancel(self) -> None:
        """Ask the action to stop."""
        self._cancel.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the action to stop."""
        return self._cancel.is_set()

    def check_cancelled(self) -> None:
        """Raise ``Cancelled`` if somebody asked the action to stop."""
        if self.cancelled:
            raise Cancelled

    def overridden(self, gate: str) -> str:
        """Return the reason a person gave for passing ``gate`` in this run, or an empty string."""
        return next((o.reason for o in self._run.overrides if o.gate == gate), "")

    def transport(self, host: str) -> Transport:
        """Return the way to reach one of the inventory's hosts."""
        with self._lock:
            if host not in self._transports:
                self._transports[host] = self._world.open_transport(self._world.inventory.host(host))
            return self._transports[host]

    def query(
        self,
        host: str,
        argv: Sequence[str],
        *,
        timeout_s: float = 30,
        user: str = "",
        env: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run a short, read-only program, in dry runs too."""
        self.check_cancelled()
        return self.transport(host).query(argv, timeout_s=timeout_s, user=user, env=env)

    def run(
        self,
        key: str,
        host: str,
        argv: Sequence[str],
        *,
        timeout_s: float | None = None,
        user: str = "",
        env: Mapping[str, str] | None = None,
        on_line: Callable[[str, str], None] | None = None,
    ) -> Completed:
        """Run a program that outlives console and runner (see ``ActionContext.run``)."""
        if self._run.dry_run:
            raise RuntimeError(f"a dry run must not start {argv[0]}; ask ctx.effect() first")
        self.check_cancelled()

        def take(stream: str, text: str) -> None:
            clean = self.program_output(stream, text)
            if on_line:
                for line in clean.split("\n"):
                    on_line(stream, line)

        completed = self.programs.run(
            key,
            host,
            self.transport(host),
            argv,
            timeout_s=timeout_s,
            user=user,
            env=env,
            on_output=take,
            cancelled=lambda: self.cancelled,
        )
        if self.cancelled:
            raise Cancelled(f"{argv[0]} {completed.ending}")
        return completed

    def program_output(self, stream: str, text: str) -> str:
        """Take lines that a program printed together, and return them without secrets."""
        clean = self.redactor.text(text)
        self._pump.write(stream, clean)
        return clean

    def without_secrets(self, text: str) -> str:
        """Return ``text`` as it may be written into a file of the incident."""
        return self.redactor.text(text)

    def secret(self, value: str) -> str:
        """Mark ``value`` as secret, and return it."""
        return self.redactor.mark(value)
