"""When a step of the printed plan applies: under which answers, and after which steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from journal.plan.model import AFFECTED

if TYPE_CHECKING:
    from journal.plan.model import Plan, Step

When = Mapping[str, Sequence[str]]
"""Decision → the answers for which something applies (see `journal.plan.model.Step`)."""


def conditions_of(plan: Plan, step: Step, scenario: str) -> list[str]:
    """Return the answers under which a step applies, each as one says it, none that another one holds already.

    Args:
        plan: the plan.
        step: one of its steps.
        scenario: the one that is printed for; empty: all.
    """
    held = {name for other in step.when for name in _held_by(plan, other, step.when)}
    said = [name for name in step.when if name not in held and not (scenario and name == "scenario")]
    return [_condition(plan, name, step.when) for name in said]


def shared_conditions(plan: Plan, steps: Sequence[Step], scenario: str) -> list[str]:
    """Return the conditions of all of several steps: they are said once, at their heading."""
    first, *more = (conditions_of(plan, step, scenario) for step in steps)
    return [said for said in first if all(said in each for each in more)] if more else []


def step_conditions(
    plan: Plan, step: Step, scenario: str, shared: Iterable[str], left_out: Iterable[str]
) -> Iterator[str]:
    """Yield when a step applies, what comes before it and what proves it.

    Who works from the top has done what the section and the phases before name: that is not said.

    Args:
        plan: the plan.
        step: one of its steps.
        scenario: the one that is printed for; empty: all.
        shared: what the heading over the step says already.
        left_out: the steps that are not printed.
    """
    yield from (said for said in conditions_of(plan, step, scenario) if said not in shared)
    places = {each.id: place for place, each in enumerate(plan.steps())}
    later = [each for each in step.after if places[each] > places[step.id]]
    before = [each for each in [*step.needs, *later] if each not in left_out and _elsewhere(plan, step.id, each)]
    yield from [f"after {', '.join(plan.numbers[each] for each in before)}"] if before else []
    proof = plan.numbers.get(step.verified_by, "")
    if proof and proof.rpartition(".")[0] != plan.numbers[step.id].rpartition(".")[0]:
        yield f"proved by {proof}"


def _held_by(plan: Plan, name: str, when: When) -> Iterator[str]:
    """Yield the conditions that an answer holds already, since its question is asked under them alone."""
    asked = plan.decision(name)
    if asked and _always_asked(asked, when):
        yield from (other for other, answers in asked.when.items() if set(answers) <= set(when[other]))


def _always_asked(asked: Step, when: When) -> bool:
    """Return whether a decision is asked for wherever the other conditions hold."""
    held = (name in when and set(when[name]) <= set(answers) for name, answers in asked.when.items())
    return not asked.optional and all(held)


def _condition(plan: Plan, name: str, when: When) -> str:
    """Return when something applies: the answers that it is for, or those that it is not for where these are fewer.

    What goes by a question that may never be asked applies unless it is answered otherwise.
    """
    answers = when[name]
    if name == AFFECTED:
        return f"only for {' or '.join(answers)}"
    asked = plan.decision(name)
    options = [*asked.decision.options] if asked and asked.decision else [*plan.scenarios]
    others = [option for option in options if option not in answers]
    unless = others and (len(others) < len(answers) or (asked and not _always_asked(asked, when)))
    said = others if unless else answers
    if name == "scenario":
        return f"{'not' if unless else 'only'} in: {', '.join(plan.scenarios[each].title for each in said)}"
    return f"{'not' if unless else 'only'} if {plan.numbers[asked.id] if asked else name} is {_one_of(said)}"


def _one_of(answers: Sequence[str]) -> str:
    """Return answers with "or" between them; two that share a half are one word: ``hot-/warm-standby``."""
    halves = [answer.partition("-") for answer in answers]
    if len(halves) == 2 and all(half[2] for half in halves):
        (first, _, rest), (second, _, other) = halves
        if rest == other:
            return f"{first}-/{second}-{rest}"
        if first == second:
            return f"{first}-{rest}/-{other}"
    return " or ".join(answers)


def _elsewhere(plan: Plan, step: str, other: str) -> bool:
    """Return whether a step is one of the same phase, and not one that stands above in the same section."""
    phase, section, place = plan.numbers[step].split(".")
    theirs = plan.numbers[other].split(".")
    return theirs[0] == phase and (theirs[1] != section or int(theirs[2]) > int(place))
