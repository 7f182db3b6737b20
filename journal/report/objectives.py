"""RTO and RPO achieved, against their targets. What was not measured is never called met."""

from __future__ import annotations

from journal import clocks
from journal.clocks import RpoClock, RtoClock
from journal.incident import Incident
from journal.records import StepState
from journal.report.model import RpoResult, RtoResult

_VALIDATED = (StepState.DONE, StepState.MARKED_DONE, StepState.NOT_APPLICABLE)
_WORDS = {True: "met", False: "missed", None: "not measured"}


def rto_results(incident: Incident) -> list[RtoResult]:
    """Return every tier's result, as of the journal's last entry, the shortest objective first."""
    found = sorted(clocks.rto(incident, incident.last_at), key=lambda clock: clock.target)
    return [_rto(incident, clock) for clock in found]


def _rto(incident: Incident, clock: RtoClock) -> RtoResult:
    achieved = clock.achieved_at is not None
    return RtoResult(
        tier=clock.tier,
        title=clock.title,
        target_s=clock.target,
        achieved_s=clock.used if achieved else None,
        since_declared_s=clock.since_declared if achieved else None,
        validated_at=clock.achieved_at,
        verdict=_verdict(incident, clock),
        by_hand=achieved and clock.by_hand,
        remark=_remark(incident, clock),
    )


def _verdict(incident: Incident, clock: RtoClock) -> str:
    if clock.met is None and clock.measurable and incident.closed_at is None:
        return "running"
    return _WORDS[clock.met]


def _remark(incident: Incident, clock: RtoClock) -> str:
    if clock.achieved_at is not None:
        return "claimed by hand, not measured by the console" if clock.by_hand else ""
    if not clock.measurable:
        return "no step of this incident validates it"
    waiting = [
        incident.plan.numbers[step]
        for step in incident.plan.objectives.rto[clock.tier].validated_by
        if incident.state(step) not in _VALIDATED
    ]
    return f"not validated: {_steps(waiting)} not done"


def _steps(numbers: list[str]) -> str:
    return f"step{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"


def rpo_results(incident: Incident) -> list[RpoResult]:
    """Return the result of every system that holds data and was hit, or that was measured."""
    hit = {name.strip() for name in incident.answers.get("affected", "").split(",")}
    return [_rpo(incident, clock) for clock in clocks.rpo(incident) if clock.system in hit or clock.recovered_to]


def _rpo(incident: Incident, clock: RpoClock) -> RpoResult:
    unproven = clock.achieved is not None and clock.disproved_by
    return RpoResult(
        system=clock.system,
        title=clock.title,
        target_s=clock.target,
        achieved_s=clock.achieved,
        recovered_to=clock.recovered_to,
        verdict="not proven" if unproven and clock.met is None else _WORDS[clock.met],
        remark=f"{_steps([incident.plan.numbers[clock.disproved_by]])} failed" if unproven else "",
    )
