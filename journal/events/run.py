"""Requests to the runner, and the events that it writes: runs, programs, doubt, health, the lease."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from journal.events.base import Body, ClosedGate, Cure, Finding, Identity, Kind, Override, Settling
from journal.events.exposure import Exposed
from journal.events.measured import Measured


class RunRequested(Body, frozen=True, kw_only=True, tag="run.requested"):
    """Somebody requests an action. The event's seq is the run's id.

    ``system`` is the inventory's name of the one system it acts on; empty where the action looks at all of them, or
    where the runner is to find the only one. ``confirmed`` is the identity typed at the interlock, ``shown`` the dry
    run that was read there (0: none). ``probe_of`` is the run (in doubt, or of which something is in force) that this
    read-only run examines; such a run does not change its step's state.
    """

    action: str
    system: str = ""
    params: dict[str, Any] = {}
    dry_run: bool = False
    confirmed: str = ""
    shown: int = 0
    overrides: list[Override] = []
    probe_of: int = 0


class RunRefused(Body, frozen=True, kw_only=True, tag="run.refused"):
    """The runner did not start a run. ``yields`` overrides the gate, ``opens`` opens it (see `ClosedGate`).

    ``system`` is what it was aimed at; empty where it was refused before that, or where that is no single system.
    """

    run: int
    gate: str
    system: str = ""
    message: str
    yields: Literal["never", "reason", "reason and target"] = "never"
    opens: str = ""


class CancelRequested(Body, frozen=True, kw_only=True, tag="cancel.requested"):
    """Somebody requests that a run is cancelled."""

    run: int
    reason: str = ""


class ActionStarted(Body, frozen=True, kw_only=True, tag="action.started"):
    """A run starts; durable before its first effect. ``undone_by`` is the action that takes back what it leaves.

    ``system`` is the inventory's name of what it acts on; empty where that is no single system. ``closed`` are
    the gates that would refuse the run that a dry run is for, as they were when the dry run began.
    """

    run: int
    action: str
    system: str = ""
    params: dict[str, Any] = {}
    target: list[Identity] = []
    digest: str = ""
    dry_run: bool = False
    destructive: bool = False
    overrides: list[Override] = []
    probe_of: int = 0
    undone_by: str = ""
    closed: list[ClosedGate] = []


class ActionReentered(Body, frozen=True, kw_only=True, tag="action.reentered"):
    """A new runner entered a resumable action again after the runner before it had died."""

    run: int
    why: str


class ProgramStarted(Body, frozen=True, kw_only=True, tag="program.started"):
    """An external program is about to run. ``spool`` is the folder where its shim keeps pid, output and exit status.

    ``host`` is the inventory's name of where it runs, and ``address`` what that name led to then.
    """

    run: int
    key: str
    argv: list[str]
    host: str = ""
    address: str = ""
    spool: str = ""


class ProgramFinished(Body, frozen=True, kw_only=True, tag="program.finished"):
    """An external program ended. ``code`` is its exit status, negative for a signal, None where it cannot be known."""

    run: int
    key: str
    code: int | None
    duration_s: float = 0.0
    reattached: bool = False


class ActionFinished(Body, frozen=True, kw_only=True, tag="action.finished"):
    """A run ended. The chain covers its output through ``output_sha256`` (see `Journal.output_digest`).

    ``findings``, ``cures``, ``settles``, ``partial`` and ``examined`` are as in the action's outcome.
    """

    run: int
    status: Literal["succeeded", "failed", "cancelled"]
    summary: str
    facts: dict[str, Any] = {}
    left_behind: str = ""
    output_lines: int = 0
    output_sha256: str = ""
    duration_s: float = 0.0
    findings: list[Finding] = []
    cures: list[Cure] = []
    settles: list[Settling] = []
    partial: str = ""
    examined: list[str] = []


class ActionInDoubt(Body, frozen=True, kw_only=True, tag="action.in_doubt"):
    """Nobody knows how a run ended. ``program`` is what is known of its external program, in words."""

    run: int
    why: str
    program: str = ""
    output_lines: int = 0
    output_sha256: str = ""


class DoubtResolved(Body, frozen=True, kw_only=True, tag="doubt.resolved"):
    """A person decided how an in-doubt run counts. ``run_again`` makes its step ready; it starts nothing."""

    run: int
    verdict: Literal["done", "failed", "run_again"]
    reason: str


class HealthChanged(Body, frozen=True, kw_only=True, tag="health.changed"):
    """A system's health went from one status to another.

    Attributes:
        last: what was measured when the system last answered, such as its newest commit.
        may_commit: it may still commit, whatever it looks like: its process is there, or it was only too slow.
    """

    system: str
    status: str
    was: str
    detail: str = ""
    last: Measured | None = None
    may_commit: bool = False


class ExposureMeasured(Body, frozen=True, kw_only=True, tag="exposure.measured"):
    """What would be lost of the systems that hold data: at first, when an objective is crossed, and every while."""

    systems: list[Exposed]


class KnownSystem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One system of the inventory, with what the incident needs to aim actions at it.

    Attributes:
        name: its name in the inventory.
        type: the type of system: ``postgres``.
        title: what people call it.
        site: where it lives: ``primary``, ``dr``.
        plays: the plan's system that it is; empty for one that the plan does not name, as a standby.
        standby_of: the system that it follows; empty for one that stands for itself.
        cold: it follows nothing: it is empty until that one's copies are restored there.
        backups_site: the site of its backups; empty: its own, or it has none.
        acts: which actions act on it, by what their names begin with: ``postgres``, ``backups``.
    """

    name: str
    type: str
    title: str = ""
    site: str = "primary"
    plays: str = ""
    standby_of: str = ""
    cold: bool = False
    backups_site: str = ""
    acts: list[str] = []


class InventoryRead(Body, frozen=True, kw_only=True, tag="inventory.read"):
    """The inventory was read: as a runner started, or because its file was changed.

    ``changed`` names what differs from before; ``error`` says why the file cannot be used: then the one before counts.
    ``audiences`` are those that it has channels to.
    ``systems`` are all that it names, and ``doubts`` what it says that leads nowhere in the plan, a line each.
    """

    path: str
    sha256: str
    doubts: list[str] = []
    systems: list[KnownSystem] = []
    audiences: list[str] = []
    changed: list[str] = []
    error: str = ""


class KnownPoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that steps of the plan need, and that was known to be wrong beforehand.

    Attributes:
        about: what it is about; ``words``: what was seen; ``cure``: what to do about it.
        steps: the ids of the plan's steps that need it; ``systems``: the inventory's systems that do.
        stops: without it those steps cannot be done.
        since: the first look that found it wrong; ``seen``: the last one that did, ISO 8601 in UTC.
    """

    about: str
    words: str
    cure: str = ""
    steps: list[str] = []
    systems: list[str] = []
    stops: bool = True
    since: str
    seen: str


class ReadinessKnown(Body, frozen=True, kw_only=True, tag="readiness.known"):
    """What the last look on an ordinary day (`cleo ready`) had found, as the incident was declared.

    ``looked_at`` is when that was, ISO 8601 in UTC; ``points`` are what was wrong, and as far as anybody had looked was
    not mended. Where nobody looked there is no such event.
    """

    looked_at: str
    points: list[KnownPoint] = []


class ScriptsRead(Body, frozen=True, kw_only=True, tag="scripts.read"):
    """The pinned scripts that lie on the runner's machine were looked at, and are others than they were known to be.

    ``drifted`` has a line for each one that is not what the plan was tested with, by step; all others are as pinned.
    """

    drifted: dict[str, list[str]] = {}


class Took(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How long an action took when it did its work wholly.

    Attributes:
        action: the action.
        system: the inventory's system that it was done at; empty: at none in particular.
        seconds: how long, in seconds.
        at: when it ended.
        by: the incident.
        kind: what kind of incident that was.
    """

    action: str
    system: str
    seconds: float
    at: datetime
    by: str
    kind: Kind


class RunnerStarted(Body, frozen=True, kw_only=True, tag="runner.started"):
    """A runner took the lease. ``took_over`` describes the dead owner, or is empty.

    ``lacks`` are the plan's actions that it cannot run: people do those by hand. ``took`` is how long steps took in
    earlier incidents.
    """

    pid: int
    started: int
    took_over: str = ""
    lacks: list[str] = []
    took: list[Took] = []


class RunnerStopped(Body, frozen=True, kw_only=True, tag="runner.stopped"):
    """A runner gave the lease back."""

    pid: int
    why: str
