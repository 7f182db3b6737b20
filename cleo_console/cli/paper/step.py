"""One step of the printed plan: box, conditions, text, commands, and a line for time, initials and result."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from actions.positions import planned_forms
from cleo_console.cli.paper.lines import INDENT, WIDTH, form, side_by_side, to_fill_in, wrapped
from cleo_console.cli.paper.pages import Block
from screens.guidance.recovery_points import ways
from screens.guidance.step_text import call

if TYPE_CHECKING:
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Decision, Plan, Step

_SIGNED = "Time (UTC) ______________  Initials ________  Result "
_DECIDED = "Time (UTC) ______________  Decided by ______________  Why "


def step_blocks(
    plan: Plan,
    step: Step,
    conditions: Iterable[str],
    scenario: str,
    catalogue: Catalogue,
    by_hand: Sequence[Sequence[str]],
) -> Iterator[Block]:
    """Yield the lines of a step; a page may end between two of its shell commands.

    Args:
        plan: the plan.
        step: one of its steps.
        conditions: when it applies, and what comes before it.
        scenario: the one that is printed for; empty: all.
        catalogue: the actions there are.
        by_hand: the lines of each of the step's shell commands.
    """
    lines = _head(plan, step, conditions)
    if step.destructive:
        lines.append(form("DESTRUCTIVE. Target _________________________  Agreed by "))
    question = step.decision.question if step.decision else ""
    lines += wrapped(f"{step.text} {question}".strip(), INDENT) if step.text or question else []
    lines += _named_commands(step, catalogue, bool(by_hand))
    lines += _decision(plan, step.decision, scenario) if step.decision else []
    lines += side_by_side(f"[ ] {item}" for item in step.items)
    signed = form(_DECIDED if step.decision else _SIGNED)
    if not by_hand:
        yield Block([*lines, signed])
        return
    *more, last = by_hand
    yield from (Block(part) for part in (lines, *more))
    yield Block([*last, signed])


def _head(plan: Plan, step: Step, conditions: Iterable[str]) -> list[str]:
    """Return the step's number and title, how long it takes, and its conditions."""
    title = f"[ ] {plan.numbers[step.id]} {step.title} [{step.id}]"
    return wrapped("; ".join([title + (f", about {step.expect}" if step.expect else ""), *conditions]), 0, INDENT)


def _named_commands(step: Step, catalogue: Catalogue, by_hand: bool) -> list[str]:
    """Return what the plan names to be typed, and what cleo has for it."""
    if step.kind == "command":
        return _typed((f"Type{f' on {step.host}' if step.host else ''}:", call(step)))
    commands = [("Type:", step.script)] if step.script else []
    spec = catalogue.get(step.action)
    if spec and spec.available:
        commands.append(("With cleo:", f"cleo run {call(step)}" + (" --confirm TARGET" if spec.destructive else "")))
    if step.action and not commands and not by_hand:
        return wrapped("The plan names no command: use the system's own tools, and write which.", INDENT)
    return _typed(*commands)


def _typed(*commands: tuple[str, str]) -> list[str]:
    """Return commands to type, all on one line where there is room.

    Where one goes on in the next line it says so, as a shell has it.
    """
    blank, one = " " * INDENT, "    ".join(f"{label} {command}" for label, command in commands)
    if len(one) <= WIDTH - INDENT:
        return [blank + one] if one else []
    found = list[str]()
    for label, command in commands:
        first = f"{blank}{label} "
        room = WIDTH - len(first) - 2
        *lines, last = textwrap.wrap(command, room, break_long_words=False, break_on_hyphens=False)
        parts = [*(line + " \\" for line in lines), last]
        found += [first + parts[0], *(" " * len(first) + part for part in parts[1:])]
    return found


def _decision(plan: Plan, decision: Decision, scenario: str) -> Iterator[str]:
    refused = plan.scenarios[scenario].refuses.get(decision.name, []) if scenario else []
    short = list[str]()
    for name, text in _options(plan, decision):
        if not text.endswith(": "):
            short.append(f"(X) {text}  REFUSED in this scenario." if name in refused else f"( ) {text}")
            continue
        *lines, last = wrapped(f"( ) {text}", INDENT, 4)
        yield from [*side_by_side(short), *lines, *to_fill_in(last)]
        short = []
    yield from side_by_side(short)


def _options(plan: Plan, decision: Decision) -> Iterable[tuple[str, str]]:
    if decision.kind == "systems":
        return [(name, f"{name}: {system.title}") for name, system in plan.systems.items()]
    if decision.kind == "recovery-point":
        return _recovery_points(plan)
    if decision.kind == "text":
        return [("", "_" * 60)]
    return [(n, f"{n}: {o.title}." + (f" {o.text}" if o.text else "")) for n, o in decision.options.items()]


def _recovery_points(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the ways to name a recovery point, each with how it is typed when the computer is back."""
    for name, way in ways(planned_forms(plan)).items():
        yield name, f"{way.title}, as {way.typed}" + (": " if way.example else "")
