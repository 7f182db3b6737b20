"""Which steps, and which sections, of two plans are the same under another name. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

_DOES = ("action", "command", "decision", "params")
_REFERS = ("needs", "after", "verified_by")
_ALIKE = 0.75
"""How much of two titles, or of two lists of items, must be the same."""

Steps = Mapping[str, Mapping[str, Any]]


def renamed_steps(before: Steps, after: Steps) -> dict[str, str]:
    """Return the new id of each step that has another one: what it does and how it is called tell.

    Args:
        before, after: the steps of the two plans, by their ids.
    """
    gone = {name: step for name, step in before.items() if name not in after}
    came = {name: step for name, step in after.items() if name not in before}
    pairs = sorted(
        ((_alike(old, new), a, b) for a, old in gone.items() for b, new in came.items()), key=lambda each: -each[0]
    )
    found: dict[str, str] = {}
    for alike, old, new in pairs:
        if alike >= _ALIKE and old not in found and new not in found.values():
            found[old] = new
    return found


def _alike(old: Mapping[str, Any], new: Mapping[str, Any]) -> float:
    """Return how much two steps are the same, 0 to 1; those that do different things are different ones."""
    does = [(old.get(field), new.get(field)) for field in _DOES]
    if old.get("action") != new.get("action") or (old.get("decision") is None) != (new.get("decision") is None):
        return 0
    same = _share(str(old.get("title", "")), str(new.get("title", "")))
    if any(a for a, _ in does):
        return (1 + same) / 2 if all(a == b for a, b in does) else same if same > _ALIKE else 0
    items = _share("\n".join(map(str, old.get("items", []))), "\n".join(map(str, new.get("items", []))))
    return max(same, (same + 3 * items) / 4 if old.get("items") else 0)


def _share(old: str, new: str) -> float:
    return SequenceMatcher(None, old.lower(), new.lower(), autojunk=False).ratio()


def with_new_names(step: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return a step that refers to others by their new ids."""

    def new(value: Any) -> Any:
        return [names.get(each, each) for each in value] if isinstance(value, list) else names.get(value, value)

    return {field: new(value) if field in _REFERS else value for field, value in step.items()}


def renamed_sections(
    before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the new name of each section that has another title in the same phase: most of its steps are there.

    Args:
        before, after: the phase and the section's title of each step, by the step's new id.
    """
    return dict(_sections(before, after))


def _sections(
    before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    there = set(after.values())
    for place, size in Counter(before.values()).items():
        went = Counter(after[name] for name, at in before.items() if at == place and name in after)
        if place not in there and went:
            [(to, count)] = went.most_common(1)
            if count * 2 > size and to[0] == place[0] and to not in before.values():
                yield place, to
