"""An `ActionContext` without an incident: no journal, no runner, no gates; programs still run under the shim."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from actions.backups.unattended.lock import StartedProgram
from actions.context import IncidentFacts, NotedCall, Progress
from actions.inventory import Inventory
from actions.outcome import Cancelled
from actions.redaction import Redactor
from actions.transport import Completed, Transport, open_transport
from journal.errors import CleoError
from journal.events.types import Kind

NOBODY = "no-incident"
"""What stands where an incident's id would be."""


class UnattendedContext:
    """What an engine is given outside of an incident. Safe from any thread.

    Args:
        inventory: the environment.
        system: the system that is meant.
        folder: where spools and files of this command go.
        by: what does it (``cleo backup run``), where an incident would be named.
        dry_run: whether effects are only to be described: all that a command which only looks may do.
        say: is given every line with its stream, without secrets.
        on_start: is told of each program before it is started.
    """

    def __init__(
        self,
        inventory: Inventory,
        system: str,
        folder: Path,
        *,
        by: str = "",
        dry_run: bool = True,
        say: Callable[[str, str], None] = lambda text, stream: None,
        on_start: Callable[[StartedProgram], None] = lambda program: None,
    ) -> None:
        self.inventory, self.system, self.dry_run = inventory, system, dry_run
        self.params: Mapping[str, Any] = {}
        kind = Kind.LAB if inventory.lab else Kind.REAL
        self.incident = IncidentFacts(id=by or NOBODY, kind=kind)
        self._folder, self._say, self._on_start = folder, say, on_start
        self._redactor = Redactor()
        self._cancel = threading.Event()
        self._lock = threading.Lock()
        self._transports: dict[str, Transport] = {}
        self._begun = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:12]}"  # another console's may begin this second
        self._started = 0

    @property
    def files(self) -> Path:
        """The folder for files; made when it is first asked for."""
        folder = self._folder / "files"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def log(self, text: str, stream: str = "out") -> None:
        """Say lines."""
        for line in self._redactor.text(text).splitlines():
            self._say(line, stream)

    def progress(self, progress: Progress) -> None:
        """Do nothing: nobody watches."""

    def effect(self, what: str) -> bool:
        """Announce an effect; True where it is to be carried out."""
        self.check_cancelled()
        self.log(f"would {what}" if self.dry_run else what)
        return not self.dry_run

    def cancel(self) -> None:
        """Ask whatever runs to stop."""
        self._cancel.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._cancel.is_set()

    def check_cancelled(self) -> None:
        """Raise ``Cancelled`` if somebody asked it to stop."""
        if self.cancelled:
            raise Cancelled("it was asked to stop")

    def overridden(self, gate: str) -> str:
        """Return an empty string: nobody is here to override anything."""
        return ""

    def transport(self, host: str) -> Transport:
        """Return the way to reach one of the inventory's hosts."""
        with self._lock:
            if host not in self._transports:
                self._transports[host] = open_transport(self.inventory.host(host))
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
        """Run a program to its end. It outlives us if we are killed: ``on_start`` was told where to find it."""
        if self.dry_run:
            raise RuntimeError(f"a dry run must not start {argv[0]}; ask ctx.effect() first")
        self.check_cancelled()

        def take(stream: str, text: str) -> None:
            for line in self._redactor.text(text).split("\n"):
                self._say(line, stream)
                if on_line:
                    on_line(stream, line)

        transport = self.transport(host)
        with self._lock:
            self._started += 1
            name = f"{self._begun}-{self._started}-{key}"
        spool = str(transport.place_spool(self._folder, name))
        started = StartedProgram(host=host, spool=spool, program=argv[0])
        self._on_start(started)
        handle = transport.start(spool, argv, env=env, user=user)
        done = handle.wait(on_output=take, cancelled=lambda: self.cancelled, deadline_s=timeout_s)
        self.remove_spool(started)
        if self.cancelled:
            raise Cancelled(f"{argv[0]} {done.ending}")
        return done

    def remove_spool(self, program: StartedProgram) -> None:
        """Remove what the shim kept of a program that has ended; what is left all the same costs a little room."""
        with contextlib.suppress(CleoError):
            self.transport(program.host).query(["rm", "-rf", "--", program.spool], timeout_s=30)

    def calls(self) -> Mapping[str, NotedCall]:
        """Return no calls: there is no incident."""
        return {}

    def note_call(self, level: str, how: str) -> None:
        """Say it: there is no incident to note it in."""
        self.log(f"{level} was called: {how}")

    def without_secrets(self, text: str) -> str:
        """Return ``text`` as it may be written into a file."""
        return self._redactor.text(text)

    def secret(self, value: str) -> str:
        """Mark ``value`` as secret, and return it."""
        return self._redactor.mark(value)
