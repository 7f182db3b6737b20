"""A step over several systems of the inventory: how far it is, and what it is at each."""

from __future__ import annotations

from journal.incident.instances import counts, instances
from journal.incident.records import InstanceRecord, StepState
from journal.incident.state import Incident
from journal.plan.model import Step
from journal.wording.sanitize import sanitize
from screens.guidance.symbols import STEPS
from screens.guidance.text import Line, Span, labelled, line

MOST_SHOWN = 12
"""Systems that are named under a step: those that are not done first."""


def instance_lines(incident: Incident, step: Step) -> list[Line]:
    """Return how far a step is over its systems, and a line for each; nothing where it acts on one or none."""
    names = instances(incident, step)
    if len(names) < 2:
        return []
    each = incident.steps[step.id].each
    records = {name: each.get(name, InstanceRecord()) for name in names}
    open_first = sorted(names, key=lambda name: bool((state := records[name].state) and state.settled))
    lines = [labelled("on", Span(counts(incident, step), "strong"))]
    lines += [_line(incident, name, records[name]) for name in open_first[:MOST_SHOWN]]
    more = len(names) - MOST_SHOWN
    return [*lines, line(Span(f"  +{more} more", "quiet"))] if more > 0 else lines


def _line(incident: Incident, name: str, record: InstanceRecord) -> Line:
    look = STEPS[record.state or StepState.READY]
    said = f"  {sanitize(record.note)}" if record.note else ""
    words = (Span(f"{sanitize(name)}  ", "strong"), Span(look.word, look.tone), Span(said, "quiet"))
    return line(*words, symbol=look.symbol)
