"""The event types: everything that can be said about an incident, and by whom it is said.

An event is an envelope (who, when, where, which place in the chain) around a body. A body is one of the
structs below; its tag is the ``type`` column, its ``step`` the ``step`` column, all its other fields the
``payload``. Requests (``run.requested``, ``cancel.requested``) are appended by whoever asks; the runner
alone answers them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import msgspec


class Kind(StrEnum):
    """What an incident is, fixed when it is declared (design, gate 1)."""

    REAL = "REAL"
    DRILL = "DRILL"
    LAB = "LAB"
    TABLETOP = "TABLETOP"


class Body(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What happened. ``step`` names the plan's step it happened to, or is empty."""

    step: str = ""


class Identity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact that tells a target from every other: its name, value, and how we came to know it."""

    name: str
    value: str
    known: Literal["reported", "last known", "unknown"]


class Override(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person's word that one gate shall yield once; ``target`` is what they typed, where that is asked."""

    gate: str
    reason: str
    target: str = ""


class IncidentDeclared(Body, frozen=True, kw_only=True, tag="incident.declared"):
    """The journal's first page. ``plan`` is the whole plan as data; times are UTC ISO 8601."""

    id: str
    title: str
    kind: Kind
    scenario: str
    severity: str
    began_at: str
    discovered_at: str
    plan: dict[str, Any]
    plan_sha256: str
    inventory: str = ""
    program: str = ""


class DecisionMade(Body, frozen=True, kw_only=True, tag="decision.made"):
    """A person chose. ``name`` is the decision's name in the plan (severity, strategy, recovery_point…)."""

    name: str
    answer: str
    reason: str = ""


class ItemChecked(Body, frozen=True, kw_only=True, tag="item.checked"):
    """A sub-item of a manual step was ticked (or unticked)."""

    item: str
    checked: bool


class StepMarkedDone(Body, frozen=True, kw_only=True, tag="step.marked_done"):
    """A person did the step by hand, or says that it is done."""

    note: str


class StepSkipped(Body, frozen=True, kw_only=True, tag="step.skipped"):
    """A person left the step out."""

    reason: str


class StepReopened(Body, frozen=True, kw_only=True, tag="step.reopened"):
    """A person took back that the step is done or skipped."""

    reason: str


class NoteAdded(Body, frozen=True, kw_only=True, tag="note.added"):
    """Free text. A late entry has ``happened_at``: when it happened; the envelope says when it was written."""

    text: str
    happened_at: str = ""


class RunRequested(Body, frozen=True, kw_only=True, tag="run.requested"):
    """Somebody asks for an action. The event's seq is the run's id.

    ``confirmed`` is the identity typed at the interlock. ``probe_of`` is the in-doubt run that this
    read-only run looks into; such a run leaves its step's state alone.
    """

    action: str
    params: dict[str, Any] = {}
    dry_run: bool = False
    confirmed: str = ""
    overrides: list[Override] = []
    probe_of: int = 0


class RunRefused(Body, frozen=True, kw_only=True, tag="run.refused"):
    """The runner did not start a run. ``yields`` says what would change its mind."""

    run: int
    gate: str
    message: str
    yields: Literal["never", "reason", "reason and target"] = "never"


class CancelRequested(Body, frozen=True, kw_only=True, tag="cancel.requested"):
    """Somebody asks a run to stop."""

    run: int
    reason: str = ""


class ActionStarted(Body, frozen=True, kw_only=True, tag="action.started"):
    """Intent, durable before the first effect."""

    run: int
    action: str
    params: dict[str, Any] = {}
    target: list[Identity] = []
    digest: str = ""
    dry_run: bool = False
    destructive: bool = False
    overrides: list[Override] = []
    probe_of: int = 0


class ActionReentered(Body, frozen=True, kw_only=True, tag="action.reentered"):
    """A new runner entered a resumable action again after its runner was gone."""

    run: int
    why: str


class ProgramStarted(Body, frozen=True, kw_only=True, tag="program.started"):
    """An external program is about to run. ``spool`` is where its shim keeps pid, output and exit status."""

    run: int
    key: str
    argv: list[str]
    host: str = ""
    spool: str = ""


class ProgramFinished(Body, frozen=True, kw_only=True, tag="program.finished"):
    """An external program ended. ``code`` is its exit status, negative for a signal, None where it cannot be known."""

    run: int
    key: str
    code: int | None
    duration_s: float = 0.0
    reattached: bool = False


class ActionFinished(Body, frozen=True, kw_only=True, tag="action.finished"):
    """How a run ended. The chain covers its output through ``output_sha256`` (see ``Journal.output_digest``)."""

    run: int
    status: Literal["succeeded", "failed", "cancelled"]
    summary: str
    facts: dict[str, Any] = {}
    left_behind: str = ""
    output_lines: int = 0
    output_sha256: str = ""
    duration_s: float = 0.0


class ActionInDoubt(Body, frozen=True, kw_only=True, tag="action.in_doubt"):
    """It cannot be known how a run ended. ``program`` is what is known of the external program, in words."""

    run: int
    why: str
    program: str = ""
    output_lines: int = 0
    output_sha256: str = ""


class DoubtResolved(Body, frozen=True, kw_only=True, tag="doubt.resolved"):
    """A person decided what an in-doubt run was. ``run_again`` makes the step ready; it starts nothing."""

    run: int
    verdict: Literal["done", "failed", "run_again"]
    reason: str


class HealthChanged(Body, frozen=True, kw_only=True, tag="health.changed"):
    """A system's health went from one status to another."""

    system: str
    status: str
    was: str
    detail: str = ""


class RunnerStarted(Body, frozen=True, kw_only=True, tag="runner.started"):
    """A runner took the lease. ``took_over`` describes the dead owner, or is empty."""

    pid: int
    started: int
    took_over: str = ""


class RunnerStopped(Body, frozen=True, kw_only=True, tag="runner.stopped"):
    """A runner gave the lease back."""

    pid: int
    why: str


class IncidentClosed(Body, frozen=True, kw_only=True, tag="incident.closed"):
    """The incident is over; nothing but notes and late entries follows."""

    summary: str = ""


AnyBody = (
    IncidentDeclared
    | DecisionMade
    | ItemChecked
    | StepMarkedDone
    | StepSkipped
    | StepReopened
    | NoteAdded
    | RunRequested
    | RunRefused
    | CancelRequested
    | ActionStarted
    | ActionReentered
    | ProgramStarted
    | ProgramFinished
    | ActionFinished
    | ActionInDoubt
    | DoubtResolved
    | HealthChanged
    | RunnerStarted
    | RunnerStopped
    | IncidentClosed
)

BODY_TYPES: dict[str, type[Body]] = {
    str(cls.__struct_config__.tag): cls
    for cls in AnyBody.__args__
}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the journal. ``at`` is UTC; ``monotonic_ns`` counts since the boot named by ``boot_id``."""

    seq: int
    at: datetime
    monotonic_ns: int
    boot_id: str
    actor: str
    host: str
    body: Body
    prev_hash: str
    hash: str

    @property
    def type(self) -> str:
        """The body's type, as in the ``type`` column."""
        return type_of(self.body)


def type_of(body: Body) -> str:
    """Return the name under which a body's type is stored."""
    return str(type(body).__struct_config__.tag)


# Keys stay in the order in which they were given: a plan's severities, systems and options have one.
_encoder = msgspec.json.Encoder()
_decoders = {name: msgspec.json.Decoder(cls) for name, cls in BODY_TYPES.items()}


def encode(body: Body) -> tuple[str, str, str]:
    """Return a body as its columns: type, step, canonical JSON payload."""
    fields = msgspec.to_builtins(body)
    fields.pop("type")
    step = fields.pop("step", "")
    return type_of(body), step, _encoder.encode(fields).decode()


def decode(type_name: str, step: str, payload: str) -> Body:
    """Return the body stored in these columns.

    Raises:
        KeyError: the type is not one of ours.
        msgspec.ValidationError: the payload does not fit its type.
    """
    body = _decoders[type_name].decode(payload)
    return msgspec.structs.replace(body, step=step) if step else body
