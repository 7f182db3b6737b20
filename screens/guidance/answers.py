"""A decision's answer in a word or two, for where there is no room for all of it."""

from __future__ import annotations

from datetime import datetime

from journal.incident.answers import answer_title
from journal.incident.recovery_point import read
from journal.incident.state import Incident
from journal.plan.model import Decision

_LONGEST = 16
"""Characters; a longer answer is cut."""


def short_answer(incident: Incident, decision: Decision) -> str:
    """Return the answer to a decision: ``SEV2 High``, ``cold-recovery``, ``3 systems``, ``14:30 UTC``; empty: none."""
    record = incident.decisions.get(decision.name)
    if record is None:
        return ""
    short = _SHORT[decision.kind](incident, decision, record.answer)
    return short if len(short) <= _LONGEST else f"{short[: _LONGEST - 1]}…"


def _one(incident: Incident, decision: Decision, answer: str) -> str:
    """Return the title up to its colon; the option's own name where that is too long."""
    words = answer_title(incident, decision.name, answer).partition(":")[0]
    return words if len(words) <= _LONGEST else answer


def _systems(incident: Incident, decision: Decision, answer: str) -> str:
    names = answer.split(",")
    return answer_title(incident, decision.name, answer) if len(names) == 1 else f"{len(names)} systems"


def _recovery_point(incident: Incident, decision: Decision, answer: str) -> str:
    point = read(answer)
    if point is None or point.latest or point.instant is None:
        return answer
    own = f" +{len(point.positions)}" if point.positions else ""
    return f"{point.instant:%H:%M:%S} UTC{own}"


def _instant(incident: Incident, decision: Decision, answer: str) -> str:
    return f"{datetime.fromisoformat(answer):%m-%d %H:%M} UTC"


def _text(incident: Incident, decision: Decision, answer: str) -> str:
    return answer


_SHORT = {"one": _one, "systems": _systems, "recovery-point": _recovery_point, "instant": _instant, "text": _text}
