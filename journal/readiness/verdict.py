"""The verdict on each scenario: would it come back now, within its objectives, with which loss. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from journal.incident.forecast import forecasts, steps_left
from journal.incident.lost_site import is_gone, lost_site
from journal.incident.restore_time import measured_times, restores
from journal.incident.state import Incident
from journal.incident.strategy_evidence import ACTIVATE, against
from journal.plan.applies import applies
from journal.plan.model import Step
from journal.plan.read import LoadedPlan
from journal.readiness.finding import ReadyFinding
from journal.readiness.loss import Loss, losses
from journal.readiness.seen import Seen, declared_now
from journal.wording.counting import count
from journal.wording.durations import Duration, exact_duration

_STANDBYS = (".promote", f".{ACTIVATE}")
"""What an action is called, of any type, that has a standby take over."""
Answer = Literal["yes", "no", "not known"]


class TierTime(msgspec.Struct, frozen=True, kw_only=True):
    """How long until one recovery time objective would be reached. Durations are in seconds.

    Attributes:
        title: the objective's.
        rto: what is promised.
        seconds: what the steps on the longest way take that have a figure.
        met: whether that is within the promise.
        why: what keeps it from being known, or proves that it is missed; empty: it is met.
    """

    title: str
    rto: float
    seconds: float
    met: Answer
    why: str = ""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of one scenario, were it to happen now.

    Attributes:
        scenario: its name in the plan; ``title``: what people call it.
        strategy: the one that it is judged by: the plan's own, unless another can be and that one cannot.
        ready: the three that follow in one.
        comes_back: whether every step can be done.
        in_time: whether every objective would be reached; ``times``: each of them.
        within_loss: whether what would be lost is within every objective; ``losses``: of each system.
        why: what speaks against it, or is not known, the gravest first.
    """

    scenario: str
    title: str
    strategy: str
    ready: Answer
    comes_back: Answer
    in_time: Answer
    within_loss: Answer
    times: Sequence[TierTime] = ()
    losses: Sequence[Loss] = ()
    why: Sequence[str] = ()


def worst(answers: Iterable[Answer]) -> Answer:
    """Return "no" where any is, else "not known" where any is, else "yes"."""
    found = set(answers)
    return "no" if "no" in found else "not known" if "not known" in found else "yes"


def verdicts(loaded: LoadedPlan, seen: Seen, found: Sequence[ReadyFinding]) -> list[Verdict]:
    """Return a verdict for each scenario of a plan that hits a system.

    Args:
        loaded: the plan.
        seen: what was seen of the systems.
        found: what the looks found, with their steps.
    """
    hit = [name for name, one in loaded.plan.scenarios.items() if one.systems and not one.untouched]
    return [_verdict(declared_now(loaded, name, seen), found) for name in hit]


class _Way(NamedTuple):
    """A strategy, with what is proven to stand in its way, and what nobody knows; a line each."""

    strategy: str
    left: Sequence[Step]
    no: Sequence[str]
    unknown: Sequence[str]

    @property
    def comes_back(self) -> Answer:
        """Whether every step can be done."""
        return "no" if self.no else "not known" if self.unknown else "yes"


def _verdict(incident: Incident, found: Sequence[ReadyFinding]) -> Verdict:
    """Judge a scenario by its own strategy, or by the first other one that serves where that cannot be."""
    scenario = incident.plan.scenarios[incident.scenario]
    refused = scenario.refuses.get("strategy", [])
    names = [scenario.strategy, *(one for one in incident.plan.strategies if one != scenario.strategy)]
    ways = [_way(incident, name, found) for name in names if name not in refused]
    order: list[Answer] = ["yes", "not known", "no"]
    best = min(ways, key=lambda one: order.index(one.comes_back))
    instead = f"not by {_title(incident, scenario.strategy)}: {next(iter(ways[0].no or ways[0].unknown), '')}"
    times = [_at_best(one, best.comes_back) for one in _times(incident, best)]
    lost = losses(incident)
    in_time = worst(one.met for one in times) if times else "not known"
    within_loss = worst([*(one.met for one in lost), *_unplayed(incident)])
    return Verdict(
        scenario=incident.scenario,
        title=scenario.title,
        strategy=best.strategy,
        ready=worst([best.comes_back, in_time, within_loss]),
        comes_back=best.comes_back,
        in_time=in_time,
        within_loss=within_loss,
        times=times,
        losses=lost,
        why=[*([] if best is ways[0] else [instead]), *best.no, *best.unknown],
    )


def _unplayed(incident: Incident) -> Iterator[Answer]:
    """Yield that nobody knows the loss of data that no system of the inventory holds."""
    for name in incident.plan.scenarios[incident.scenario].systems:
        if incident.plan.systems[name].data and not set(incident.roster.players(name)) & set(incident.roster.systems):
            yield "not known"


def _at_best(one: TierTime, comes_back: Answer) -> TierTime:
    """Return a time that is no better than whether it comes back at all."""
    if worst([one.met, comes_back]) == one.met:
        return one
    why = "a step of it cannot be done" if comes_back == "no" else "it is not known whether every step can be done"
    return msgspec.structs.replace(one, met=comes_back, why="; ".join(filter(None, [why, one.why])))


def _way(incident: Incident, strategy: str, found: Sequence[ReadyFinding]) -> _Way:
    """Return what stands in the way of a strategy."""
    left = steps_left(incident, strategy)
    answers = _at_worst(left, {**incident.answers, "strategy": strategy})
    certain = {step.id for step in left if not step.beside and not step.may_fail and applies(step, answers)}
    perhaps = {step.id for step in left if not step.beside and not step.may_fail} - certain
    why = against(incident, strategy)
    no, unknown = [why] if why else [], list(_nothing_there(incident))
    for one in found:
        if one.state == "ok" or not one.stops or _all_gone(incident, one):
            continue
        if one.state == "wrong" and certain & set(one.steps):
            no.append(f"{one.about}: {one.words}")
        elif (certain | perhaps) & set(one.steps):
            unknown.append(f"{one.about}: {one.words}")
    return _Way(strategy, left, list(dict.fromkeys(no)), list(dict.fromkeys(unknown)))


def _at_worst(left: Iterable[Step], answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers with those by which the strategy's own steps are wanted: that a start may do is no promise."""
    found = dict(answers)
    for step in left:
        if restores(step) or step.action.endswith(_STANDBYS):
            for name, wanted in step.when.items():
                found.setdefault(name, wanted[0])
    return found


def _all_gone(incident: Incident, found: ReadyFinding) -> bool:
    """Whether a finding is about systems of the lost site alone: nothing there counts any more."""
    return bool(found.systems) and all(is_gone(incident, name) for name in found.systems)


def _nothing_there(incident: Incident) -> Iterator[str]:
    """Yield which systems of the scenario nobody plays, and for which nothing stands in where their site is lost."""
    site, known, nobody = lost_site(incident), incident.roster.systems, []
    for plan_system in incident.plan.scenarios[incident.scenario].systems:
        title = incident.plan.systems[plan_system].title
        names = [name for name in incident.roster.players(plan_system) if name in known]
        nobody += [] if names else [title]
        elsewhere = [
            one for one in known.values() if one.site != site and (one.name in names or one.standby_of in names)
        ]
        if names and site and not elsewhere:
            yield f"{title}: by the inventory it lives on site {site} alone, and nothing elsewhere stands in for it"
    if nobody:
        yield f"the inventory has no system that plays {', '.join(nobody)}: nothing of it was looked at"


def _times(incident: Incident, way: _Way) -> Iterator[TierTime]:
    """Yield how long until each objective would be reached: never "yes" by figures that nobody measured."""
    unmeasured = [
        incident.roster.title(name)
        for step in way.left
        if restores(step) and not step.optional
        for name in incident.roster.players(step.system)
        if name in incident.roster.systems and name not in measured_times(incident, step)
    ]
    for one in forecasts(incident, way.strategy, incident.began_at):
        rto, over = one.clock.target, one.seconds > one.clock.target
        doubts = [f"the restore of {', '.join(dict.fromkeys(unmeasured))} was never measured"] if unmeasured else []
        doubts += [f"{count(one.unknown, 'step')} on the way {'has' if one.unknown == 1 else 'have'} no figure"] * bool(
            one.unknown
        )
        late = f"its steps take {exact_duration(one.seconds)}, and {Duration(rto)} is promised"
        met: Answer = "no" if over else "not known" if doubts else "yes"
        yield TierTime(
            title=one.clock.title, rto=rto, seconds=one.seconds, met=met, why=late if over else "; ".join(doubts)
        )


def _title(incident: Incident, strategy: str) -> str:
    return incident.plan.strategies[strategy].title if strategy in incident.plan.strategies else strategy
