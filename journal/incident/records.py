"""The records in an incident's state: steps, runs, decisions, health. Only `journal.incident.fold` writes them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from journal.events.types import ClosedGate, Cure, Finding, Identity, Override, Settling
from journal.wording.instants import clock


class StepState(StrEnum):
    """The state of a step.

    ``FOUND``: it did all of its work, and found something that a person must look at. ``LOOKED``: it looked at a part
    only. Neither has failed, and people may go on; only the first proves anything. ``NEEDLESS``, ``IMPOSSIBLE``: nobody
    did it; a look found that there is no need, or no way (`journal.incident.fold.settling`).
    """

    WAITING = "waiting"
    READY = "ready"
    REQUESTED = "requested"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FOUND = "done, with findings"
    LOOKED = "looked"
    MARKED_DONE = "marked done"
    FAILED = "failed"
    TRIED = "tried, failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    NEEDLESS = "not needed"
    IMPOSSIBLE = "not possible"
    IN_DOUBT = "in doubt"
    NOT_APPLICABLE = "not applicable"

    @property
    def settled(self) -> bool:
        """Whether steps that need this one may begin."""
        return self in _SETTLED

    @property
    def by_evidence(self) -> bool:
        """Whether nobody did anything: a look settled it, and a later one may say otherwise."""
        return self in (StepState.NEEDLESS, StepState.IMPOSSIBLE)

    @property
    def active(self) -> bool:
        """Whether a run is requested or under way."""
        return self in _ACTIVE


_SETTLED = frozenset(
    {
        StepState.DONE,
        StepState.FOUND,
        StepState.LOOKED,
        StepState.MARKED_DONE,
        StepState.TRIED,
        StepState.SKIPPED,
        StepState.NEEDLESS,
        StepState.IMPOSSIBLE,
        StepState.NOT_APPLICABLE,
    }
)
_ACTIVE = frozenset({StepState.REQUESTED, StepState.RUNNING, StepState.CANCELLING})


class RunState(StrEnum):
    """The state of a run."""

    REQUESTED = "requested"
    REFUSED = "refused"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    IN_DOUBT = "in doubt"

    @property
    def over(self) -> bool:
        """Whether nothing more is expected of it."""
        return self not in (RunState.REQUESTED, RunState.RUNNING, RunState.CANCELLING)


class Program(msgspec.Struct):
    """One external program of a run."""

    key: str
    argv: list[str]
    host: str
    spool: str
    started_at: datetime
    finished_at: datetime | None = None
    code: int | None = None
    reattached: bool = False
    duration_s: float = 0.0
    address: str = ""
    """Where the host's name led to as it started; empty where that was not noted."""


class Refusal(msgspec.Struct):
    """Why the runner did not start a run, and what opens or overrides the gate."""

    gate: str
    message: str
    yields: str
    at: datetime
    opens: str = ""


_GRAVITY = ("wrong", "warning", "note")


class Run(msgspec.Struct):
    """One request for an action, and its result. ``id`` is the seq of the request.

    ``system`` is the inventory's name of what it acts on; empty where that is no single system, or not known yet.
    ``shown`` is the dry run that was read as it was confirmed.
    ``closed`` are the gates that would refuse the run that a dry run is for; ``settled`` is who settled a doubt, how.
    """

    id: int
    step: str
    action: str
    system: str
    params: dict[str, Any]
    dry_run: bool
    probe_of: int
    confirmed: str
    overrides: list[Override]
    requested_by: str
    requested_at: datetime
    state: RunState = RunState.REQUESTED
    started_at: datetime | None = None
    finished_at: datetime | None = None
    target: list[Identity] = []
    closed: list[ClosedGate] = []
    digest: str = ""
    destructive: bool = False
    reentered: int = 0
    summary: str = ""
    facts: dict[str, Any] = {}
    left_behind: str = ""
    findings: list[Finding] = []
    cures: list[Cure] = []
    settles: list[Settling] = []
    partial: str = ""
    output_lines: int = 0
    output_sha256: str = ""
    duration_s: float = 0.0
    programs: list[Program] = []
    refusal: Refusal | None = None
    in_doubt: str = ""
    program_status: str = ""
    verdict: str = ""
    settled: str = ""
    cancelled_by: str = ""
    runner_seq: int = 0
    shown: int = 0

    @property
    def changes_step(self) -> bool:
        """Whether this run changes its step's state: neither a dry run nor a look at another run."""
        return not self.dry_run and not self.probe_of

    @property
    def gravest_first(self) -> list[Finding]:
        """Its findings: those proven wrong, then the warnings, then the notes."""
        return sorted(self.findings, key=lambda finding: _GRAVITY.index(finding.severity))

    @property
    def warnings(self) -> list[Finding]:
        """Its findings that a person must look at: all but the notes."""
        return [finding for finding in self.findings if finding.severity != "note"]


class FoundWrong(msgspec.Struct):
    """What an action proved to be wrong in a system, until a later one proves otherwise."""

    at: datetime
    action: str
    findings: list[Finding]

    def __str__(self) -> str:
        """Return it as one line: ``found wrong at 04:12 UTC by postgres.verify: …``."""
        more = f", and {len(self.findings) - 1} more" if len(self.findings) > 1 else ""
        return f"found wrong at {clock(self.at)} by {self.action}: {self.findings[0]}{more}"


class InstanceRecord(msgspec.Struct):
    """The state of a step, or of a step at one of several systems.

    ``state`` is None until something happened; ``requests`` are the ids of runs that are neither started nor refused.
    """

    state: StepState | None = None
    before_request: StepState | None = None
    requests: set[int] = set()
    note: str = ""
    by: str = ""
    at: datetime | None = None
    started_at: datetime | None = None


class StepRecord(InstanceRecord):
    """The record of one step; ``each`` holds one record a system, where the step acts on several."""

    runs: list[int] = []
    items: set[str] = set()
    each: dict[str, InstanceRecord] = {}


class DecisionRecord(msgspec.Struct):
    """The answer to a decision: by whom, when and why. ``changes`` is how often it was changed.

    ``because`` is what the console had proposed it for, where the person took the proposal.
    """

    name: str
    answer: str
    reason: str
    by: str
    at: datetime
    changes: int = 0
    because: str = ""


class HealthRecord(msgspec.Struct):
    """A system's last known status, from the journal's transitions, and when it was last found down, and answering.

    ``may_commit``: its process is there, or it only did not answer in time (an older journal calls that "down", too).
    """

    status: str
    detail: str
    at: datetime
    down_at: datetime | None = None
    answered_at: datetime | None = None
    may_commit: bool = False


class InForce(msgspec.Struct):
    """Something that runs put in force (a hold, a block) and no run has taken back.

    ``action`` and ``step`` are those of the first run, ``undone_by`` is the action that takes it back. ``sure`` is
    False where none of the runs succeeded: it may or may not be in force. ``moved_to`` is the system that took over
    from the one where it stands: taken back there, it has ended.
    """

    action: str
    undone_by: str
    target: str
    step: str
    at: datetime
    runs: list[int] = []
    sure: bool = False
    moved_to: str = ""


class Continued(msgspec.Struct):
    """The journal's failover: the number of the segment it continues in, since when, and how the disk failed."""

    segment: int
    at: datetime
    why: str


class RunnerRecord(msgspec.Struct):
    """The incident's runner. ``stopped_at`` is None until it writes that it stopped."""

    pid: int
    host: str
    seq: int
    at: datetime
    took_over: str = ""
    stopped_at: datetime | None = None
    why: str = ""


class Deviation(msgspec.Struct):
    """Something that a person decided otherwise than the plan says: skipped, done by hand, overridden, reopened."""

    at: datetime
    by: str
    what: str
    step: str
    reason: str
