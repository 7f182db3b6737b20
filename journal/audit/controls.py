"""What standards and laws ask for, and whether a pack has evidence of each: none that has nothing reads as met.

Sources: AICPA Trust Services Criteria 2017 (A1.2, A1.3), 45 CFR 164.308(a)(7)(ii), 164.404(b),
Regulation (EU) 2016/679.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from journal.audit import judging
from journal.audit.judging import IN_PART, MISSING, Judged, Shows
from journal.audit.model import ControlRow, IncidentEvidence, Missing, TestRow


class Control(NamedTuple):
    """A requirement in a few words, the chapters about it, and what judges whether there is evidence of it."""

    name: str
    asks: str
    chapters: tuple[str, ...]
    judge: Callable[[Shows], Judged]


def controls(tests: Sequence[TestRow], incidents: Sequence[IncidentEvidence], whole: set[str]) -> list[ControlRow]:
    """Return every control with what this pack has of it.

    Args:
        tests: the plan's tests, judged.
        incidents: what the journals show.
        whole: the files that verify; another one shows nothing.
    """
    shows = Shows(tests, [one for one in incidents if one.file in whole])
    rows = []
    for control in CONTROLS:
        state, words = control.judge(shows)
        rows.append(
            ControlRow(name=control.name, asks=control.asks, state=state, words=words, chapters=list(control.chapters))
        )
    return rows


def missing_controls(rows: Sequence[ControlRow]) -> Iterator[Missing]:
    """Yield the controls of which the pack has no evidence, or evidence against them beside it."""
    for row in rows:
        if row.state in (MISSING, IN_PART):
            said = "no evidence" if row.state == MISSING else "evidence in part"
            yield Missing(what=f"{row.name} ({row.asks}): {said}: {row.words}", chapter="controls")


CONTROLS = [
    Control(
        "SOC 2 A1.2",
        "backups and recovery infrastructure are operated and monitored",
        ("restores", "results"),
        judging.operated,
    ),
    Control("SOC 2 A1.3", "recovery procedures are tested", ("tests", "restores", "deviations"), judging.tested),
    Control("HIPAA 164.308(a)(7)(ii)(A)", "copies of the data can be restored", ("restores",), judging.restores),
    Control("HIPAA 164.308(a)(7)(ii)(B)", "lost data are restored", ("results", "restores"), judging.restores),
    Control(
        "HIPAA 164.308(a)(7)(ii)(C)",
        "critical processes go on in an emergency",
        ("results", "approvals"),
        judging.went_on,
    ),
    Control(
        "HIPAA 164.308(a)(7)(ii)(D)",
        "contingency plans are tested and revised",
        ("tests", "plans", "deviations"),
        judging.tested,
    ),
    Control(
        "HIPAA 164.308(a)(7)(ii)(E)",
        "applications and data are ranked by how critical they are",
        ("plans", "results"),
        judging.ranked,
    ),
    Control(
        "HIPAA 164.404(b)", "individuals are told of a breach within 60 days", ("clocks",), judging.notified("HIPAA")
    ),
    Control("GDPR 32(1)(c)", "access to personal data is restored in time", ("results", "restores"), judging.in_time),
    Control("GDPR 32(1)(d)", "measures are tested regularly", ("tests",), judging.tested),
    Control("GDPR 33(1)", "the authority is notified within 72 hours", ("clocks",), judging.notified("GDPR")),
    Control(
        "GDPR 33(5)",
        "breaches are documented: facts, effects, remedy",
        ("results", "clocks", "journals"),
        judging.documented,
    ),
]
"""In the order of the index."""
