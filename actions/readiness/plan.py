"""What is looked at in the plan itself: contacts, its review, promises that it cannot keep."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from actions.registry import catalogue
from journal.plan.contradictions import warning_findings
from journal.plan.read import LoadedPlan
from journal.readiness.finding import ReadyFinding


def look_at_plan(loaded: LoadedPlan, today: date) -> Iterator[ReadyFinding]:
    """Yield where a plan contradicts itself, is overdue, or names nobody who could be reached."""
    for path, words in warning_findings(loaded.plan, catalogue(), today):
        place = ".".join(str(part) for part in path)
        about = f"plan {place}, line {loaded.source.line(path)}"
        cure = "Correct it there, and let the plan's owner confirm it: cleo plan check."
        yield ReadyFinding(about=about, state="wrong", words=words, cure=cure, stops=False)
