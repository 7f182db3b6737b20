"""The beginning of a report: declaration, key times, choices, responders, legal clocks, deviations, open points."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from journal.incident import clocks
from journal.incident.answers import answer_title
from journal.incident.records import Run, StepState
from journal.report import evidence as ev
from journal.report import model as m

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.model import Decision, Step
    from journal.report.gather import Gathered


def header(gathered: Gathered) -> m.Header:
    """Return what was declared, and the outcome."""
    incident = gathered.incident
    scenario = incident.plan.scenarios.get(incident.scenario)
    return m.Header(
        id=incident.id,
        title=incident.title,
        kind=incident.kind.value,
        scenario=incident.scenario,
        scenario_title=scenario.title if scenario else incident.scenario,
        severity=answer_title(incident, "severity", incident.severity),
        severities=_severities(gathered),
        declared_by=incident.declared_by,
        program=incident.program,
        inventory=incident.inventory,
        plan=_plan(incident),
        outcome=incident.outcome,
    )


def _plan(incident: Incident) -> m.PlanName:
    plan = incident.plan
    return m.PlanName(title=plan.title, version=plan.version, owner=plan.owner, sha256=incident.plan_sha256)


def _severities(gathered: Gathered) -> list[m.Severity]:
    incident = gathered.incident
    declared = m.Severity(
        at=incident.declared_at,
        by=incident.declared_by,
        severity=answer_title(incident, "severity", incident.declared_severity),
        reason="as declared",
    )
    decided = [d for d in gathered.decisions if d.name == "severity"]
    return [declared, *(m.Severity(at=d.at, by=d.by, severity=d.answer_title, reason=d.reason) for d in decided)]


def key_times(incident: Incident) -> list[m.KeyTime]:
    """Return the key times; those that were not reached have no time."""
    validated = [
        (f"t_validated_{clock.tier}", f"Validated: {clock.title}", clock.achieved_at)
        for clock in sorted(clocks.rto(incident, incident.last_at), key=lambda clock: clock.target)
    ]
    moments = [
        ("t_disruption", "Disruption", incident.began_at),
        ("t_discovered", "Discovered", incident.discovered_at),
        ("t_declared", "Declared", incident.declared_at),
        ("t_first_action", "First action", _first_action(incident)),
        *validated,
        ("t_closed", "Closed", incident.closed_at),
    ]
    return [_key_time(incident, name, title, at) for name, title, at in moments]


def _key_time(incident: Incident, name: str, title: str, at: datetime | None) -> m.KeyTime:
    offset = (at - incident.began_at).total_seconds() if at else None
    return m.KeyTime(name=name, title=title, at=at, offset_s=offset)


def _first_action(incident: Incident) -> datetime | None:
    starts = (run.started_at for run in incident.runs.values() if run.changes_step and run.started_at)
    return min(starts, default=None)


def choices(incident: Incident) -> list[m.Choice]:
    """Return the decisions on strategy and recovery point, made or not."""
    return [
        _choice(incident, step.decision)
        for step in incident.plan.steps()
        if step.decision and (step.decision.name == "strategy" or step.decision.kind == "recovery-point")
    ]


def _choice(incident: Incident, decision: Decision) -> m.Choice:
    made = incident.decisions.get(decision.name)
    suggested = _suggested(incident, decision)
    return m.Choice(
        name=decision.name,
        question=decision.question,
        answer=made.answer if made else "",
        answer_title=answer_title(incident, decision.name, made.answer) if made else "",
        suggested=answer_title(incident, decision.name, suggested) if suggested else "",
        by=made.by if made else "",
        at=made.at if made else None,
        reason=made.reason if made else "",
    )


def _suggested(incident: Incident, decision: Decision) -> str:
    scenario = incident.plan.scenarios.get(incident.scenario)
    if decision.name == "strategy":
        return scenario.strategy if scenario else ""
    refused = scenario.refuses.get(decision.name, []) if scenario else []
    return "" if decision.default in refused else decision.default


def responders(gathered: Gathered, *, people: bool = True) -> list[m.Responder]:
    """Return who wrote into the journal, in the order of their first events: the people, or else the programs."""
    return [
        m.Responder(
            name=actor,
            roles=_roles(gathered, actor) if people else [],
            events=gathered.incident.actors[actor],
            first_at=first,
            last_at=last,
        )
        for actor, (first, last) in gathered.seen.items()
        if (actor in gathered.people) is people
    ]


def _roles(gathered: Gathered, actor: str) -> list[str]:
    """Return the roles that the journal shows of somebody."""
    incident = gathered.incident
    roles = ["declared the incident"] if actor == incident.declared_by else []
    roles += [role] if (role := incident.team.role(actor)) else []
    roles += ["closed it"] if actor == gathered.closed_by else []
    signed = dict.fromkeys(signature.role for signature in incident.review.signatures if signature.by == actor)
    return roles + [f"signed as {role}" for role in signed]


def legal(incident: Incident) -> list[m.LegalRow]:
    """Return the compliance clocks; they run from the discovery."""
    return [
        m.LegalRow(
            title=deadline.clock.title,
            plan=deadline.clock.plan,
            plan_until=deadline.plan_until,
            law=deadline.clock.law,
            law_until=deadline.law_until,
            source=deadline.clock.source,
        )
        for deadline in clocks.legal(incident)
    ]


def deviations(gathered: Gathered) -> list[ev.DeviationEntry]:
    """Return what people decided otherwise than the plan says; last, that it was closed over what was not in order."""
    incident = gathered.incident
    done_otherwise = _chosen_otherwise(gathered)
    done_otherwise += [
        ev.DeviationEntry(
            at=deviation.at,
            offset_s=gathered.offset(deviation.at),
            by=deviation.by,
            what=deviation.what,
            step=gathered.step_name(deviation.step),
            reason=deviation.reason,
        )
        for deviation in incident.deviations
    ]
    done_otherwise.sort(key=lambda deviation: deviation.at)
    if incident.closed_at and incident.left_open:
        done_otherwise.append(_closed_early(gathered, incident.closed_at))
    return done_otherwise


def _chosen_otherwise(gathered: Gathered) -> list[ev.DeviationEntry]:
    """Return the choices that count at the end and differ from what the plan suggests."""
    return [
        ev.DeviationEntry(
            at=choice.at,
            offset_s=gathered.offset(choice.at),
            by=choice.by,
            what=f"{choice.answer_title} chosen; the plan suggests {choice.suggested}",
            step=ev.StepName(),
            reason=choice.reason,
        )
        for choice in choices(gathered.incident)
        if choice.at and choice.suggested and choice.answer_title != choice.suggested
    ]


def _closed_early(gathered: Gathered, at: datetime) -> ev.DeviationEntry:
    """Return the deviation of closing while things are not in order: what the person who closed it was shown."""
    return ev.DeviationEntry(
        at=at,
        offset_s=gathered.offset(at),
        by=gathered.closed_by,
        what="closed over what was not in order",
        step=ev.StepName(),
        reason="; ".join(gathered.incident.left_open),
    )


def open_points(gathered: Gathered) -> list[ev.OpenPoint]:
    """Return what is undone or unknown: steps that are not settled, and runs in doubt."""
    incident = gathered.incident
    doubts = [run for run in incident.in_doubt() if run.step not in incident.steps or not run.changes_step]
    return [_open_step(gathered, step) for step in incident.open_steps()] + [_open_run(gathered, run) for run in doubts]


def _open_step(gathered: Gathered, step: Step) -> ev.OpenPoint:
    state, note = gathered.incident.state(step.id), gathered.incident.steps[step.id].note
    what = "not done" if state in (StepState.READY, StepState.WAITING) else state.value
    return ev.OpenPoint(what=what, step=gathered.step_name(step.id), detail=note)


def _open_run(gathered: Gathered, run: Run) -> ev.OpenPoint:
    what = f"run {run.id} ({run.action}) in doubt"
    return ev.OpenPoint(what=what, step=gathered.step_name(run.step), detail=run.in_doubt)
