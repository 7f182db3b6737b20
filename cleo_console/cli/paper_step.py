"""One step of the printed plan: box, instructions, commands, and space for time, initials and notes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from actions.positions import planned_forms
from cleo_console.cli.paper_commands import command_lines
from screens.guidance.recovery_points import ways
from screens.guidance.step_text import call

if TYPE_CHECKING:
    from actions.by_hand import Typed
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Decision, Plan, Step

_WIDTH = 80
_INDENT = 11


def step_lines(
    plan: Plan, step: Step, scenario: str, left_out: set[str], catalogue: Catalogue, by_hand: Sequence[Typed]
) -> Iterator[str]:
    """Yield the lines of a step.

    Args:
        plan: the plan.
        step: one of its steps.
        scenario: the one that is printed for; empty: all.
        left_out: the steps that are not printed.
        catalogue: the actions there are.
        by_hand: the step's shell commands.
    """
    head = f"[ ] {plan.numbers[step.id]:<{_INDENT - 5}} {step.title} [{step.id}]"
    yield from _wrap(head + (f", about {step.expect}" if step.expect else ""), "", " " * _INDENT)
    yield from _indented(step.text) if step.text else []
    yield from _when(plan, step, scenario, left_out)
    yield from _commands(step, catalogue, by_hand)
    yield from _decision(plan, step.decision, scenario) if step.decision else []
    for item in step.items:
        yield from _indented(f"[ ] {item}", hanging=4)
    if step.verified_by in plan.numbers:
        yield from _indented(f"Proved by {plan.numbers[step.verified_by]}.")
    yield _form("Time (UTC) ______________  Initials ________  Result ")
    yield _form("")


def _wrap(text: str, first: str, more: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=more, break_on_hyphens=False)


def _indented(text: str, hanging: int = 0) -> list[str]:
    return _wrap(text, " " * _INDENT, " " * (_INDENT + hanging))


def _form(text: str) -> str:
    """Return a line to write on, up to the page's edge."""
    return (" " * _INDENT + text).ljust(_WIDTH, "_")


def _to_fill_in(line: str) -> list[str]:
    """Return a line with room to write behind it, or below it where too little is left."""
    return [f"{line} ".ljust(_WIDTH, "_")] if len(line) < _WIDTH - 20 else [line, _form("")]


def _when(plan: Plan, step: Step, scenario: str, left_out: set[str]) -> Iterator[str]:
    """Yield under which answers the step applies, and what comes before it."""
    for name, answers in step.when.items():
        if name == "scenario":
            yield from [] if scenario else _indented("Only in: " + ", ".join(plan.scenarios[a].title for a in answers))
            continue
        asked = plan.decision(name)
        where = f"the answer to {plan.numbers[asked.id]}" if asked else name
        yield from _indented(f"Only if {where} is or names: {' or '.join(answers)}.", hanging=2)
    before = [plan.numbers[needed] for needed in step.needs if needed not in left_out]
    if before:
        yield from _indented(f"After {', '.join(before)}.")


def _commands(step: Step, catalogue: Catalogue, by_hand: Sequence[Typed]) -> Iterator[str]:
    if step.destructive:
        yield _form("DESTRUCTIVE. Target _________________________  Agreed by ")
    if step.kind == "command":
        where = f" on {step.host}" if step.host else ""
        yield from _typed(f"Type{where}:", call(step))
        return
    if step.script:
        yield from _typed("Type:", step.script)
    spec = catalogue.get(step.action)
    if spec and spec.available:
        label = "With cleo:" if step.script else "With cleo (the plan names no command):"
        yield from _typed(label, f"cleo run {call(step)}" + (" --confirm TARGET" if spec.destructive else ""))
    if by_hand:
        yield from _indented("Without cleo:")
        yield from command_lines(by_hand, _WIDTH, _INDENT)
    elif step.action and not step.script and not (spec and spec.available):
        yield from _indented("The plan names no command: do it with the system's own tools, and write which.")


def _typed(label: str, command: str) -> list[str]:
    """Return a command to type, alone on its lines; where it goes on in the next line it says so, as a shell has it."""
    room = _WIDTH - _INDENT - 6
    parts = textwrap.wrap(command, room, break_long_words=False, break_on_hyphens=False)
    lines = [" " * (_INDENT + 4) + part for part in parts]
    return [*_indented(label), *(line + " \\" for line in lines[:-1]), lines[-1]]


def _decision(plan: Plan, decision: Decision, scenario: str) -> Iterator[str]:
    yield from _indented(decision.question)
    refused = plan.scenarios[scenario].refuses.get(decision.name, []) if scenario else []
    for name, text in _options(plan, decision):
        if name in refused:
            yield from _indented(f"(X) {text}  REFUSED in this scenario.", hanging=4)
        else:
            *lines, last = _indented(f"( ) {text}", hanging=4)
            yield from [*lines, *(_to_fill_in(last) if text.endswith(": ") else [last])]
    yield _form("Decided by ____________________  Why ")


def _recovery_points(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the ways to name a recovery point, each with how it is typed when the computer is back."""
    for name, way in ways(planned_forms(plan)).items():
        yield name, f"{way.title}, as {way.typed}" + (": " if way.example else "")


def _options(plan: Plan, decision: Decision) -> Iterable[tuple[str, str]]:
    if decision.kind == "systems":
        return [(name, f"{name}: {system.title}") for name, system in plan.systems.items()]
    if decision.kind == "recovery-point":
        return _recovery_points(plan)
    if decision.kind == "text":
        return [("", "_" * 60)]
    return [(n, f"{n}: {o.title}." + (f" {o.text}" if o.text else "")) for n, o in decision.options.items()]
