"""The content of an evidence pack as plain values, the same for Markdown, HTML and JSON.

The field names are the keys of ``evidence.json`` (``format`` 1): they are only ever added to. Instants are UTC.
"""

from __future__ import annotations

from datetime import datetime

from journal.audit.span import Span
from journal.report.evidence import DeviationEntry, Part
from journal.report.model import LegalRow, Responder
from journal.report.results import RpoResult, RtoResult
from journal.report.review import ActionItemEntry, SignatureEntry

FORMAT = 1
"""The version of the keys."""


class SignatureCheck(Part, frozen=True, kw_only=True):
    """A signature over a journal's head. ``good`` only where one of the signers named made it.

    Attributes:
        file: the file that was signed; its signature lies beside it.
        seq: the last row that it covers; 0 where that is not known.
        who: the signer as the list of signers has them; empty: not known.
        words: what was found, in words.
    """

    file: str
    good: bool
    seq: int
    who: str
    words: str


class JournalProof(Part, frozen=True, kw_only=True):
    """One journal: the file in the pack, its head, and what checking it found.

    Attributes:
        id: the incident's id, or the folder's name where no incident could be read.
        file: in the pack; empty where it is not in there.
        faults: what is wrong with the file in the pack, or with the journal that it was made of.
        unread: why it could not be read as an incident; empty: it could.
        signatures: over its heads; empty: it is not signed, or signatures were not checked.
    """

    id: str
    file: str
    events: int
    head: str
    short_head: str
    ok: bool
    faults: list[str]
    notes: list[str]
    unread: str
    signatures: list[SignatureCheck]

    @property
    def signed(self) -> SignatureCheck | None:
        """The good signature that covers the most rows; None where none is good."""
        return max((one for one in self.signatures if one.good), key=lambda one: one.seq, default=None)


class RestoreTest(Part, frozen=True, kw_only=True):
    """A backup that was restored: in a drill beside the real system, or over it.

    ``state``: as of a run; ``what``: ``drill`` or ``restore``. Of a drill, ``took_s`` is how long the restore took and
    ``lost_s`` what would have been lost, in seconds; null: not measured.
    """

    at: datetime
    what: str
    action: str
    system: str
    state: str
    words: str
    by: str
    took_s: float | None = None
    lost_s: float | None = None


class Recovery(Part, frozen=True, kw_only=True):
    """A system that was recovered: how long after the disruption its writers were let in again, in seconds."""

    at: datetime
    system: str
    title: str
    action: str
    took_s: float


class Approval(Part, frozen=True, kw_only=True):
    """Something that a person allowed: a decision, a target typed before something destructive, a gate opened."""

    at: datetime
    by: str
    what: str
    reason: str


class Notice(Part, frozen=True, kw_only=True):
    """Somebody outside of the response was told, or was to be told.

    ``measured``: a program sent it and has the answers; else it is a person's word.
    """

    at: datetime
    what: str
    measured: bool
    words: str
    by: str


class ClockEvidence(Part, frozen=True, kw_only=True):
    """A legal clock of an incident, and when a notice went out.

    ``verdict``: ``in time``, ``in time, by words written after the deadline``, ``late``, ``NO NOTICE``, ``running``
    (none yet, and the deadline is ahead), ``not needed, on a person's word``, ``exercise`` (nobody had to be told), by
    law where that has a deadline; with what the plan wanted sooner, if that was missed.
    """

    clock: LegalRow
    sent_at: datetime | None
    words: str
    verdict: str


class IncidentEvidence(Part, frozen=True, kw_only=True):
    """What one incident or exercise shows. Lists hold what lies in the span; ``outside`` counts what does not.

    Attributes:
        file: its journal's name in the pack: two journals may say that they are of the same incident.
        printed: how many lines programs printed in it; ``contacts``: how many its plan names.
        crosses: how it reaches beyond the span, in words.
        actions: the actions that succeeded in it, by name; ``said``: what people noted as tests, in lower case.
        steps_done: the plan's steps that a program or people did, by id.
        recoveries: how long each system that was recovered was out, where that was no tabletop.
        objectives: the ratings of an exercise with a script, a line each.
        improvements: what was to be put in order afterwards, and whether somebody said that it is.
    """

    id: str
    file: str
    title: str
    kind: str
    scenario: str
    scenario_title: str
    severity: str
    outcome: str
    began_at: datetime
    declared_at: datetime
    closed_at: datetime | None
    last_at: datetime
    plan: str
    plan_sha256: str
    printed: int
    contacts: int
    crosses: list[str]
    rto: list[RtoResult]
    rpo: list[RpoResult]
    restores: list[RestoreTest]
    approvals: list[Approval]
    deviations: list[DeviationEntry]
    signatures: list[SignatureEntry]
    access: list[Responder]
    notices: list[Notice]
    clocks: list[ClockEvidence]
    actions: list[str]
    said: list[str]
    objectives: list[str]
    outside: int
    steps_done: list[str] = []
    recoveries: list[Recovery] = []
    improvements: list[ActionItemEntry] = []

    @property
    def last_restores(self) -> list[RestoreTest]:
        """The last restore of each system by each action: one that was run again is one."""
        return list({(test.action, test.system): test for test in self.restores}.values())


class Shown(Part, frozen=True, kw_only=True):
    """An incident that shows a test: which, of what kind, how it ended, and by what that is known."""

    id: str
    kind: str
    at: datetime
    outcome: str
    by: str
    proven: bool


class TestRow(Part, frozen=True, kw_only=True):
    """A test that the plan asks for, in one period.

    ``verdict``: ``held``, ``lab only``, ``talked through only``, ``a person's word``, ``real incident only``,
    ``not completed``, ``not proven``, ``NOT HELD``, ``due``, ``not judged``.
    """

    item: str
    every: str
    period: str
    due_by: datetime
    verdict: str
    words: str
    shown: list[Shown]


class ControlRow(Part, frozen=True, kw_only=True):
    """What a standard or a law asks for, and whether this pack has evidence of it: it never says that it is met.

    ``state``: ``evidence``, ``in part`` (there is some, and something against it), ``MISSING``, ``no case`` (nothing
    happened in this time that it is about). ``words``: what that rests on; ``chapters``: of the index.
    """

    name: str
    asks: str
    state: str
    words: str
    chapters: list[str]


class Missing(Part, frozen=True, kw_only=True):
    """Something that is not there or not in order. ``chapter``: the index's chapter that has more of it."""

    what: str
    chapter: str


class Evidence(Part, frozen=True, kw_only=True):
    """The whole pack.

    Attributes:
        made_at: when; what was written later is not in it.
        signers: how signatures were checked, in words; ``witness``: how heads were compared with a second party's.
        pseudonyms: how names were replaced, and that the journals are not in the pack; empty: nothing was replaced.
        cannot_show: what no journal of this program records, so that no pack shows it.
    """

    format: int = FORMAT
    made_at: datetime
    made_by: str
    program: str
    span: Span
    plan: str
    signatures_checked: bool
    signers: str
    witness: str
    missing: list[Missing]
    cannot_show: list[str]
    controls: list[ControlRow]
    tests: list[TestRow]
    incidents: list[IncidentEvidence]
    journals: list[JournalProof]
    folders: str
    pseudonyms: str = ""
