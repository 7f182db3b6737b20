"""What the fold remembers: steps, runs, decisions, health. Only ``journal.incident.state`` writes them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from journal.events.types import ClosedGate, Finding, Identity, Override


class StepState(StrEnum):
    """What a step is, in a word.

    ``FOUND`` did all it is for and found what a person must see to; ``LOOKED`` saw only a part. Neither is failed, and
    people go on; only the first proves anything.
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
    IN_DOUBT = "in doubt"
    NOT_APPLICABLE = "not applicable"

    @property
    def settled(self) -> bool:
        """Whether steps that need this one may go ahead."""
        return self in _SETTLED

    @property
    def active(self) -> bool:
        """Whether something is asked for or under way."""
        return self in _ACTIVE


_SETTLED = frozenset(
    {
        StepState.DONE,
        StepState.FOUND,
        StepState.LOOKED,
        StepState.MARKED_DONE,
        StepState.TRIED,
        StepState.SKIPPED,
        StepState.NOT_APPLICABLE,
    }
)
_ACTIVE = frozenset({StepState.REQUESTED, StepState.RUNNING, StepState.CANCELLING})


class RunState(StrEnum):
    """What a run is, in a word."""

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


class Refusal(msgspec.Struct):
    """Why the runner did not start a run, and what would change its mind."""

    gate: str
    message: str
    yields: str
    at: datetime
    opens: str = ""


_GRAVITY = ("wrong", "warning", "note")


class Run(msgspec.Struct):
    """One asking for an action, and what became of it. ``id`` is the request's seq.

    ``system`` is the inventory's name of what it acts on; empty where that is no single system, or not known yet.
    ``closed`` is what would refuse the run that a dry run is for. ``settled`` says who settled a doubt, and as what.
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

    @property
    def changes_step(self) -> bool:
        """Whether the step's state follows from this run: neither a dry run nor a look into another one."""
        return not self.dry_run and not self.probe_of

    @property
    def gravest_first(self) -> list[Finding]:
        """What it found: what is proven wrong, then what a person must see to, then the rest."""
        return sorted(self.findings, key=lambda finding: _GRAVITY.index(finding.severity))

    @property
    def warnings(self) -> list[Finding]:
        """What it found that a person must see to."""
        return [finding for finding in self.findings if finding.severity != "note"]


class FoundWrong(msgspec.Struct):
    """What an action proved to be wrong in a system, until a later one proves otherwise."""

    at: datetime
    action: str
    findings: list[Finding]

    def __str__(self) -> str:
        """Return it as a line: ``found wrong at 04:12 UTC by postgres.verify: …``."""
        more = f", and {len(self.findings) - 1} more" if len(self.findings) > 1 else ""
        return f"found wrong at {self.at:%H:%M} UTC by {self.action}: {self.findings[0]}{more}"


class InstanceRecord(msgspec.Struct):
    """What became of a step, or of a step at one of several systems.

    ``state`` is None until something happened; ``requests`` are the runs that are not answered yet.
    """

    state: StepState | None = None
    before_request: StepState | None = None
    requests: set[int] = set()
    note: str = ""
    by: str = ""
    at: datetime | None = None
    started_at: datetime | None = None


class StepRecord(InstanceRecord):
    """What happened to one step; ``each`` tells it by system, where the step acts on several."""

    runs: list[int] = []
    items: set[str] = set()
    each: dict[str, InstanceRecord] = {}


class DecisionRecord(msgspec.Struct):
    """What was decided, by whom, and why."""

    name: str
    answer: str
    reason: str
    by: str
    at: datetime
    changes: int = 0


class HealthRecord(msgspec.Struct):
    """A system's last known status, from the journal's transitions."""

    status: str
    detail: str
    at: datetime


class InForce(msgspec.Struct):
    """What runs put in force (a hold, a block) that nothing seen by the console has taken back.

    ``action`` and ``step`` are of the first of them, ``undone_by`` is the action that takes it back. ``sure`` is False
    where none of them ended well: it may be in force.
    """

    action: str
    undone_by: str
    target: str
    step: str
    at: datetime
    runs: list[int] = []
    sure: bool = False


class Continued(msgspec.Struct):
    """The journal's failover: the number of the segment it continues in, since when, and how the disk failed."""

    segment: int
    at: datetime
    why: str


class RunnerRecord(msgspec.Struct):
    """Who executes. ``stopped_at`` is None while the runner has not said that it stopped."""

    pid: int
    host: str
    seq: int
    at: datetime
    took_over: str = ""
    stopped_at: datetime | None = None
    why: str = ""


class Deviation(msgspec.Struct):
    """Something that was not done as the plan says: skipped, by hand, overridden, refused answer, in doubt."""

    at: datetime
    by: str
    what: str
    step: str
    reason: str
