"""What ``--json`` prints, for programs: each field with its type and what it says. ``cleo schema`` prints it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from actions.health import Status
from journal.events.exposure import Exposed
from journal.events.types import Kind
from journal.presence import Present


class ObjectiveForm(msgspec.Struct, frozen=True, kw_only=True):
    """How a recovery time objective stands."""

    left_s: Annotated[int, Meta(description="seconds left; below 0: exceeded by as many")]
    achieved_at: Annotated[datetime | None, Meta(description="when what it asks for was validated")]
    met: Annotated[bool | None, Meta(description="whether it was met; null: nobody can tell yet")]


class StatusForm(msgspec.Struct, frozen=True, kw_only=True):
    """``cleo status --json``: where an incident stands."""

    incident: Annotated[str, Meta(description="its id")]
    kind: Kind
    title: str
    severity: Annotated[str, Meta(description="the plan's name of it")]
    outcome: Annotated[str, Meta(description="open, or how it was closed")]
    elapsed_s: Annotated[int, Meta(description="seconds since it began, until it was closed")]
    phase: Annotated[str, Meta(description="the title of the plan's phase that is worked at")]
    running: Annotated[list[str], Meta(description="steps that are under way")]
    in_doubt: Annotated[list[str], Meta(description="steps of which nobody knows how they ended: a person decides")]
    findings: Annotated[list[str], Meta(description="steps that found something")]
    wrong: Annotated[list[str], Meta(description="what was proven wrong, as 'system: what'")]
    failed: Annotated[list[str], Meta(description="steps that failed")]
    next: Annotated[str | None, Meta(description="the step that NEXT names; null: none is left")]
    rto: Annotated[dict[str, ObjectiveForm], Meta(description="by the plan's tier")]
    runner: Annotated[Literal["at work", "not at work"], Meta(description="whether a runner carries out requests")]
    trouble: Annotated[str, Meta(description="why the journal cannot be written; empty: it can")]
    went_on: Annotated[str, Meta(description="where the journal goes on since its disk gave way; empty: it did not")]
    inventory_sha256: str
    inventory_error: Annotated[str, Meta(description="why the inventory cannot be used now; empty: it can")]
    inventory_doubts: Annotated[list[str], Meta(description="what in the inventory leads nowhere")]
    events: Annotated[int, Meta(description="how many events the journal has")]
    head: Annotated[str, Meta(description="the short form of the journal's head")]
    also_open: Annotated[list[str], Meta(description="other incidents that act on the same systems")]
    lead: Annotated[str, Meta(description="who leads; empty: nobody said so")]
    taken: Annotated[dict[str, str], Meta(description="who works at a step, by step")]
    here: Annotated[list[Present], Meta(description="who has it open now")]
    exposure: Annotated[dict[str, Exposed], Meta(description="what would be lost now, by system")]
    unwitnessed: Annotated[list[str], Meta(description="what waits for the witness, of any incident; empty: nothing")]


class SystemForm(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One system in ``cleo health --json``."""

    status: Status
    detail: Annotated[str, Meta(description="one line with the figures that matter")]
    facts: Annotated[dict[str, Any], Meta(description="measured values; what could not be measured is missing")]
    exposure: Annotated[Exposed | None, Meta(description="what would be lost of it now")] = None


class ProblemForm(msgspec.Struct, frozen=True, kw_only=True):
    """One problem in ``cleo plan check --json`` and ``cleo exercise check --json``."""

    file: str
    line: Annotated[int, Meta(description="counted from 1")]
    field: Annotated[str, Meta(description="its path in the file: phases[0].title")]
    level: Annotated[Literal["error", "warning"], Meta(description="an error keeps the file from being used")]
    message: str


class ChangeForm(msgspec.Struct, frozen=True, kw_only=True):
    """One difference in ``cleo plan diff OLD NEW --json``."""

    kind: Literal["added", "removed", "moved", "renamed", "changed"]
    what: Annotated[str, Meta(description="the step's id as it is now, or the path of anything else")]
    title: Annotated[str, Meta(description="the step's number and title; empty for anything else")]
    field: Annotated[str, Meta(description="which field; empty: all of it")]
    old: Annotated[Any, Meta(description="what it was; of a moved step its place, of a renamed one its id")]
    new: Annotated[Any, Meta(description="what it is")]


class LessonForm(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a plan may learn in ``cleo plan diff PLAN --incident … --json``."""

    step: Annotated[str, Meta(description="the step's id; empty: the plan as a whole")]
    text: Annotated[str, Meta(description="what was so, in the journal's words")]
    field: Annotated[str, Meta(description="the field that should have another value; empty: none")]
    value: Annotated[str, Meta(description="that value, as YAML")]


class NoteForm(msgspec.Struct, frozen=True, kw_only=True):
    """One note in ``cleo plan import -o FILE --json``."""

    file: str
    line: Annotated[int, Meta(description="of what was imported, counted from 1")]
    kind: Literal["unread", "filled in", "look at this"]
    text: str
