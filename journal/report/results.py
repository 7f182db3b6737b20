"""What a report says of the objectives: how long a recovery took, and what was lost or would have been."""

from __future__ import annotations

from datetime import datetime

from journal.events.exposure import Exposed
from journal.report.evidence import Part
from journal.wording.durations import loss_duration


class RtoResult(Part, frozen=True, kw_only=True):
    """One recovery time objective.

    Attributes:
        achieved_s: from the disruption until the tier was validated.
        since_declared_s: the same from the declaration.
        reached_s: from the disruption until users were led there; null where they had not to be, or were not.
        verdict: ``met``, ``missed``, ``not measured`` or ``running``.
        by_hand: at least one validating step was marked done by a person.
        remark: why it was not measured, or the reason for the verdict.
    """

    tier: str
    title: str
    target_s: float
    achieved_s: float | None
    since_declared_s: float | None
    validated_at: datetime | None
    verdict: str
    by_hand: bool
    remark: str
    reached_s: float | None = None


class RpoResult(Part, frozen=True, kw_only=True):
    """One system's recovery point objective.

    Attributes:
        achieved_s: the span of data that was lost, in seconds, or a bound of it.
        bound: ``at most`` or ``at least`` where that is a bound; else empty.
        at_least_s: how much of it was seen to be lost.
        newest_known: the newest commit that was seen; ``known_from``: by whom.
        heartbeats_lost: rows of the heartbeat table that are missing, at least; null where they were not counted.
        verdict: ``met``, ``missed``, ``not measured`` or ``not proven`` (no verification passed, or only a bound is
            known that lies beyond the target).
        remark: the reasons for the verdict.
    """

    system: str
    title: str
    target_s: float
    achieved_s: float | None
    bound: str
    at_least_s: float | None
    recovered_to: datetime | None
    newest_known: datetime | None
    known_from: str
    heartbeats_lost: int | None
    verdict: str
    remark: str

    @property
    def lost(self) -> str:
        """The loss in words: ``at most 27 s``; empty where it was not measured."""
        if self.achieved_s is None:
            return ""
        return loss_duration(self.achieved_s, self.bound)


class ExposureRow(Part, frozen=True, kw_only=True):
    """What would have been lost of one system at two moments, with it and with its site, and what was lost.

    Attributes:
        first: as it was written down first, when the response began; ``last``: as it was written down last.
        lost: what was lost in the end, in words, or that it was not affected; empty: nothing was recovered, or nobody
            measured it.
        site: the site that it lives on.
    """

    system: str
    title: str
    target_s: float
    site: str
    first: Exposed
    last: Exposed
    lost: str
