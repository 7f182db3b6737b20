"""A context for actions without runner and journal: real transports, everything said kept in lists."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from actions.action import Action
from actions.context import IncidentFacts, NotedCall, Progress
from actions.inventory import Inventory
from actions.outcome import Cancelled, Outcome
from actions.redaction import Redactor
from actions.systems.postgres import SYSTEM
from actions.transport import Completed, Transport, open_transport
from journal.events.types import Kind
from journal.incident.recovery_point import parse


class RunnerDied(BaseException):
    """The runner's process ended here: nothing after it was executed."""


class FakeContext:
    """In-process ``ActionContext``.

    Args:
        inventory: the environment.
        system: the system that is acted on; empty: the one called postgres, else the only one.
        decisions: the incident's decisions.
        overrides: reasons by gate.
        dry_run: whether effects are only described.
        incident: further fields of the incident's facts.

    ``dies_after`` is the key of a program after which the runner dies.
    """

    def __init__(
        self,
        inventory: Inventory,
        *,
        system: str = "",
        decisions: Mapping[str, str] | None = None,
        overrides: Mapping[str, str] | None = None,
        dry_run: bool = False,
        **incident: Any,
    ) -> None:
        self.inventory = inventory
        self.system = system or next(
            (name for name in ("postgres", *inventory.systems) if name in inventory.systems), ""
        )
        self.dry_run = dry_run
        self.params: Mapping[str, Any] = {}
        self.overrides = dict(overrides or {})
        facts = {"id": "INC-1", "kind": Kind.LAB, "began_at": "", **incident}
        self.incident = IncidentFacts(**self._decided(decisions or {}), **facts)
        self._folder = tempfile.TemporaryDirectory(prefix="cleo-context-")
        self.files = Path(self._folder.name) / "files"
        self.files.mkdir()
        self.lines: list[str] = []
        self.effects: list[str] = []
        self.steps: list[Progress] = []
        self.programs: dict[str, Completed] = {}
        self.cancelled = False
        self.dies_after = ""
        self._earlier: dict[str, Completed] = {}
        self._started = 0
        self._transports: dict[str, Transport] = {}
        self._redactor = Redactor()

    def calls(self) -> Mapping[str, NotedCall]:
        """Nobody was called."""
        return {}

    def note_call(self, level: str, how: str) -> None:
        """Note a call as a line."""
        self.log(f"called {level}: {how}")

    def with_incident(self, **changes: Any) -> FakeContext:
        """Change the incident's facts, and return self."""
        if "decisions" in changes:
            changes |= self._decided(changes["decisions"])
        self.incident = msgspec.structs.replace(self.incident, **changes)
        return self

    def _decided(self, decisions: Mapping[str, str]) -> dict[str, Any]:
        """Return the decisions as facts, with the recovery point as the desk would have kept it."""
        text = decisions.get("recovery_point", "")
        forms = {name: {form.name: form for form in SYSTEM.positions} for name in self.inventory.systems}
        return {"decisions": dict(decisions), "recovery_point": parse(text, forms) if text else None}

    def log(self, text: str, stream: str = "out") -> None:
        self.lines.extend(self._redactor.text(text).splitlines())

    def progress(self, progress: Progress) -> None:
        self.steps.append(progress)

    def effect(self, what: str) -> bool:
        self.check_cancelled()
        self.effects.append(what)
        self.log(f"would {what}" if self.dry_run else what)
        return not self.dry_run

    def check_cancelled(self) -> None:
        if self.cancelled:
            raise Cancelled

    def overridden(self, gate: str) -> str:
        return self.overrides.get(gate, "")

    def transport(self, host: str) -> Transport:
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
        """As the runner does: a key that an earlier runner of the same run has ended returns its recorded result."""
        if self.dry_run:
            raise RuntimeError(f"a dry run must not start {argv[0]}; ask ctx.effect() first")
        self.check_cancelled()
        if key in self._earlier:
            return self._earlier.pop(key)
        self._started += 1

        def take(stream: str, text: str) -> None:
            for line in self._redactor.text(text).split("\n"):
                self.log(line, stream)
                if on_line:
                    on_line(stream, line)

        handle = self.transport(host).start(
            Path(self._folder.name) / f"{self._started}-{key}", argv, env=env, user=user
        )
        done = handle.wait(on_output=take, cancelled=lambda: self.cancelled, deadline_s=timeout_s)
        if self.cancelled:
            raise Cancelled(f"{argv[0]} was ended")
        self.programs[key] = done
        if key == self.dies_after:
            self.dies_after = ""
            raise RunnerDied
        return done

    def without_secrets(self, text: str) -> str:
        return self._redactor.text(text)

    def secret(self, value: str) -> str:
        return self._redactor.mark(value)

    def do(self, action: Action, **params: Any) -> Outcome:
        """Run an action with this context, as a run of its own."""
        self.programs = {}
        return self.reenter(action, **params)

    def reenter(self, action: Action, **params: Any) -> Outcome:
        """Run an action again as a new runner does after a takeover: programs that ended are not repeated."""
        self._earlier, self.params = dict(self.programs), params
        return action.function(self, **params)
