"""The file of a drill's answers as it is first written: each question with what is proposed, for people to look at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cleo_console.drills.questions import Question, Questions

_HEAD = """\
# Answers for the drill "{item}", by which it is walked: cleo drill run {name} --answers THIS-FILE
# Look at each line: what is written here a person decided. What is empty must be answered, or its line taken out.
# Nothing is run on another inventory. What this file does not answer stops the drill, and is answered then."""


def template(name: str, item: str, inventory: str, scenario: str, asked: Questions) -> str:
    """Return the file's text.

    Args:
        name: the drill's name on the command line.
        item: the test's title.
        inventory: the inventory that it is for.
        scenario: of the plan.
        asked: what the drill asks.
    """
    return "\n".join([*_lines(name, item, inventory, scenario, asked), ""])


def _lines(name: str, item: str, inventory: str, scenario: str, asked: Questions) -> Iterator[str]:
    yield _HEAD.format(item=item, name=name)
    yield f"inventory: {_said(inventory)}"
    yield f"scenario: {_said(scenario)}"
    yield from (f"# As it is now it will NOT count as {item}: {_plain(one)}" for one in asked.not_shown)
    yield from _part("decisions", "", asked.decisions)
    yield from _part("confirm", "the target of each destructive step, as its dry run named it just now", asked.confirm)
    if asked.perhaps:
        yield "#  Only where what happens leads there, as to open a gate:"
        yield from (f"#  {_line(one)}" for one in asked.perhaps)
    yield from _part("done", "what people do: what they did of it beforehand", asked.done)
    yield "paperwork: a drill, nobody is told  # why what goes on beside the recovery is left out; or answer it above"
    if asked.not_here:
        yield "not_here: the inventory has none  # why the following is left out:"
        yield from (f"#   {_plain(one)}" for one in asked.not_here)
    yield "skip: {}  # further steps that are left out, each with its reason"
    yield from _clean_up(asked)


def _part(name: str, words: str, found: Sequence[Question]) -> Iterator[str]:
    if found:
        yield f"{name}:{f'  # {words}' if words else ''}"
        yield from (f"  {_line(one)}" for one in found)


def _line(asked: Question) -> str:
    return f"{asked.name}: {_said(asked.answer)}  # {_plain(asked.about)}"


def _clean_up(asked: Questions) -> Iterator[str]:
    yield "# In this order, at the end or by cleo drill clean-up; then what is still in force is taken back."
    yield "# No answer brings back what was fenced by its power or network: the clean-up stops there, and a person sees"
    yield "# that it is down, switches it on, fences it by its service, and has the clean-up go on."
    if not asked.clean_up:
        yield "clean_up: []"
        return
    yield "clean_up:"
    for one in asked.clean_up:
        yield f"  - {_said(one)}"


def _said(value: object) -> str:
    """Return a value as YAML has it: JSON's writing is YAML's, too."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_said(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_said, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _plain(text: str) -> str:
    return " ".join(text.split())
