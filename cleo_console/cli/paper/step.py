"""One step of the printed plan: box, conditions, text, commands, and a line for time, initials and result."""

from __future__ import annotations

import re
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
_CLEO = "With cleo:"
_AGREED = "Time (UTC) __________  Agreed by ________  Initials ______  Result "
_ROOM = 12
"""Characters to write a target in."""
_TOGETHER = 2
"""Lines of items that stay with the text above them."""
_DECIDED = "Time (UTC) ______________  Decided by ______________  Why "


def step_blocks(
    plan: Plan,
    step: Step,
    conditions: Iterable[str],
    scenario: str,
    catalogue: Catalogue,
    by_hand: Sequence[Sequence[str]],
    alike: str = "",
) -> Iterator[Block]:
    """Yield the lines of a step; a page may end between two of its shell commands, or between items.

    Args:
        plan: the plan.
        step: one of its steps.
        conditions: when it applies, and what comes before it.
        scenario: the one that is printed for; empty: all.
        catalogue: the actions there are.
        by_hand: the lines of each of the step's shell commands.
        alike: the number of a step above that has the same options.
    """
    lines, about = _head(plan, step)
    commands = _named_commands(step, catalogue)
    destroys = _destroys(step, commands)
    if step.destructive and not destroys:
        lines.append(form("DESTRUCTIVE. Target _________________________  Agreed by "))
    question = step.decision.question if step.decision else ""
    said = " ".join(filter(None, [about, _sentence(conditions), step.text, question]))
    text = wrapped(said, INDENT) if said else []
    lines += [*text, *commands[:-1], destroys] if destroys else _joined(text, commands)
    lines += _decision(plan, step.decision, scenario, alike) if step.decision else []
    items = [*side_by_side(f"[ ] {item}" for item in step.items)]
    signed = form(_DECIDED if step.decision else _AGREED if destroys else _SIGNED)
    *more, last = filter(None, [lines + items[:_TOGETHER], items[_TOGETHER:], *by_hand])
    yield from (Block(part) for part in more)
    yield Block([*last, signed])


def _destroys(step: Step, commands: Sequence[str]) -> str:
    """Return a destructive step's command with room for its target; empty: it has none on a line of its own."""
    if not step.destructive or not commands or not commands[-1].lstrip().startswith(_CLEO):
        return ""
    line = form(commands[-1].strip().replace(_CLEO, "DESTRUCTIVE:") + " ")
    return line if f"TARGET {'_' * _ROOM}" in line else ""


def _head(plan: Plan, step: Step) -> tuple[list[str], str]:
    """Return the lines of a step's number and title, and how long it takes where there is no room for that."""
    title = f"[ ] {plan.numbers[step.id]} {step.title} [{step.id}]"
    about = f"about {step.expect}" if step.expect else ""
    both = f"{title}, {about}" if about else title
    if len(both) <= WIDTH:
        return [both], ""
    return wrapped(title, 0, INDENT), about and f"{about.capitalize()}."


def _sentence(conditions: Iterable[str]) -> str:
    """Return a step's conditions as the first sentence of its text, in capitals what one must not read over."""
    said = "; ".join(conditions)
    return re.sub(r"(^|; )(\w+ (?:if|for|in)|after)\b", lambda found: found[0].upper(), said) + "." * bool(said)


def _named_commands(step: Step, catalogue: Catalogue) -> list[str]:
    """Return what the plan names to be typed, and what cleo has for it."""
    if step.kind == "command":
        return _typed((f"Type{f' on {step.host}' if step.host else ''}:", call(step)))
    commands = [("Type:", step.script)] if step.script else []
    spec = catalogue.get(step.action)
    if spec and spec.available:
        commands.append((_CLEO, f"cleo run {call(step)}" + (" --confirm TARGET" if spec.destructive else "")))
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


def _joined(said: list[str], commands: list[str]) -> list[str]:
    """Return a step's text and its commands, on one line where the last one of the text has room for them."""
    if said and len(commands) == 1 and len(both := f"{said[-1]}    {commands[0].lstrip()}") <= WIDTH:
        return [*said[:-1], both]
    return [*said, *commands]


def _decision(plan: Plan, decision: Decision, scenario: str, alike: str) -> Iterator[str]:
    refused = plan.scenarios[scenario].refuses.get(decision.name, []) if scenario else []
    if alike and not refused:
        yield from side_by_side([*(f"( ) {name}" for name in decision.options), f"(what they mean: {alike})"])
        return
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
        return [(name, f"{name}: {one.title}") for name, one in plan.systems.items() if not one.optional]
    if decision.kind == "recovery-point":
        return _recovery_points(plan)
    if decision.kind == "instant":
        return [("", "UTC, with what tells it: ")]
    if decision.kind == "text":
        return [("", "_" * 60)]
    return [(n, f"{n}: {o.title}." + (f" {o.text}" if o.text else "")) for n, o in decision.options.items()]


def _recovery_points(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the ways to name a recovery point, each with how it is typed when the computer is back."""
    for name, way in ways(planned_forms(plan)).items():
        yield name, f"{way.title}, as {way.typed}" + (": " if way.example else "")
