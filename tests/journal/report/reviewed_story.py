"""A recovery with everything that people write afterwards, and an exercise's script."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from journal.events import types as e
from journal.store.journal import Journal
from tests.journal.stories import BEN, DECLARED, SetClock, write_recovery

EXERCISE: dict[str, Any] = {
    "title": "The lost volume",
    "scenario": "database-failure",
    "situation": "Two in the morning; the database's volume is gone.",
    "objectives": [{"id": "save", "title": "Bring the data back"}, {"id": "tell", "title": "Tell everybody"}],
    "expectations": [
        {"title": "The team lead is called", "objective": "tell", "happened": ["paged:L2"]},
        {"title": "The CTO is called", "objective": "tell", "happened": ["paged:L3"], "critical": True},
        {"title": "A strategy is chosen", "objective": "save", "happened": ["decision:strategy"]},
    ],
    "injects": [
        {"id": "press", "text": "A journalist calls.", "at_s": 300, "expected": "Refer them to the press office."},
        {
            "id": "disk",
            "text": "The disk is full.",
            "at_s": 60,
            "after": "step:postgres-restore",
            "expected": "Make space.",
        },
    ],
}
"""A script, as data."""


def write_reviewed(path: Path, plan_data: dict[str, Any], *, kind: e.Kind = e.Kind.TABLETOP, more: str = "") -> Path:
    """Write the same recovery, with calls, an exercise's script, everything people write, and three signatures.

    The second signature names a head that was not the last one any more; the third one that never was.
    """
    write_recovery(path, plan_data, kind=kind, more=more)
    now = SetClock(DECLARED + timedelta(hours=1))
    with Journal.open(path, actor=BEN, clock=now.clock()) as journal:
        _Review(journal, now, more).tell()
    return path


class _Review:
    def __init__(self, journal: Journal, now: SetClock, more: str) -> None:
        self.journal = journal
        self.now = now
        self.more = more

    def tell(self) -> None:
        self.say(e.ExerciseBegan(exercise=EXERCISE))
        self.say(e.ContactPaged(level="L1", how=f"PagerDuty{self.more}"), minutes=1)
        self.say(e.ContactPaged(level="L1", how="by telephone"), minutes=9)
        self.say(e.ContactAcknowledged(level="L1", who=f"Cem{self.more}"), minutes=3)
        self.say(e.ContactPaged(level="L2"))
        self.say(e.ContactAcknowledged(level="L2", who="Dora"), minutes=40)
        self.say(e.InjectGiven(inject="press", text="A journalist calls.", planned_s=300))
        self.say(
            e.NoteAdded(step="notify-stakeholders", text=f"Support told to answer with the status page{self.more}")
        )
        self.say(e.ReportFieldWritten(field="summary", text="A first try."))
        self.say(
            e.ReportFieldWritten(
                field="summary", text=f"The volume was lost and came back.{self.more}\nNobody noticed."
            )
        )
        self.say(e.ReportFieldWritten(field="went wrong", text=f"Half an hour to find the stanza.{self.more}"))
        self.say(e.ReportFieldWritten(field="got lucky", text="The schedule had just run."))
        self.say(e.ReportFieldWritten(field="got lucky", text=""))
        self.say(e.ActionItemWritten(id="A1", text=f"Rehearse it monthly{self.more}", owner="Dora", due="2026-04-01"))
        self.say(e.ActionItemWritten(id="A2", text="Write down the stanza"))
        seen = self.say(e.NoteAdded(text="Read it all through.")).hash
        self.sign("incident commander", seen)
        self.sign("system owner", seen)
        self.sign("auditor", "f" * 64)
        self.say(e.ReportFieldWritten(field="lessons", text="Sign last."))

    def sign(self, role: str, head: str) -> None:
        self.say(e.SignedOff(role=role, head=head))

    def say(self, body: e.Body, minutes: float = 1.0) -> e.Event:
        self.now.pass_(minutes=minutes)
        return self.journal.append(body)[0]
