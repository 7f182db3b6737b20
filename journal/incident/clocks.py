"""RTO, RPO, phase windows and legal clocks, computed from the incident's state. Durations are in seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from journal.events.measured import Measured
from journal.incident.loss import Loss
from journal.incident.records import RunState, StepState
from journal.plan.model import Phase
from journal.plan.people import LegalClock

if TYPE_CHECKING:
    from journal.incident.state import Incident


@dataclass(frozen=True, slots=True)
class RtoClock:
    """The clock of a recovery time objective.

    Attributes:
        used: seconds since the disruption began (until ``achieved_at``, once it is).
        since_declared: the same, since the incident was declared.
        achieved_at: when the last validating step was done; None while it is not, or nothing validates the tier.
        by_hand: whether at least one validating step was marked done by a person, not measured.
        measurable: whether the plan names any step that applies and would validate the tier.
        reached_after: seconds from the disruption until users were led there, where they had to be; None: they had not
            to be, or that is not done.
        unreached: the steps that would lead them there, and are not done.
    """

    tier: str
    title: str
    target: int
    used: float
    since_declared: float
    achieved_at: datetime | None
    by_hand: bool
    measurable: bool
    reached_after: float | None = None
    unreached: tuple[str, ...] = ()

    @property
    def left(self) -> float:
        """Seconds left; negative once it is missed."""
        return self.target - self.used

    @property
    def met(self) -> bool | None:
        """Whether the objective was met; None where it was not measured."""
        if self.achieved_at is not None:
            return self.left >= 0
        return False if self.measurable and self.left < 0 else None


@dataclass(frozen=True, slots=True)
class RpoClock:
    """A recovery point objective for one system's data.

    Attributes:
        system: the plan's system; ``instance``: the inventory's system that plays it, whose data it is.
        recovered_to: the newest commit that came back, or None: not measured. What was committed after the recovery
            is new work and does not count.
        loss: what was lost, from evidence (see ``journal.incident.loss``), or None: not measured.
        exposure: seconds of data that would be lost if the system were lost now, as last measured; None: not measured.
        measured_at: when the exposure was measured.
        disproved_by: the step that was to prove the data and failed when it last ran; empty: none did.
        proven: whether a verification passed since the recovery.
    """

    system: str
    instance: str
    title: str
    target: int
    recovered_to: datetime | None
    loss: Loss | None
    exposure: float | None = None
    measured_at: datetime | None = None
    disproved_by: str = ""
    proven: bool = False

    @property
    def achieved(self) -> float | None:
        """Seconds of data lost, or a bound of them; None: not measured."""
        return self.loss.seconds if self.loss else None

    @property
    def met(self) -> bool | None:
        """Whether the objective was met; None where that is not proven: not verified, or only a bound is known.

        If more than the target was seen to be lost, it is missed without further proof. The start of the disruption
        that a person typed proves nothing.
        """
        if self.loss is None:
            return None
        if self.loss.at_least > self.target:
            return False
        bounded = self.loss.at_most is not None and self.loss.at_most <= self.target
        return True if bounded and self.proven and not self.disproved_by else None


@dataclass(frozen=True, slots=True)
class PhaseClock:
    """A phase's window, as instants; either end may be open."""

    phase: Phase
    opens: datetime | None
    closes: datetime | None

    def late(self, now: datetime) -> float:
        """Return by how many seconds the window is overrun at ``now``; 0 while it is not."""
        return max(0.0, (now - self.closes).total_seconds()) if self.closes else 0.0


@dataclass(frozen=True, slots=True)
class LegalDeadline:
    """The deadline of a legal duty, by the plan and by the law."""

    clock: LegalClock
    plan_until: datetime | None
    law_until: datetime | None


def rto(incident: Incident, now: datetime) -> list[RtoClock]:
    """Return every tier's clock at ``now``.

    RTO achieved is the moment the tier's service was validated, minus the disruption (NIST SP 800-34r1, 3.2.1).
    """
    return [_rto(incident, name, now) for name in incident.plan.objectives.rto]


def _rto(incident: Incident, name: str, now: datetime) -> RtoClock:
    tier = incident.plan.objectives.rto[name]
    counting, ends = _ends(incident, tier.validated_by)
    achieved_at = max(ends.values()) if counting and len(ends) == len(counting) else None
    end = achieved_at or incident.closed_at or now
    leading, led = _ends(incident, tier.reached_by)
    reached = max(led.values()) if leading and len(led) == len(leading) else None
    return RtoClock(
        tier=name,
        title=tier.title,
        target=int(tier.rto),
        used=(end - incident.began_at).total_seconds(),
        since_declared=(end - incident.declared_at).total_seconds(),
        achieved_at=achieved_at,
        by_hand=any(incident.state(step) is StepState.MARKED_DONE for step in counting),
        measurable=bool(counting),
        reached_after=(reached - incident.began_at).total_seconds() if reached else None,
        unreached=tuple(step for step in leading if step not in led),
    )


def _ends(incident: Incident, steps: Sequence[str]) -> tuple[list[str], dict[str, datetime]]:
    """Return which of these steps apply, and when each of them that is done was."""
    states = {step: incident.state(step) for step in steps}
    counting = [step for step, state in states.items() if state is not StepState.NOT_APPLICABLE]
    done = [s for s in counting if states[s] in (StepState.DONE, StepState.FOUND, StepState.MARKED_DONE)]
    return counting, {step: at for step in done if (at := incident.steps[step].at)}


def rpo(incident: Incident, readings: Mapping[str, tuple[datetime, Mapping[str, Any]]] | None = None) -> list[RpoClock]:
    """Return the clock of every system that holds data.

    Args:
        incident: its state.
        readings: each system's latest health reading: when, and the facts; ``exposure_s`` is used.
    """
    return [
        _rpo(incident, name, instance, (readings or {}).get(instance))
        for name, system in incident.plan.systems.items()
        if system.data
        for instance in incident.roster.players(name)
    ]


def _rpo(
    incident: Incident, plan_system: str, name: str, reading: tuple[datetime, Mapping[str, Any]] | None
) -> RpoClock:
    system = incident.plan.systems[plan_system]
    recoveries = incident.ledger(name).recoveries
    replaced = [recovery.run for recovery in recoveries if recovery.timeline or recovery.looked_later]
    proof = _proof(incident, plan_system, name, (replaced or [recoveries[0].run])[-1] if recoveries else 0)
    return RpoClock(
        system=plan_system,
        instance=name,
        title=incident.roster.title(name),
        target=int(incident.plan.objectives.rpo[system.data].rpo),
        recovered_to=recoveries[-1].recovered_to if recoveries else None,
        loss=incident.loss(name),
        exposure=Measured.of(reading[1]).exposure_s if reading else None,
        measured_at=reading[0] if reading else None,
        disproved_by=_disproved_by(incident, plan_system, name),
        proven=proof,
    )


def _proofs(incident: Incident, system: str) -> list[str]:
    """Return the ids of the steps that verify a system's data."""
    return [step.verified_by for step in incident.plan.steps() if step.system == system and step.verified_by]


def _disproved_by(incident: Incident, system: str, instance: str) -> str:
    """Return the step that verifies the system's data, if it failed when it last ran; skipping it changes nothing."""
    proofs = _proofs(incident, system)
    return next((proof for proof in proofs if incident.last_result(proof, instance) is RunState.FAILED), "")


def _proof(incident: Incident, system: str, instance: str, since: int) -> bool:
    """Return whether a verification of the system's data passed in the run ``since``, which measured it, or later."""
    runs = [run for proof in _proofs(incident, system) for run in incident.steps[proof].runs if run >= since]
    found = [incident.runs[run] for run in runs if incident.runs[run].system in ("", instance)]
    return any(run.state is RunState.SUCCEEDED and run.changes_step and not run.partial for run in found)


def phases(incident: Incident) -> list[PhaseClock]:
    """Return every phase's window; windows count from the declaration, when the response began."""
    clocks, previous_end = [], incident.declared_at
    for phase in incident.plan.phases:
        clock = _phase(phase, incident.declared_at, previous_end)
        previous_end = clock.closes or previous_end
        clocks.append(clock)
    return clocks


def _phase(phase: Phase, zero: datetime, previous_end: datetime) -> PhaseClock:
    window = phase.window
    if window is None:
        return PhaseClock(phase, None, None)
    opens = zero + timedelta(seconds=window.start) if window.start is not None else previous_end
    if window.end is not None:
        return PhaseClock(phase, opens, zero + timedelta(seconds=window.end))
    return PhaseClock(phase, opens, opens + timedelta(seconds=window.lasts) if window.lasts is not None else None)


def legal(incident: Incident) -> list[LegalDeadline]:
    """Return the compliance clocks; they run from the discovery."""

    def until(seconds: int | None) -> datetime | None:
        return incident.discovered_at + timedelta(seconds=seconds) if seconds is not None else None

    return [LegalDeadline(c, until(c.deadline), until(c.law_deadline)) for c in incident.plan.compliance]
