"""Whom a plan has called, and whom the law has told until when."""

from __future__ import annotations

from journal.plan.part import Part
from journal.wording.durations import Duration


class Contact(Part, frozen=True, kw_only=True):
    """Someone to call. ``respond_within`` is in seconds; 0: the plan promises nothing.

    With a ``level`` a call is noted by it, at a step that names it in ``calls``: also of a contact outside the matrix.
    ``confirmed``: when somebody last answered there (``2026-11-29``); `cleo ready` tells which is too long ago.
    """

    role: str
    contact: str
    level: str = ""
    confirmed: str = ""
    respond_within: Duration = Duration(0)


class LegalClock(Part, frozen=True, kw_only=True):
    """A legal duty with its deadline by the plan and by the law, in seconds after the discovery.

    ``noticed_by``: the steps of the plan that send the notice.
    """

    title: str
    plan: str
    deadline: Duration | None = None
    law: str = ""
    law_deadline: Duration | None = None
    source: str = ""
    noticed_by: list[str] = []
