"""The printable plan: a checklist with boxes, in plain text, in numbered pages of A4."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cleo_console.cli.paper.commands import Printed
from cleo_console.cli.paper.conditions import shared_conditions, step_conditions
from cleo_console.cli.paper.front import calls, fleets, numbers, objectives, title, typing
from cleo_console.cli.paper.lines import WIDTH, heading, side_by_side, wrapped
from cleo_console.cli.paper.pages import Block, pages
from cleo_console.cli.paper.step import step_blocks
from cleo_console.cli.paper.values import Values
from journal.plan.applies import applies
from journal.plan.model import AFFECTED

if TYPE_CHECKING:
    from actions.by_hand import Typed
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Phase, Plan, Step
    from journal.plan.people import LegalClock
    from journal.plan.read import LoadedPlan

    Commands = Callable[[Step], Mapping[str, Sequence[Typed]]]

_NOTE = "_" * WIDTH
_LEAST_NOTES = 2
"""Lines to write on, for what happened besides; the rest of the last page is for it, too."""


def paper(
    loaded: LoadedPlan,
    catalogue: Catalogue,
    scenario: str = "",
    several: Mapping[str, Sequence[str]] | None = None,
    by_hand: Commands = lambda step: {},
    told: Sequence[str] = (),
    played: Collection[str] = (),
    open_points: Sequence[str] = (),
) -> Iterator[str]:
    """Yield the lines of a plan on paper.

    Args:
        loaded: the plan.
        catalogue: the actions there are: what is only planned is not offered as a command of ours.
        scenario: leaves out the steps that do not apply to it; all are there where it is empty.
        several: the systems of the inventory that play a plan system together, where several do.
        by_hand: returns a step's shell commands at each system, by what the inventory says.
        told: the audiences that the inventory has channels to; steps that send something to another are left out.
        played: the plan's systems that the inventory has; steps of optional ones that it lacks are not named.
        open_points: a heading and a line each of what steps are known to lack.
    """
    plan = loaded.plan
    answers = {"scenario": scenario, AFFECTED: ",".join(plan.scenarios[scenario].systems)} if scenario else {}
    there = [step for step in plan.steps() if not (_optional(plan, step) and step.system not in played)]
    gone = [
        step
        for step in there
        if applies(step, answers) is False
        or _refused(plan, step, scenario)
        or (step.audience and step.audience not in told)
    ]
    left_out = {step.id for step in plan.steps() if step in gone or step not in there}
    values = Values()
    commands = values.told({s.id: by_hand(s) for s in plan.steps() if s.id not in left_out})
    printed = Printed(values.names)

    def blocks(step: Step, shared: Sequence[str]) -> Iterator[Block]:
        by_hand = printed.step(plan.numbers[step.id], commands[step.id])
        conditions = step_conditions(plan, step, scenario, shared, left_out)
        return step_blocks(plan, step, conditions, scenario, catalogue, by_hand, _same_options(plan, step, left_out))

    content = [
        *_front(loaded, scenario, several or {}, any(commands.values()), values),
        *_open_points(open_points),
        *_phases(plan, scenario, left_out, blocks),
        *_appendix(plan, gone),
    ]
    yield from pages(content, f"{plan.title.upper()} {plan.version}, sha256 {loaded.sha256[:8]}", _NOTE)


def _front(
    loaded: LoadedPlan, scenario: str, several: Mapping[str, Sequence[str]], commands: bool, values: Values
) -> Iterator[Block]:
    plan = loaded.plan
    parts = (
        title(loaded, scenario),
        fleets(plan, several),
        typing(commands, values.lines()),
        objectives(plan),
        calls(plan),
    )
    return (Block([*part]) for part in parts)


def _open_points(lines: Sequence[str]) -> Iterator[Block]:
    """Yield what steps are known to lack, with a box: it may have been mended since this was printed."""
    for number, line in enumerate(lines):
        yield Block(heading(line) if number == 0 else wrapped(f"[ ] {line}", 2, 4), keep=number == 0)


def _phases(
    plan: Plan, scenario: str, left_out: set[str], blocks: Callable[[Step, Sequence[str]], Iterator[Block]]
) -> Iterator[Block]:
    for number, phase in enumerate(plan.phases, 1):
        kept = [[step for step in section.steps if step.id not in left_out] for section in phase.sections]
        titles = _phase_title(number, phase) if any(kept) else []
        for place, (section, steps) in enumerate(zip(phase.sections, kept, strict=True), 1):
            if not steps:
                continue
            shared = shared_conditions(plan, steps, scenario)
            if [step.title for step in steps] != [section.title]:
                titles += heading(f"{number}.{place} {section.title}", "; ".join(shared))
            yield Block(titles, keep=True)
            titles = []
            for step in steps:
                yield from blocks(step, shared)


def _phase_title(number: int, phase: Phase) -> list[str]:
    window = f" ({phase.window.text})" if phase.window and phase.window.text else ""
    optional = ", only if wanted" if phase.optional else ""
    return heading(f"Phase {number}: {phase.title}{window}{optional}", rule="=")


def _same_options(plan: Plan, step: Step, left_out: set[str]) -> str:
    """Return the number of the step that is printed first with the options of a step's decision, if that is another."""
    options = step.decision.options if step.decision else {}
    alike = [s for s in plan.steps() if s.decision and s.decision.options == options and s.id not in left_out]
    return plan.numbers[alike[0].id] if options and alike[0].id != step.id else ""


def _optional(plan: Plan, step: Step) -> bool:
    acted_on = plan.systems.get(step.system)
    return acted_on is not None and acted_on.optional


def _refused(plan: Plan, step: Step, scenario: str) -> bool:
    """Return whether a step hangs on answers that the scenario refuses, all of them."""
    refuses = plan.scenarios[scenario].refuses if scenario else {}
    return any(set(wanted) <= set(refuses.get(name, ())) for name, wanted in step.when.items())


def _appendix(plan: Plan, left_out: Sequence[Step]) -> Iterator[Block]:
    yield Block(heading("Legal clocks"), keep=True)
    for clock in plan.compliance:
        yield Block([*_clock(clock)])
    if plan.places:
        places = side_by_side(f"{name}: {place}" for name, place in plan.places.items())
        yield Block([*heading("Where things are"), *places])
    if left_out:
        yield Block(wrapped(f"Left out, as they do not apply here: {numbers(plan, left_out)}."))
    notes = heading("What happened besides (time in UTC, what, who)")
    yield Block([*notes, *[_NOTE] * _LEAST_NOTES])


def _clock(clock: LegalClock) -> Iterator[str]:
    law = f"; the law says: {clock.law}" if clock.law else ""
    source = f" ({clock.source})" if clock.source else ""
    yield from wrapped(f"[ ] {clock.title}: the plan says: {clock.plan}{law}{source}", 2, 4)
    yield "      Due (UTC) ____________________  Done (UTC) ____________  By ______________"
