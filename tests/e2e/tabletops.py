"""An exercise, played by who presses only what NEXT names; used by tests and soak tests."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from journal.exercise.assessment import Assessment, assess_journal
from journal.incident.fold import fold_journal
from journal.incident.state import Incident
from journal.store.journal import Reader
from tests.e2e.responder import Responder
from tests.e2e.stand import CLEO
from tests.e2e.terminal import Terminal

LEFT_TO_PEOPLE = {
    "Stakeholders were told within the first phase",  # paperwork is beside the recovery, never in front of it
    "Who was told what is on record",
    "The strategy that stands has a reason",
    "The recovery point that stands has a reason",
    "What was done by hand to the stores is on record",
    "Somebody accepted the service, and who did is on record",
}
"""What who follows NEXT may miss: the words that nobody but a person can write, and when to find the time for them."""


class Played(NamedTuple):
    """What is left of an exercise."""

    incident: Incident
    assessment: Assessment
    responder: Responder


def play(scenario: str, size: tuple[int, int], home: Path) -> Played:
    """Play an exercise to its closing, by the keys that NEXT names.

    Args:
        scenario: which.
        size: columns and rows of the terminal.
        home: where the journal goes.
    """
    command = [CLEO, "demo", "--scenario", scenario, "--speed", "1000"]
    with Terminal(command, *size, {"CLEO_HOME": str(home), "CLEO_ACTOR": "player@table"}) as console:
        console.until("NEXT  look at everything: 1.1.1")
        responder = Responder(console)
        responder.follow_next_to_the_end()
        responder.close()
        console.until("expectations met")
        console.keys("Escape")
        console.until(lambda now: "expectations met" not in now)
        console.keys("q")
        console.until("Its report: cleo report")
    (journal,) = home.rglob("journal.db")
    with Reader(journal) as reader:
        assessment = assess_journal(reader)
    assert assessment
    return Played(fold_journal(journal), assessment, responder)


def is_met_or_explained(assessment: Assessment) -> None:
    """Assert that all was met but what is left to people, nothing of that was critical, and the report says why."""
    unmet = [result for result in assessment.expectations if not result.met]
    assert {result.title for result in unmet} <= LEFT_TO_PEOPLE, assessment.missed
    assert not [result.title for result in unmet if result.critical or result.result == "harmed" or not result.why]
    assert {objective.rating for objective in assessment.objectives} <= {"P", "S"}
