"""The phases as a strip: which are settled, which one it is and how far, what comes."""

from __future__ import annotations

from collections.abc import Iterator

from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.plan.model import Phase
from journal.wording.sanitize import sanitize
from screens.guidance.text import Line, Span, line

_BAR = 10
_APART = "   "
_WORST = (StepState.IN_DOUBT, StepState.FAILED)


def phase_strip(incident: Incident, width: int) -> Line:
    """Return the plan's phases in one line of at most ``width`` columns; the present one has a bar."""
    phases = [phase for phase in incident.plan.phases if not phase.optional]
    if not phases:
        return line()
    whole = line(*_cells(incident, phases, width))
    longest = (width - _BAR - 8) // len(phases) - len(_APART) - 4
    return whole if len(whole.plain) <= width else line(*_cells(incident, phases, max(4, longest)))


def _cells(incident: Incident, phases: list[Phase], longest: int) -> Iterator[Span]:
    for place, phase in enumerate(phases):
        states = [incident.state(step.id) for section in phase.sections for step in section.steps]
        applying = [state for state in states if state is not StepState.NOT_APPLICABLE]
        settled = sum(state.settled for state in applying)
        title = sanitize(phase.title)
        name = f"{place + 1} {title if len(title) <= longest else title[: longest - 1] + '…'}"
        yield Span(_APART if place else "")
        bad = any(state in _WORST for state in states)
        if phase is incident.phase:
            yield Span(f"▸ {name} ", "bad" if bad else "strong")
            yield from _bar(settled, len(applying))
        elif settled == len(applying):
            yield Span(f"✓ {name}", "good" if applying else "quiet")
        else:
            begun = f" {settled}/{len(applying)}" if settled else ""
            yield Span(f"{'✗' if bad else '·'} {name}{begun}", "bad" if bad else "quiet")


def _bar(settled: int, of: int) -> Iterator[Span]:
    full = _BAR * settled // of if of else _BAR
    yield Span("━" * full, "bar")
    yield Span("─" * (_BAR - full), "quiet")
    yield Span(f" {settled}/{of}", "strong")
