"""What whoever takes over must know, on one screen: where it stands, what holds, what was decided, what is next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from journal.incident import clocks
from journal.incident.answers import answer_title
from journal.incident.closing import remaining
from journal.incident.records import StepState
from journal.incident.state import Incident
from journal.incident.team import short_name
from journal.plan.action_spec import Catalogue
from journal.presence import Present
from journal.store.rows import Reading
from journal.wording.durations import rough_minutes
from journal.wording.instants import offset
from journal.wording.sanitize import sanitize
from screens.guidance.escalation import standings
from screens.guidance.figures import rto_line
from screens.guidance.health_summary import all_health
from screens.guidance.names import title
from screens.guidance.people import here_lines, people, taken_steps
from screens.guidance.rpo import rpo_line
from screens.guidance.status import next_words
from screens.guidance.text import Line, Span, Tone, labelled

_GRAVE: dict[str, Tone] = {"still in force": "warn", "still in force, perhaps": "warn", "in doubt": "bad"}
_ABOVE = ("still in force", "in doubt", "may still run", "wrong", "failed", "not verified")
"""The beginnings of what is not in order that is told; what is only open, the plan says."""
_COLUMN = 9
"""Columns of the labels in plain text."""


def handover(
    incident: Incident,
    readings: Mapping[str, Reading],
    catalogue: Catalogue,
    now: datetime,
    *,
    here: Iterable[Present] = (),
    most: int = 99,
) -> list[Line]:
    """Return the summary.

    Args:
        incident: its state.
        readings: the latest health and progress, by name.
        catalogue: the actions there are.
        now: the present, in UTC.
        here: who has the incident open.
        most: lines of one kind; how many more there are is said.
    """
    groups: dict[str, Iterable[tuple[str, Tone]]] = {
        "stands": _standing(incident, readings, now),
        "clocks": _clocks(incident, readings, now),
        "running": _at_work(incident),
        "open": _not_in_order(incident),
        "decided": _decided(incident),
        "taken": [(words, "") for words in taken_steps(incident)],
        "next": [(next_words(incident, catalogue), "strong")],
        "people": _people(incident),
        "here": [(words, "") for words in here_lines(here)],
    }
    return [line for label, told in groups.items() for line in _group(label, list(told), most)]


def handover_text(lines: Iterable[Line]) -> str:
    """Return the summary as plain text, its labels in a column."""
    return "\n".join(f"{line.label or '':<{_COLUMN}}{line.plain}".rstrip() for line in lines)


def _group(label: str, told: list[tuple[str, Tone]], most: int) -> Iterator[Line]:
    """Yield lines under one label; the last says how many are left out."""
    shown = told if len(told) <= most else [*told[: most - 1], (f"and {len(told) - most + 1} more", "quiet")]
    for place, (text, tone) in enumerate(shown):
        yield labelled("" if place else label, Span(sanitize(text), tone))


def _standing(incident: Incident, readings: Mapping[str, Reading], now: datetime) -> Iterator[tuple[str, Tone]]:
    scenario = incident.plan.scenarios.get(incident.scenario)
    since = offset((now - incident.began_at).total_seconds())
    yield f"{incident.title} ({incident.kind}, {incident.severity}, {incident.outcome}, {since})", "strong"
    yield f"{scenario.title if scenario else incident.scenario}; phase: {incident.phase.title}", ""
    grave = [health for health in all_health(incident, readings, now) if health.look.word not in ("up", "not measured")]
    for found in grave:
        yield f"{found.title} {found.look.word} {found.detail}".rstrip(), "bad"


def _clocks(incident: Incident, readings: Mapping[str, Reading], now: datetime) -> Iterator[tuple[str, Tone]]:
    objectives = (rto_line(incident, now, wide=False), rpo_line(incident, readings, now, wide=True))
    yield "; ".join(words for line in objectives if (words := line.plain.strip())), ""
    for duty in clocks.legal(incident):
        due = min((at for at in (duty.plan_until, duty.law_until) if at), default=None)
        if due:
            left = (due - now).total_seconds()
            words = f"{rough_minutes(left)} left" if left >= 0 else f"OVERDUE by {rough_minutes(-left)}"
            yield f"{duty.clock.title}: due {due:%d %b %H:%M} UTC, {words}", "" if left >= 0 else "bad"
    for one in standings(incident, now):
        if one.word in ("waiting", "OVERDUE"):
            yield f"{one.contact.level} {one.contact.role} {one.word}: {one.detail}", "warn"


def _at_work(incident: Incident) -> Iterator[tuple[str, Tone]]:
    for step in incident.in_state(StepState.REQUESTED, StepState.RUNNING, StepState.CANCELLING):
        yield f"{title(incident, step)}: {incident.state(step.id)}", "busy"


def _not_in_order(incident: Incident) -> Iterator[tuple[str, Tone]]:
    for item in remaining(incident):
        if item.word.startswith(_ABOVE):
            yield str(item), _GRAVE.get(item.word, "bad")
    for step in incident.in_state(StepState.FAILED):
        if said := incident.steps[step.id].note:
            yield f"{title(incident, step)} said: {said}", ""


def _decided(incident: Incident) -> Iterator[tuple[str, Tone]]:
    for record in sorted(incident.decisions.values(), key=lambda record: record.at):
        step = incident.plan.decision(record.name)
        what = step.title if step else record.name
        why = f", because {record.reason}" if record.reason else ", without a reason"
        answer = answer_title(incident, record.name, record.answer)
        yield f"{what}: {answer}{why} ({short_name(record.by)}, {record.at:%H:%M})", ""
    for deviation in incident.deviations[-3:]:
        of = f" {title(incident, incident.plan.by_id[deviation.step])}" if deviation.step in incident.steps else ""
        yield f"otherwise than the plan: {deviation.what}{of}, because {deviation.reason or '(no reason)'}", ""


def _people(incident: Incident) -> Iterable[tuple[str, Tone]]:
    return [(", ".join(people(incident)), "")]
