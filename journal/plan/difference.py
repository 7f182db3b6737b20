"""What differs between two plans: steps added, removed, moved, and fields changed, of steps and of all else. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from journal.plan.model import Plan
from journal.plan.read import LoadedPlan

_NAMES = ("id", "name", "title", "role", "every")
"""What an entry of a list is known by, the first of them that it has."""


class Change(NamedTuple):
    """One difference.

    Attributes:
        kind: what became of it.
        what: the step's id, or the path of anything else.
        title: the step's number and title; empty for anything else.
        field: which field; empty where it is all of it.
        old, new: what it was and is; of a moved step its place.
    """

    kind: Literal["added", "removed", "moved", "changed"]
    what: str
    title: str = ""
    field: str = ""
    old: Any = None
    new: Any = None

    def __str__(self) -> str:
        """Return it as a line: ``~ verify: expect: "30 s" → "1 min"``."""
        named = f"{self.title} ({self.what})" if self.title else self.what
        if self.kind == "moved":
            return f"> {named}: moved from {self.old} to {self.new}"
        if self.kind != "changed":
            value = self.new if self.kind == "added" else self.old
            return f"{'+' if self.kind == 'added' else '-'} {named}" + ("" if self.title else f": {_short(value)}")
        return f"~ {named}: {self.field + ': ' if self.field else ''}{_short(self.old)} → {_short(self.new)}"


def difference(old: LoadedPlan, new: LoadedPlan) -> list[Change]:
    """Return what differs from an old plan in a new one: first the steps, in their order, then all else."""
    return [*_steps(old, new), *_phases(old, new), *_rest(old.data, new.data)]


def _steps(old: LoadedPlan, new: LoadedPlan) -> Iterator[Change]:
    before, after = _by_id(old.data), _by_id(new.data)
    for name in before:
        if name not in after:
            yield Change("removed", name, old.plan.named(name), old=before[name])
    moved = _moved(old.plan, new.plan)
    for name, step in after.items():
        title = new.plan.named(name)
        if name not in before:
            yield Change("added", name, title, new=step)
            continue
        if name in moved:
            yield Change("moved", name, title, old=_place(old.plan, name), new=_place(new.plan, name))
        for field in dict.fromkeys((*before[name], *step)):
            if before[name].get(field) != step.get(field):
                yield Change("changed", name, title, field, before[name].get(field), step.get(field))


def _by_id(data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {step["id"]: step for phase in data["phases"] for section in phase["sections"] for step in section["steps"]}


def _moved(old: Plan, new: Plan) -> set[str]:
    """Return the steps in another section, or in another order among those that both plans have: as few as may be."""
    before = [step.id for step in old.steps() if step.id in new.by_id]
    after = [step.id for step in new.steps() if step.id in old.by_id]
    same = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    stayed = {name for block in same for name in before[block.a : block.a + block.size]}
    return {name for name in before if name not in stayed or _section(old, name) != _section(new, name)}


def _section(plan: Plan, step: str) -> tuple[str, str]:
    phase = plan.phase_of[step]
    return phase.id, next(s.title for s in phase.sections if any(each.id == step for each in s.steps))


def _place(plan: Plan, step: str) -> str:
    return f"{plan.numbers[step]} in {' / '.join(_section(plan, step))!r}"


def _phases(old: LoadedPlan, new: LoadedPlan) -> Iterator[Change]:
    """Yield what changed of the phases themselves."""
    before, after = ({p["id"]: {**p, "sections": None} for p in each.data["phases"]} for each in (old, new))
    yield from _values(("phases",), before, after)


def _rest(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        if key != "phases":
            yield from _values((key,), old.get(key), new.get(key))


def _values(path: tuple[str, ...], old: Any, new: Any) -> Iterator[Change]:
    if old == new:
        return
    before, after = _named(old), _named(new)
    if before is not None and after is not None:
        for key in dict.fromkeys((*before, *after)):
            yield from _values((*path, key), before.get(key), after.get(key))
    elif old is None or new is None:
        yield Change("added" if old is None else "removed", ".".join(path), old=old, new=new)
    else:
        yield Change("changed", ".".join(path), old=old, new=new)


def _named(value: Any) -> dict[str, Any] | None:
    """Return a mapping, or a list of mappings by what each is known by; None for anything else."""
    if isinstance(value, dict):
        return value
    if not (isinstance(value, list) and value and all(isinstance(each, dict) for each in value)):
        return None
    names = [next((str(each[key]) for key in _NAMES if key in each), "") for each in value]
    return dict(zip(names, value, strict=True)) if len(set(names)) == len(names) else None


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = " ".join(str(value).split())
    return repr(text if len(text) <= 120 else f"{text[:119]}…") if isinstance(value, str) else text[:160]
