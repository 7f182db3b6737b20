"""What standards and laws ask for, and which chapters of the pack have evidence on it.

Sources: AICPA Trust Services Criteria 2017 (A1.2, A1.3), 45 CFR 164.308(a)(7)(ii), Regulation (EU) 2016/679.
"""

from __future__ import annotations

from typing import NamedTuple


class Control(NamedTuple):
    """A requirement in a few words, and the chapters about it, by their ids in the index."""

    name: str
    asks: str
    chapters: tuple[str, ...]


CONTROLS = [
    Control("SOC 2 A1.2", "backups and recovery infrastructure are operated and monitored", ("restores", "results")),
    Control("SOC 2 A1.3", "recovery procedures are tested", ("tests", "restores", "deviations")),
    Control("HIPAA 164.308(a)(7)(ii)(A)", "copies of the data can be restored", ("restores",)),
    Control("HIPAA 164.308(a)(7)(ii)(B)", "lost data are restored", ("results", "restores")),
    Control("HIPAA 164.308(a)(7)(ii)(C)", "critical processes go on in an emergency", ("results", "approvals")),
    Control("HIPAA 164.308(a)(7)(ii)(D)", "contingency plans are tested and revised", ("tests", "plans", "deviations")),
    Control("GDPR 32(1)(c)", "access to personal data is restored in time", ("restores", "results")),
    Control("GDPR 32(1)(d)", "measures are tested regularly", ("tests",)),
    Control("GDPR 33(1)", "the authority is notified within 72 hours", ("clocks",)),
    Control("GDPR 33(5)", "breaches are documented: facts, effects, remedy", ("results", "clocks", "journals")),
]
