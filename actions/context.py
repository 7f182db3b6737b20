"""What an action is given: everything it may know and do beside its own system."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from journal.events.types import Kind
from journal.incident.recovery_point import RecoveryPoint
from journal.incident.spared import Standing

if TYPE_CHECKING:
    from actions.inventory import Inventory
    from actions.transport.base import Transport
    from actions.transport.program import Completed


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far an action is.

    ``fraction`` is 0 to 1, or None where unknown; ``rate`` is in bytes a second; ``eta_s`` in seconds.
    """

    fraction: float | None = None
    text: str = ""
    rate: float | None = None
    eta_s: float | None = None


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """A level of the plan's escalation matrix: ``contact`` as the plan has it, ``answer_s`` seconds to answer in."""

    level: str
    role: str
    contact: str
    answer_s: float


class NotedCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call to a level of the escalation matrix, as the journal has it; ``answered_at`` is None while nobody did."""

    at: datetime
    answered_at: datetime | None = None
    who: str = ""


class IncidentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A read-only snapshot of the incident, taken when the action starts.

    ``decisions`` maps a decision's name to its answer; ``recovery_point`` is where every restore leads to, None while
    nobody decided it. ``facts`` maps a step's id to what its last
    successful run measured. ``newest_known`` maps a system to the newest commit that is known from any evidence,
    ``recovered_to`` to the earliest state that it was recovered to in this incident. ``affected`` names the inventory's
    systems that are; none where nobody said which. ``standing`` tells whether the damage spared the
    system that the run is aimed at; None where it is aimed at none, or there is no incident.
    ``gives_up`` says what the decided recovery point gives up, a line each. ``found_wrong`` maps a system to what an
    action proved to be wrong in it, in words, while no later one proved otherwise. ``damaged`` maps a system to what
    tells that its newest state holds damage which came with what was written; ``ever_damaged`` names also those that
    were recovered since, and ``damage_began`` is when the earliest such change was committed, where that was found.
    ``escalation`` are the levels of the plan's matrix, in their order.
    ``lead`` is who leads, as ``user@host``, and ``head`` the hash of the journal's last event.
    ``takeovers`` maps a system to the one that took its place in this incident.
    ``intrusion_began`` is since when somebody was inside, as was decided.
    ``discovered_at`` is when the incident was. ``rto_left_s`` is the tightest RTO's remaining time, in seconds.
    """

    id: str
    kind: Kind
    lead: str = ""
    head: str = ""
    escalation: Sequence[Level] = ()
    title: str = ""
    scenario: str = ""
    began_at: str = ""
    decisions: Mapping[str, str] = {}
    intrusion_began: datetime | None = None
    recovery_point: RecoveryPoint | None = None
    facts: Mapping[str, Mapping[str, Any]] = {}
    newest_known: Mapping[str, datetime] = {}
    recovered_to: Mapping[str, datetime] = {}
    affected: Sequence[str] = ()
    standing: Standing | None = None
    gives_up: Sequence[str] = ()
    found_wrong: Mapping[str, str] = {}
    damaged: Mapping[str, str] = {}
    ever_damaged: Sequence[str] = ()
    damage_began: datetime | None = None
    discovered_at: datetime | None = None
    takeovers: Mapping[str, str] = {}
    rto_left_s: float | None = None

    def serving(self, system: str) -> str:
        """Return who has a system's part now: itself, unless another one took its place."""
        for old, new in self.takeovers.items():
            system = new if system == old else system
        return system


class ActionContext(Protocol):
    """Handed to every action. All of it may be called from any thread the action starts.

    ``files`` is the incident's folder for what actions write (damage reports); it is kept with the journal.
    """

    @property
    def system(self) -> str:
        """The inventory's name of the system that the run is aimed at; empty where it is none in particular."""

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters that the run was asked for with, for what is told of its target."""

    @property
    def dry_run(self) -> bool:
        """Whether effects are only to be described."""

    @property
    def incident(self) -> IncidentFacts:
        """The incident as it was when the action started."""

    @property
    def inventory(self) -> Inventory:
        """The environment's systems."""

    @property
    def files(self) -> Path:
        """The incident's folder for files."""

    def log(self, text: str, stream: str = "out") -> None:
        """Print lines to the step's output (``stream``: ``out`` or ``err``); they reach journal and screen."""

    def progress(self, progress: Progress) -> None:
        """Show how far the action is; only the latest is kept."""

    def effect(self, what: str) -> bool:
        """Announce an effect: ``if ctx.effect("stop PostgreSQL"): …``.

        Returns:
            True where it is to be carried out; False in a dry run, which prints ``would <what>``.

        Raises:
            Cancelled: somebody asked the action to stop.
        """

    def check_cancelled(self) -> None:
        """Raise ``Cancelled`` if somebody asked the action to stop."""

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the action to stop."""

    def overridden(self, gate: str) -> str:
        """Return the reason a person gave for passing ``gate`` in this run, or an empty string."""

    def calls(self) -> Mapping[str, NotedCall]:
        """Return the calls that are noted now, by level: unlike ``incident`` as they are at this moment."""

    def note_call(self, level: str, how: str) -> None:
        """Note that a level of the escalation matrix was called, and how; durable when it returns."""

    def transport(self, host: str) -> Transport:
        """Return the way to reach one of the inventory's hosts."""

    def query(
        self,
        host: str,
        argv: Sequence[str],
        *,
        timeout_s: float = 30,
        user: str = "",
        env: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run a short, read-only program, in dry runs too. Its output is not journalled.

        Raises:
            DeadlineExceeded: it took longer than ``timeout_s`` seconds and was ended.
            Unreachable: the host cannot be reached.
            ProgramMissing: the host has no such program.
        """

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
        """Run a program that has effects, under the shim: it outlives console and runner.

        ``key`` names it within the run: after a takeover the same key returns the recorded result, or
        re-attaches to the running program. Output goes to the step's output, and by line to
        ``on_line(stream, line)``. Call it only where ``effect`` said True.

        Raises:
            Cancelled: it was ended because somebody asked the action to stop.
            ProgramLost: it cannot be known how it ended; the step becomes in doubt.
            TransportLost: the link was lost while it ran; the step becomes in doubt.
        """

    def without_secrets(self, text: str) -> str:
        """Return ``text`` as it may be written into a file of the incident."""

    def secret(self, value: str) -> str:
        """Mark ``value`` as secret (it is redacted wherever it would be written), and return it."""
