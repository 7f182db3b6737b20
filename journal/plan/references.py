"""Checks the names that a plan refers to: systems, tiers, data classes, strategies, steps, answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from journal.plan.model import ANOTHER, FOUND_WRONG, SAME, STANDBY_SITE, Decision, Plan, Scenario, Step
from journal.plan.placed import Finding, placed_steps
from journal.yamlfile.convert import did_you_mean
from journal.yamlfile.names import strange
from journal.yamlfile.problem import FilePath


def reference_findings(plan: Plan) -> Iterator[Finding]:
    """Yield every name that refers to nothing, or that a person cannot type."""
    yield from _names(plan)
    yield from _objectives(plan)
    for name, scenario in plan.scenarios.items():
        yield from _scenario(plan, scenario, ("scenarios", name))
    for path, step in placed_steps(plan):
        yield from _step(plan, step, path)
    for part in ("alerts", "backups"):
        for place, item in enumerate(getattr(plan, part)):
            yield from _unknown("data class", item.data, plan.objectives.rpo, (part, place, "data"))
    for place, clock in enumerate(plan.compliance):
        yield from _unknown_in_list("step", clock.noticed_by, plan.by_id, ("compliance", place, "noticed_by"))
    for place, test in enumerate(plan.tests):
        for name, held_by in test.held_by.items():
            where: FilePath = ("tests", place, "held_by", name)
            yield from _unknown("test", name, test.items, where)
            yield from _unknown_in_list("scenario", held_by.scenarios, plan.scenarios, (*where, "scenarios"))
            yield from _unknown_in_list("step", held_by.steps, plan.by_id, (*where, "steps"))


def _names(plan: Plan) -> Iterator[Finding]:
    for part in ("systems", "scenarios", "strategies"):
        yield from (((part, name), what) for name in getattr(plan, part) if (what := strange(name)))
    for n, phase in enumerate(plan.phases):
        if what := strange(phase.id):
            yield ("phases", n, "id"), what
    for path, step in placed_steps(plan):
        decision = step.decision
        if what := strange(step.id):
            yield (*path, "id"), what
        if decision and (what := strange(decision.name)):
            yield (*path, "decision", "name"), what
        for answer in decision.options if decision else ():
            if what := strange(answer):
                yield (*path, "decision", "options", answer), what


def _objectives(plan: Plan) -> Iterator[Finding]:
    for name, tier in plan.objectives.rto.items():
        for field in ("validated_by", "reached_by"):
            steps = getattr(tier, field)
            yield from _unknown_in_list("step", steps, plan.by_id, ("objectives", "rto", name, field))
    for name, system in plan.systems.items():
        yield from _unknown("tier", system.tier, plan.objectives.rto, ("systems", name, "tier"))
        yield from _unknown("data class", system.data, plan.objectives.rpo, ("systems", name, "data"))


def _scenario(plan: Plan, scenario: Scenario, path: FilePath) -> Iterator[Finding]:
    yield from _unknown_in_list("system", scenario.systems, plan.systems, (*path, "systems"))
    yield from _unknown("strategy", scenario.strategy, plan.strategies, (*path, "strategy"))
    if plan.decision("severity"):
        yield from _answers(plan, "severity", [scenario.severity], (*path, "severity"))
    for name, refused in scenario.refuses.items():
        yield from _answers(plan, name, refused, (*path, "refuses", name))
    for name, unless in scenario.refuses_unless.items():
        for other, answers in unless.items():
            yield from _answers(plan, other, answers, (*path, "refuses_unless", name, other))
    for name, answers in scenario.loses_if.items():
        yield from _answers(plan, name, answers, (*path, "loses_if", name))
    if scenario.loses_if and not scenario.loses:
        yield (*path, "loses_if"), "says when a site is lost, and `loses` does not say which"
    if scenario.strategy in scenario.refuses.get("strategy", []):
        yield (*path, "strategy"), f"suggests {scenario.strategy!r}, which this scenario refuses"


def _step(plan: Plan, step: Step, path: FilePath) -> Iterator[Finding]:
    yield from _unknown_in_list("step", step.needs, plan.by_id, (*path, "needs"))
    yield from _unknown_in_list("step", step.after, plan.by_id, (*path, "after"))
    yield from _unknown("step", step.verified_by, plan.by_id, (*path, "verified_by"))
    yield from _unknown("system", step.system, plan.systems, (*path, "system"))
    yield from _unknown_in_list("escalation level", step.calls, _levels(plan), (*path, "calls"))
    if len(step.calls) > len(step.items):
        yield (*path, "calls"), "names more levels than the step has items"
    for item in step.items[: len(step.calls)]:
        if step.known(item):
            yield (*path, "calls"), f"{item!r} stands for a call, and is known from the journal: it is one of them"
    for name, answers in step.when.items():
        yield from _answers(plan, name, answers, (*path, "when", name))
        if not answers:
            yield (*path, "when", name), "names no answer: the step would never apply"
    for answer, option in step.decision.options.items() if step.decision else ():
        where = (*path, "decision", "options", answer, "calls")
        yield from _unknown_in_list("escalation level", option.calls, _levels(plan), where)
    if step.decision:
        yield from _suggest(plan, step.decision, (*path, "decision", "suggest"))


def _suggest(plan: Plan, decision: Decision, path: FilePath) -> Iterator[Finding]:
    for source, suggested in decision.suggest.items():
        if source == FOUND_WRONG:
            yield from _unknown_in_list("system", list(suggested), plan.systems, (*path, source))
        elif source == STANDBY_SITE:
            yield from _unknown_in_list("place", list(suggested), (SAME, ANOTHER), (*path, source))
        elif source not in plan.by_id:
            yield from _answers(plan, source, list(suggested), (*path, source))
        known = possible_answers(plan, decision)
        for said, answer in suggested.items() if known is not None else ():
            yield from _unknown("answer", answer, known or (), (*path, source, said))


def _levels(plan: Plan) -> list[str]:
    return [contact.level for contact in plan.callable]


def _answers(plan: Plan, name: str, answers: list[str], path: FilePath) -> Iterator[Finding]:
    """Yield the answers that nobody can give to the decision ``name`` (or to ``scenario``)."""
    if name == "scenario":
        yield from _unknown_in_list("scenario", answers, plan.scenarios, path)
        return
    step = plan.decision(name)
    if step is None or step.decision is None:
        names = [s.decision.name for s in plan.steps() if s.decision]
        yield path, f"unknown decision {name!r}{did_you_mean(name, names)}"
        return
    known = possible_answers(plan, step.decision)
    if known is not None:
        yield from _unknown_in_list(f"answer to {name}", answers, known, path)


def possible_answers(plan: Plan, decision: Decision) -> Collection[str] | None:
    """Return the answers that a plan may name for a decision; None: any."""
    if decision.kind == "one":
        return decision.options
    if decision.kind == "systems":
        return plan.systems
    return ["latest"] if decision.kind == "recovery-point" else None


def _unknown(what: str, name: str, known: Collection[str], path: FilePath) -> Iterator[Finding]:
    if name and name not in known:
        yield path, f"unknown {what} {name!r}{did_you_mean(name, known)}"


def _unknown_in_list(what: str, names: list[str], known: Collection[str], path: FilePath) -> Iterator[Finding]:
    for place, name in enumerate(names):
        yield from _unknown(what, name, known, (*path, place))
