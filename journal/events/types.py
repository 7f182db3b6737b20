"""All types of events, and how they are encoded.

An event is an envelope (who, when, where, which place in the chain) around a body. A body's tag is the ``type``
column, its ``step`` the ``step`` column, all its other fields the ``payload``. Requests (``run.requested``,
``cancel.requested``) are appended by whoever asks; the runner alone answers them.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec.structs import force_setattr

from journal.events import game_day, improvement, leading, people, review, run
from journal.events.base import Body, ClosedGate, Cure, Finding, Identity, Kind, Override, Settling
from journal.events.game_day import LabChosen, LabFault, LabUndone
from journal.events.improvement import ActionItemDone, HotWashAnswered
from journal.events.leading import ExercisePaused, ExerciseRewound, FacilitatorSaid, InjectLed, ParticipantMarked
from journal.events.people import (
    CallTakenBack,
    ContactAcknowledged,
    ContactPaged,
    DecisionMade,
    IncidentClosed,
    IncidentDeclared,
    IncidentReopened,
    ItemChecked,
    NoteAdded,
    RoleName,
    RoleTaken,
    StepGivenBack,
    StepMarkedDone,
    StepReopened,
    StepSkipped,
    StepTaken,
)
from journal.events.review import (
    ActionItemWritten,
    ExerciseBegan,
    InjectAnswered,
    InjectGiven,
    InjectReplied,
    JournalContinued,
    ReportField,
    ReportFieldWritten,
    SignedOff,
)
from journal.events.run import (
    ActionFinished,
    ActionInDoubt,
    ActionReentered,
    ActionStarted,
    CancelRequested,
    DoubtResolved,
    ExposureMeasured,
    HealthChanged,
    InventoryRead,
    KnownPoint,
    ProgramFinished,
    ProgramStarted,
    ReadinessKnown,
    RunnerStarted,
    RunnerStopped,
    RunRefused,
    RunRequested,
    ScriptsRead,
)
from journal.structs import decoder

__all__ = [
    "BODY_TYPES",
    "ActionFinished",
    "ActionInDoubt",
    "ActionItemDone",
    "ActionItemWritten",
    "ActionReentered",
    "ActionStarted",
    "Body",
    "CallTakenBack",
    "CancelRequested",
    "ClosedGate",
    "ContactAcknowledged",
    "ContactPaged",
    "Cure",
    "DecisionMade",
    "DoubtResolved",
    "Event",
    "ExerciseBegan",
    "ExercisePaused",
    "ExerciseRewound",
    "ExposureMeasured",
    "FacilitatorSaid",
    "Finding",
    "HealthChanged",
    "HotWashAnswered",
    "Identity",
    "IncidentClosed",
    "IncidentDeclared",
    "IncidentReopened",
    "InjectAnswered",
    "InjectGiven",
    "InjectLed",
    "InjectReplied",
    "InventoryRead",
    "ItemChecked",
    "JournalContinued",
    "Kind",
    "KnownPoint",
    "LabChosen",
    "LabFault",
    "LabUndone",
    "NoteAdded",
    "Override",
    "ParticipantMarked",
    "ProgramFinished",
    "ProgramStarted",
    "ReadinessKnown",
    "ReportField",
    "ReportFieldWritten",
    "RoleName",
    "RoleTaken",
    "RunRefused",
    "RunRequested",
    "RunnerStarted",
    "RunnerStopped",
    "ScriptsRead",
    "Settling",
    "SignedOff",
    "StepGivenBack",
    "StepMarkedDone",
    "StepReopened",
    "StepSkipped",
    "StepTaken",
    "decode",
    "encode",
    "type_of",
]

BODY_TYPES: dict[str, type[Body]] = {
    str(found.__struct_config__.tag): found
    for module in (people, run, review, leading, improvement, game_day)
    for found in vars(module).values()
    if isinstance(found, type) and issubclass(found, Body) and found is not Body
}


class Event(msgspec.Struct, frozen=True):
    """One journal row. ``at`` is UTC; ``hash`` is the row's own.

    The row's other columns (the clock since boot, the hash before) are needed only by those who examine the file.
    """

    seq: int
    at: datetime
    actor: str
    host: str
    body: Body
    hash: str

    @property
    def type(self) -> str:
        """The body's type, as in the ``type`` column."""
        return type_of(self.body)


def type_of(body: Body) -> str:
    """Return the name of a body's type, as in the ``type`` column."""
    return str(type(body).__struct_config__.tag)


# Keys stay in the order in which they were given: a plan's severities, systems and options have one.
_encoder = msgspec.json.Encoder()
_decode = {name: decoder(cls).decode for name, cls in BODY_TYPES.items()}


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
    body = _decode[type_name](payload)
    if step:
        force_setattr(body, "step", step)  # nobody else has the object yet; a changed copy would take twice as long
    return body
