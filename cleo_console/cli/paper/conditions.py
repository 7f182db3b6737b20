"""When a step of the printed plan applies: under which answers, and after which steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from journal.plan.model import Plan, Step

When = Mapping[str, Sequence[str]]
"""Decision → the answers for which something applies (see `journal.plan.model.Step`)."""


def shared_conditions(steps: Sequence[Step]) -> When:
    """Return the answers under which all of several steps apply: they are said once, at their heading."""
    first, *more = steps
    if not more:
        return {}
    return {
        name: answers
        for name, answers in first.when.items()
        if name != "scenario" and all(step.when.get(name) == answers for step in more)
    }


def condition_text(plan: Plan, when: When) -> str:
    """Return under which answers something applies; empty: under all."""
    said = [_answered(plan, name, answers) for name, answers in when.items()]
    return f"only if {' and '.join(said)}" if said else ""


def step_conditions(plan: Plan, step: Step, scenario: str, shared: When, left_out: Iterable[str]) -> Iterator[str]:
    """Yield when a step applies, what comes before it and what proves it.

    Args:
        plan: the plan.
        step: one of its steps.
        scenario: the one that is printed for; empty: all.
        shared: what the heading over the step says already.
        left_out: the steps that are not printed.
    """
    if "scenario" in step.when and not scenario:
        yield "only in: " + ", ".join(plan.scenarios[each].title for each in step.when["scenario"])
    own = {name: answers for name, answers in step.when.items() if name != "scenario" and name not in shared}
    yield from [condition_text(plan, own)] if own else []
    before = [plan.numbers[needed] for needed in step.needs if needed not in left_out]
    yield from [f"after {', '.join(before)}"] if before else []
    yield from [f"proved by {plan.numbers[step.verified_by]}"] if step.verified_by in plan.numbers else []


def _answered(plan: Plan, name: str, answers: Sequence[str]) -> str:
    """Return which answers to a decision are meant, by the number of the step that asks for it."""
    asked = plan.decision(name)
    several = asked and asked.decision and asked.decision.kind == "systems"
    return f"{plan.numbers[asked.id] if asked else name} {'names' if several else 'is'} {' or '.join(answers)}"
