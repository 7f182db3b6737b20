"""Which systems the damage spared: people decided that others are affected, and all that was seen of them agrees."""

from __future__ import annotations

from datetime import datetime

import msgspec

from journal.events.base import Cure
from journal.incident.affected import choice_of, is_hit
from journal.incident.last_good import changed_systems
from journal.incident.records import Run, RunState, StepState
from journal.incident.state import Incident
from journal.plan.model import AFFECTED, Step
from journal.wording.instants import utc

ANSWERS = ("up", "degraded")
"""The statuses of a system that answers."""
UNSEEN = "unseen"
"""The name of what a look says of a system that it could not look at closely."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a system stands to the damage, for whoever would build on what it holds.

    Attributes:
        spared: it was decided that it is not affected, and everything that was seen of it agrees.
        why: why that is not known, to be read after "and"; empty where it is spared.
        cure: what settles it in this incident; None: nothing in its plan does.
    """

    spared: bool = False
    why: str = ""
    cure: Cure | None = None


def standing(incident: Incident, system: str) -> Standing:
    """Return how a system of the inventory stands. That nobody said anything of it never makes it spared."""
    decided, asks = incident.decisions.get(AFFECTED), incident.plan.decision(AFFECTED)
    if asks and decided is None:
        words = "Say which systems are affected: only those that are not may be backed up as they are."
        why = f"nobody decided yet whether {system} was hit: a backup now could hold the damage"
        return Standing(why=why, cure=Cure(words=words, decision=AFFECTED))
    if decided is None or is_hit(incident, system):
        why = "nothing was recovered or verified yet in this incident: a backup now would hold the damage"
        return Standing(why=why, cure=_verification(incident, system))
    return _seen(incident, system, decided.at) or _looked_at(incident, system, decided.at) or Standing(spared=True)


def struck(incident: Incident) -> Cure | None:
    """Return that a system was hit since it was decided which are, and is not among them; None: none was.

    One that only did not answer in time, or whose process is there, may be slow: nobody is led away from work by it.
    Who decides it anew with the same answer has seen it, and is not asked again.
    """
    decided = incident.decisions.get(AFFECTED)
    for system in incident.roster.systems if decided else ():
        health, wrong = incident.health.get(system), system in incident.found_wrong
        found = None if health and health.may_commit and not wrong else _hit_by_now(incident, system)
        if decided and found and found[1] > decided.at and _may_be_named(incident, system):
            return _name_it(incident, system, found[0])
    return None


def _may_be_named(incident: Incident, system: str) -> bool:
    return bool(choice_of(incident, system)) and not is_hit(incident, system)


def _hit_by_now(incident: Incident, system: str) -> tuple[str, datetime] | None:
    """Return what is wrong with a system now, and since when that is known."""
    if wrong := incident.found_wrong.get(system):
        return f"has data {wrong}", wrong.at
    health = incident.health.get(system)
    return (f"is down, seen {utc(health.at)}", health.at) if health and health.status == "down" else None


def _seen(incident: Incident, system: str, decided_at: datetime) -> Standing | None:
    """Return what was seen of a system that speaks against its being spared, whatever people decided."""
    found = _hit_by_now(incident, system) or _replaced(incident, system) or _not_well(incident, system)
    if found is None and (change := changed_systems(incident).get(system)):
        found = f"was changed, {change}", _last_look(incident, system) or incident.last_at
    return _against(incident, system, *found, decided_at) if found else None


def _looked_at(incident: Incident, system: str, decided_at: datetime) -> Standing | None:
    """Return that nobody looked closely at a system, or not since it was seen down, or decided before that."""
    health = incident.health.get(system)
    down_at = health.down_at if health else None
    since = down_at or incident.declared_at
    seen, tried = _last_look(incident, system), _last_look(incident, system, tried=True)
    when = f"since it was seen down {utc(down_at)}" if down_at else "in this incident"
    if (seen is None or seen < since) and (tried is None or tried < since):
        look = _look(incident)
        cure = Cure(words=f"Look at {system} first: nobody did {when}.", action=look.action) if look else None
        return Standing(why=f"nobody looked closely at {system} {when}: a backup now could hold damage", cure=cure)
    if (seen is None or seen < since) and tried:
        return _against(incident, system, "could not be looked at closely", tried, decided_at)
    if down_at and decided_at < down_at:
        return _against(incident, system, f"was seen down {utc(down_at)}", down_at, decided_at)
    return None


def _against(incident: Incident, system: str, what: str, at: datetime, decided_at: datetime) -> Standing:
    """Return a standing by what was seen ``at``; who decided since then knew, and is not asked the same again."""
    why = f"{system} {what}, and was not named as affected: a backup now could hold damage"
    known = decided_at > at or not choice_of(incident, system)
    return Standing(why=why, cure=None if known else _name_it(incident, system, what))


def _name_it(incident: Incident, system: str, what: str) -> Cure:
    answer = f"{incident.decisions[AFFECTED].answer},{choice_of(incident, system)}"
    words = f"{incident.roster.title(system)} {what}, and is not among the affected systems."
    return Cure(words=words, decision=AFFECTED, answer=answer)


def _not_well(incident: Incident, system: str) -> tuple[str, datetime] | None:
    health = incident.health.get(system)  # where no probe has measured it yet, a look tells
    well = health is None or health.status in ANSWERS
    return None if well or health is None else (f"is {health.status}, since {utc(health.at)}", health.at)


def _replaced(incident: Incident, system: str) -> tuple[str, datetime] | None:
    """Return the latest run that was to replace what a system holds: what its step's proof would be asked for."""
    begun = (run for run in incident.runs.values() if run.system == system and run.changes_step and run.started_at)
    found = [run for run in begun if run.destructive and _proven_later(incident, run)]
    return (f"may be half replaced by {found[-1].action}", found[-1].started_at or incident.last_at) if found else None


def _proven_later(incident: Incident, run: Run) -> bool:
    step = incident.plan.by_id.get(run.step)
    return step is None or bool(step.verified_by)


def _verification(incident: Incident, system: str) -> Cure | None:
    """Return the step of the plan that verifies a system, where it applies; None where none does."""
    steps = incident.plan.steps()
    proofs = {step.verified_by for step in steps if step.system and system in incident.roster.players(step.system)}
    for step in incident.plan.steps():
        if step.id in proofs and step.action and incident.state(step.id) is not StepState.NOT_APPLICABLE:
            words = "Verify the data first: a backup then holds what is sound."
            return Cure(words=words, action=step.action)
    return None


def _looks(incident: Incident) -> list[Step]:
    """Return the looks after which people are asked what is affected: the decision rests on them."""
    asks = incident.plan.decision(AFFECTED)
    found = [incident.plan.by_id[name] for name in asks.after] if asks else []
    return [step for step in found if step.action]


def _look(incident: Incident) -> Step | None:
    """Return the closest look there is: the one that people are asked after last."""
    return _looks(incident)[-1] if _looks(incident) else None


def _last_look(incident: Incident, system: str, *, tried: bool = False) -> datetime | None:
    """Return when the latest close look ended that saw a system answer; ``tried``: that looked, whatever it saw."""
    actions = {step.action for step in _looks(incident)}
    over = [run for run in incident.runs.values() if run.action in actions and run.finished_at and not run.dry_run]
    found = [run for run in over if run.state is RunState.SUCCEEDED and (_saw(run, system) or (tried and _close(run)))]
    return max((run.finished_at for run in found if run.finished_at), default=None)


def _saw(run: Run, system: str) -> bool:
    part = run.facts.get(system)
    return isinstance(part, dict) and part.get("status") in ANSWERS and UNSEEN not in part


def _close(run: Run) -> bool:
    return any(isinstance(part, dict) for part in run.facts.values())
