"""Which steps need others, where what is imported says it: in its words, or because its kind goes by order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_NAMED = re.compile(
    r"\b(?:after|once|when|needs|requires|depends on)\s+(?:all of\s+)?(?:steps?|items?)\s+"
    r"(\d{1,2}(?:(?:\s*,\s*|\s+and\s+|\s*(?:-|–|to)\s*)\d{1,2})*)",
    re.IGNORECASE,
)


def add_named(steps: Sequence[dict[str, Any]], numbered: Mapping[int, str]) -> None:
    """Have steps need those that their words name ("after step 2").

    Args:
        steps: the steps of one section, in order.
        numbered: the last step of each numbered item of the section.
    """
    order = [step["id"] for step in steps]
    for place, step in enumerate(steps):
        said = _NAMED.findall(f"{step['title']}. {step.get('text', '')}")
        needs = [numbered[n] for each in said for n in _numbers(each) if numbered.get(n) in order[:place]]
        if needs:
            step["needs"] = list(dict.fromkeys(needs))


def _numbers(said: str) -> list[int]:
    if span := re.fullmatch(r"(\d+)\s*(?:-|–|to)\s*(\d+)", said):
        return list(range(int(span[1]), int(span[2]) + 1))
    return [int(each) for each in re.findall(r"\d+", said)]


def add_order(steps: Sequence[dict[str, Any]]) -> None:
    """Have each step need the one before it; one that may be left out is needed by none."""
    before = ""
    for step in steps:
        if before:
            step["needs"] = [before]
        if not step.get("optional"):
            before = step["id"]
