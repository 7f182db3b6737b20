"""Which headings of a document are phases of its plan, and what becomes of those below them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from journal.plan.importing.draft import Draft, key_for
from journal.plan.importing.outline import (
    Block,
    Code,
    Document,
    Heading,
    Item,
    Items,
    Prose,
    Table,
    ordinal_left_out,
    unnumbered,
)
from journal.plan.importing.routine import is_routine
from journal.plan.importing.shell import is_shell
from journal.plan.importing.step_tables import is_step_table
from journal.plan.importing.steps import Steps
from journal.plan.importing.times import window
from journal.plan.importing.wording import is_act, is_aside, is_information, is_procedure
from journal.wording.durations import Duration

_PHASE = re.compile(r"^(phase|stage)\s+(\d+|[IVX]+)\b", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]{2,60})[)\]]\s*$")


def read_phases(document: Document, draft: Draft, scenarios: dict[int, str]) -> None:
    """Take the procedures as phases, in the document's order."""
    phases: list[dict[str, Any]] = []
    known: set[str] = set()
    end: Duration | None = Duration(0)
    for heading, whole, aside in _phases(document, scenarios):
        title, when = _window(heading, end)
        optional = aside or is_aside(title)
        steps = Steps(draft, title, optional, _scenario(heading, scenarios))
        sections = [section for section in _sections(heading, title, steps, whole) if section["steps"]]
        if not sections:
            continue
        phase: dict[str, Any] = {"id": key_for(title, known), "title": title}
        known.add(phase["id"])
        if when:
            phase["window"] = when
            end = Duration.parse(when["end"]) if "end" in when else end
        phases.append(phase | {"sections": _together(title, sections)} | ({"optional": True} if optional else {}))
    draft.data["phases"] = phases


def _phases(document: Document, scenarios: dict[int, str]) -> list[tuple[Heading, bool, bool]]:
    """Return each heading that is a phase, whether what is below it belongs to it, and whether it stands aside."""
    numbered = [h for h in document.root.walk() if _PHASE.match(ordinal_left_out(h.title)) and _holds_steps(h)]
    if numbered:
        around = {at.line: at for h in numbered for at in h.above() if at is not h}
        found = [(h, True, False) for h in numbered]
        for at in around.values():
            found += [(at, False, False)] if _own_steps(at) else []
            others = (child for child in at.children if child.line not in around and child not in numbered)
            found += [(_narrowed(child), True, True) for child in others if _holds_steps(child)]
        return sorted(found, key=lambda each: each[0].line)
    start = _narrowed(document.root)
    below = [(child, True, False) for child in start.children if _holds_steps(child)]
    mine = [(start, not below, False)] if _own_steps(start) or not below else []
    return [each for phase in (mine + below) for each in _by_scenario(phase, scenarios)]


def _by_scenario(phase: tuple[Heading, bool, bool], scenarios: dict[int, str]) -> list[tuple[Heading, bool, bool]]:
    """Return the scenarios below a heading in its place, where each has its own procedure."""
    heading, whole, aside = phase
    if not whole or heading.line in scenarios:
        return [phase]
    own = [child for child in heading.children if _holds_steps(child)]
    if not any(child.line in scenarios for child in own):
        return [phase]
    return [(heading, False, aside)] * _own_steps(heading) + [(child, True, aside) for child in own]


def _narrowed(heading: Heading) -> Heading:
    """Return the heading below, as long as there is only one that holds steps."""
    while not _own_steps(heading):
        below = [child for child in heading.children if _holds_steps(child)]
        if len(below) != 1:
            break
        heading = below[0]
    return heading


def _holds_steps(heading: Heading) -> bool:
    return any(_own_steps(each) for each in heading.walk())


def _own_steps(heading: Heading) -> bool:
    """Return whether there are steps right below a heading."""
    if is_routine(heading) or is_information(heading.name):
        return any(isinstance(block, Code) and not block.taken and is_shell(block) for block in heading.blocks)
    if any(map(_is_steps, heading.blocks)):
        return True
    alone = is_act(heading.name) or not any(map(_holds_steps, heading.children))
    told = any(isinstance(block, Prose) and not block.taken for block in heading.blocks)
    return told and alone and heading.level > 1 and is_procedure(heading.name)


def _is_steps(block: Block) -> bool:
    if isinstance(block, Code):
        return not block.taken and is_shell(block)
    if isinstance(block, Table):
        return is_step_table(block) and not all(row.taken for row in block.rows)
    return isinstance(block, Items) and not all(item.taken for item in block.items)


def _window(heading: Heading, end: Duration | None) -> tuple[str, dict[str, str] | None]:
    """Return a phase's title without the time in brackets behind it, and the window that this is."""
    match = _IN_BRACKETS.search(heading.name)
    when = window(match.group(1), end) if match else None
    return (heading.name[: match.start()], when) if match and when else (heading.name, None)


def _scenario(heading: Heading, scenarios: dict[int, str]) -> str:
    return next((scenarios[at.line] for at in heading.above() if at.line in scenarios and at.level), "")


def _sections(phase: Heading, title: str, steps: Steps, whole: bool) -> list[dict[str, Any]]:
    """Return the sections of a phase: a heading each, and each item of a list whose items are headings."""
    found: list[dict[str, Any]] = []
    for heading in phase.walk() if whole else [phase]:
        if is_routine(heading) and not _own_steps(heading):
            continue
        path = [at.name for at in heading.above() if at.level > phase.level][::-1]
        if is_information(heading.name):
            steps.tell(heading)
            if not _own_steps(heading):
                continue
        plain: list[Block] = []
        for block in heading.blocks:
            if isinstance(block, Items) and _are_headings(block):
                found += _section(": ".join(path) or title, plain, steps)
                plain = []
                for item in (each for each in block.items if not each.taken):
                    name = unnumbered(item.head.text.rstrip(" :"))
                    found += _section(": ".join([*path, name]), item.blocks, steps, item)
            else:
                plain.append(block)
        found += _section(": ".join(path) or title, plain, steps)
    steps.end()
    return found


def _section(title: str, blocks: Sequence[Block], steps: Steps, item: Item | None = None) -> list[dict[str, Any]]:
    made = steps.of(blocks, title, item)
    return [{"title": title, "steps": made}] if made else []


def _are_headings(block: Items) -> bool:
    """Return whether a list's items are headings: nothing but words in bold, with what belongs to them below."""
    return block.ordered and all(item.head.bold and item.blocks and not item.box for item in block.items)


def _together(title: str, sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the sections; all in one where each is a single step of the same name, and no checklist of its own."""
    single = [section["steps"][0] for section in sections if len(section["steps"]) == 1]
    if (
        len(single) < len(sections)
        or len(sections) < 2
        or any("items" in step or "decision" in step for step in single)
    ):
        return sections
    return [{"title": title, "steps": single}]
