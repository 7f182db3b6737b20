"""RTO and RPO achieved, compared with their targets. What was not measured is never "met"."""

from __future__ import annotations

from collections.abc import Iterator

from journal.incident import clocks
from journal.incident.affected import is_hit
from journal.incident.clocks import RpoClock, RtoClock
from journal.incident.records import StepState
from journal.incident.spared import standing
from journal.incident.state import Incident
from journal.report.results import ExposureRow, RpoResult, RtoResult
from journal.wording.counting import count
from journal.wording.durations import exact_duration, loss_duration

_VALIDATED = (StepState.DONE, StepState.FOUND, StepState.MARKED_DONE, StepState.NOT_APPLICABLE)
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
        reached_s=clock.reached_after,
    )


def _verdict(incident: Incident, clock: RtoClock) -> str:
    if clock.met is None and clock.measurable and incident.closed_at is None:
        return "running"
    return _WORDS[clock.met]


def _remark(incident: Incident, clock: RtoClock) -> str:
    if clock.achieved_at is not None:
        by_hand = "claimed by hand, not measured by the console" if clock.by_hand else ""
        return "; ".join(filter(None, [by_hand, _reached(incident, clock)]))
    if not clock.measurable:
        return "no step of this incident validates it"
    waiting = [
        incident.plan.numbers[step]
        for step in incident.plan.objectives.rto[clock.tier].validated_by
        if incident.state(step) not in _VALIDATED
    ]
    return f"not validated: {_steps(waiting)} not done"


def _reached(incident: Incident, clock: RtoClock) -> str:
    """Say when users were led to what was validated; empty where they had not to be."""
    if clock.unreached:
        waiting = _steps([incident.plan.numbers[step] for step in clock.unreached])
        return f"users are not known to reach it: {waiting} not done"
    if clock.reached_after is None or clock.reached_after <= clock.used:
        return ""
    late = f", {exact_duration(over)} too late" if (over := clock.reached_after - clock.target) > 0 else ""
    return f"users were led to it only after {exact_duration(clock.reached_after)}{late}"


def _steps(numbers: list[str]) -> str:
    return f"step{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"


def rpo_results(incident: Incident) -> list[RpoResult]:
    """Return the result of every system that holds data and was hit, or that was measured."""
    found = clocks.rpo(incident)
    return [_rpo(incident, clock) for clock in found if is_hit(incident, clock.instance) or clock.recovered_to]


def exposure_rows(incident: Incident) -> list[ExposureRow]:
    """Return what would have been lost of every system that was measured, first and last, and what was."""
    return [
        ExposureRow(
            system=clock.system,
            title=clock.title,
            target_s=clock.target,
            site=incident.roster.systems[clock.instance].site,
            first=incident.exposed_first[clock.instance],
            last=incident.exposed_last[clock.instance],
            lost=_lost(incident, clock),
        )
        for clock in clocks.rpo(incident)
        if clock.instance in incident.exposed_first and clock.instance in incident.roster.systems
    ]


def _lost(incident: Incident, clock: RpoClock) -> str:
    """Return what was lost, in words; of a system that was spared, that it was; empty where it was not measured."""
    if clock.loss and clock.achieved is not None:
        return loss_duration(clock.achieved, clock.loss.bound)
    return "not affected" if standing(incident, clock.instance).spared else ""


def _rpo(incident: Incident, clock: RpoClock) -> RpoResult:
    loss = clock.loss
    return RpoResult(
        system=clock.system,
        title=clock.title,
        target_s=clock.target,
        achieved_s=clock.achieved,
        bound=loss.bound if loss else "",
        at_least_s=loss.at_least if loss else None,
        recovered_to=clock.recovered_to,
        newest_known=loss.newest if loss else None,
        known_from=loss.source if loss else "",
        heartbeats_lost=loss.heartbeats if loss else None,
        verdict="not proven" if loss and clock.met is None else _WORDS[clock.met],
        remark="; ".join(_rpo_remarks(incident, clock)),
    )


def _rpo_remarks(incident: Incident, clock: RpoClock) -> Iterator[str]:
    """Yield the reasons for the figure: the newest commit known, what bounds the loss, and which proof is missing."""
    loss = clock.loss
    if loss is None:
        return
    if loss.newest:
        yield f"the newest commit known is of {loss.newest:%Y-%m-%d %H:%M:%S} UTC ({loss.source})"
    if loss.heartbeats:
        yield f"at least {count(loss.heartbeats, 'committed heartbeat')} missing"
    if loss.newest is None and not loss.exact:
        yield "nobody saw the newest commit"
    if loss.at_most is None:
        yield "only the start that was typed bounds it" if loss.typed is not None else "nothing bounds it"
    elif loss.typed is not None and loss.typed < loss.at_most:
        yield f"{loss_duration(loss.typed)} if it began when it was typed to have begun"
    elif not loss.exact and loss.newest:
        yield f"{exact_duration(loss.at_least)} of it seen, the rest until nothing was committed any more"
    if clock.disproved_by:
        yield f"{_steps([incident.plan.numbers[clock.disproved_by]])} failed"
    elif not clock.proven:
        yield "no verification of what came back has passed"
