"""What a plan says of the time before an incident: objectives, alerts, tests, and scheduled backups."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal

from journal.plan.part import Part
from journal.wording.durations import Duration

Every = Literal["month", "quarter", "year"]
"""How often a test is due."""


class Tier(Part, frozen=True, kw_only=True):
    """A recovery time objective. It is met when every step in ``validated_by`` is done.

    Where a step in ``reached_by`` applies, users are elsewhere until it is done: that is told beside it.
    """

    title: str
    rto: Duration
    validated_by: list[str] = []
    reached_by: list[str] = []


class DataClass(Part, frozen=True, kw_only=True):
    """A recovery point objective; ``rpo`` 0 means real-time."""

    title: str
    rpo: Duration
    how: str = ""


class Objectives(Part, frozen=True, kw_only=True):
    """The recovery objectives, by tier (RTO) and by class of data (RPO)."""

    rto: dict[str, Tier]
    rpo: dict[str, DataClass]


class AlertRule(Part, frozen=True, kw_only=True):
    """An alert of the plan. ``after`` is the time from the fault to the alarm, in seconds."""

    name: str
    expr: str
    wait: Duration
    after: Duration
    severity: str
    summary: str
    data: str = ""


class HeldBy(Part, frozen=True, kw_only=True):
    """What shows in a journal that a test was held: one of the scenarios, one of the actions that succeeded, all steps.

    ``actions`` may be patterns (``*.drill``); ``steps`` were all done, by a program or by people. What is empty is not
    asked for.
    """

    scenarios: list[str] = []
    actions: list[str] = []
    steps: list[str] = []

    def asks_for(self, action: str) -> bool:
        """Return whether an action is one of those that show it."""
        return any(fnmatchcase(action, pattern) for pattern in self.actions)


class Test(Part, frozen=True, kw_only=True):
    """Exercises that are due every so often. ``held_by`` says of an item what shows that it was held."""

    every: Every
    items: list[str]
    held_by: dict[str, HeldBy] = {}


class Backup(Part, frozen=True, kw_only=True):
    """A backup the plan schedules (cron syntax)."""

    title: str
    schedule: str
    command: str
    data: str
