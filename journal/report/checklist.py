"""The checklist's final state: every step, every item."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from journal.incident import clocks
from journal.incident.answers import answer_title
from journal.incident.called import wanted_items
from journal.incident.clocks import PhaseClock
from journal.incident.instances import instances
from journal.incident.known import known
from journal.incident.records import StepState
from journal.report import evidence as ev

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.model import Section, Step
    from journal.report.gather import Gathered


def checklist(gathered: Gathered) -> list[ev.ChecklistPhase]:
    """Return all phases, in the order of the plan."""
    return [_phase(gathered, clock) for clock in clocks.phases(gathered.incident)]


def communications(phases: list[ev.ChecklistPhase]) -> list[ev.ChecklistStep]:
    """Return the steps of the sections that are about communication."""
    sections = (section for phase in phases for section in phase.sections)
    return [step for section in sections if "communication" in section.title.lower() for step in section.steps]


def communication_notes(gathered: Gathered, phases: list[ev.ChecklistPhase]) -> list[ev.Entry]:
    """Return what people noted at the steps about communication."""
    return [note for step in communications(phases) for note in gathered.notes.get(step.step.id, [])]


def _phase(gathered: Gathered, clock: PhaseClock) -> ev.ChecklistPhase:
    sections = [_section(gathered, section) for section in clock.phase.sections]
    return ev.ChecklistPhase(
        id=clock.phase.id,
        title=clock.phase.title,
        window=clock.phase.window.text if clock.phase.window else "",
        opens_at=clock.opens,
        closes_at=clock.closes,
        optional=clock.phase.optional,
        counts=dict(Counter(step.state for section in sections for step in section.steps)),
        sections=sections,
    )


def _section(gathered: Gathered, section: Section) -> ev.ChecklistSection:
    steps = [step for step in section.steps if gathered.incident.can_be_done(step)]
    return ev.ChecklistSection(title=section.title, steps=[_step(gathered, step) for step in steps])


def _step(gathered: Gathered, step: Step) -> ev.ChecklistStep:
    record = gathered.incident.steps[step.id]
    return ev.ChecklistStep(
        step=gathered.step_name(step.id),
        kind=step.kind,
        state=_state(gathered.incident, step),
        each=states_at(gathered.incident, step),
        by=record.by,
        at=record.at,
        note=answer_title(gathered.incident, step.decision.name, record.note) if step.decision else record.note,
        items=[_item(gathered, step, text) for text in step.items],
        runs=list(record.runs),
        ours=step.ours,
        optional=step.optional,
    )


def states_at(incident: Incident, step: Step) -> list[ev.StateAt]:
    """Return the state of a step at every system that it acts on; none where that is a single one."""
    names = instances(incident, step)
    records = incident.steps[step.id].each
    found = [(name, records.get(name)) for name in names if len(names) > 1]
    return [
        ev.StateAt(
            title=incident.roster.title(name),
            state=record.state.value if record and record.state else "not done",
            note=record.note if record else "",
        )
        for name, record in found
    ]


def _state(incident: Incident, step: Step) -> str:
    """Return a step's state in words; in a closed incident, what is ready or waiting was not done."""
    state = incident.state(step.id)
    idle = state in (StepState.READY, StepState.WAITING)
    return "not done" if idle and incident.closed_at else state.value


def _item(gathered: Gathered, step: Step, text: str) -> ev.Item:
    """Return an item: who ticked it, or what of the journal tells that it is so."""
    incident = gathered.incident
    if fact := known(incident, step, text):
        return ev.Item(text=text, checked=fact.met, evidence=fact.evidence)
    checked = text in incident.steps[step.id].items
    call = incident.review.calls.get(step.level(text))
    by, at = (call.who, call.answered_at) if call else gathered.ticks.get((step.id, text), ("", None))
    return ev.Item(text=text, checked=checked, needed=text in wanted_items(incident, step), by=by, at=at)
