"""What differs between two plans: steps added, removed, moved, and fields changed, of steps and of all else. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from journal.plan.model import Plan
from journal.plan.read import LoadedPlan
from journal.plan.renamed import renamed_sections, renamed_steps, with_new_names

_NAMES = ("id", "name", "title", "role", "every")
"""What an entry of a list is known by, the first of them that it has."""

_LONG = 60
"""So many characters of a text are shown whole; of longer ones only what changed."""
_AROUND = 4


class Change(NamedTuple):
    """One difference.

    Attributes:
        kind: what became of it.
        what: the step's id, or the path of anything else.
        title: the step's number and title; empty for anything else.
        field: which field; empty where it is all of it.
        old, new: what it was and is; of a moved step its place; of a renamed one its id.
    """

    kind: Literal["added", "removed", "moved", "renamed", "changed"]
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
        if self.kind == "renamed":
            return f"= {named}: was called {self.old}"
        if self.kind != "changed":
            value = self.new if self.kind == "added" else self.old
            return f"{'+' if self.kind == 'added' else '-'} {named}" + ("" if self.title else f": {_short(value)}")
        return f"~ {named}: {self.field + ': ' if self.field else ''}{_other(self.old, self.new)}"


def difference(old: LoadedPlan, new: LoadedPlan) -> list[Change]:
    """Return what differs from an old plan in a new one: first the steps, in their order, then all else."""
    return [*_steps(old, new), *_phases(old, new), *_rest(old.data, new.data)]


def _steps(old: LoadedPlan, new: LoadedPlan) -> Iterator[Change]:
    before, after = _by_id(old.data), _by_id(new.data)
    names = renamed_steps(before, after)
    for name in before:
        if name not in after and name not in names:
            yield Change("removed", name, old.plan.named(name), old=before[name])
    was = {new_name: old_name for old_name, new_name in names.items()}
    places_before, places = _sections(old.plan, names), _sections(new.plan, {})
    titles = renamed_sections(places_before, places)
    for (phase, title), (_, now) in titles.items():
        yield Change("changed", f"phases.{phase}.sections", field="title", old=title, new=now)
    moved = _moved({name: titles.get(place, place) for name, place in places_before.items()}, places)
    for name, step in after.items():
        title, other = new.plan.named(name), was.get(name, name)
        if other not in before:
            yield Change("added", name, title, new=step)
            continue
        if other != name:
            yield Change("renamed", name, title, old=other, new=name)
        if name in moved:
            at, to = _place(old.plan, other, places_before[name]), _place(new.plan, name, places[name])
            yield Change("moved", name, title, old=at, new=to)
        yield from _fields(name, title, with_new_names(before[other], names), step)


def _fields(name: str, title: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for field in dict.fromkeys((*before, *after)):
        if field != "id" and before.get(field) != after.get(field):
            yield Change("changed", name, title, field, before.get(field), after.get(field))


def _by_id(data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {step["id"]: step for phase in data["phases"] for section in phase["sections"] for step in section["steps"]}


def _sections(plan: Plan, names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the phase and the section of each step, in the plan's order, by its id or the new one of ``names``."""
    return {
        names.get(step.id, step.id): (phase.id, section.title)
        for phase in plan.phases
        for section in phase.sections
        for step in section.steps
    }


def _moved(old: Mapping[str, tuple[str, str]], new: Mapping[str, tuple[str, str]]) -> set[str]:
    """Return the steps in another section, or in another order among those that both plans have: as few as may be."""
    before, after = [name for name in old if name in new], [name for name in new if name in old]
    same = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    stayed = {name for block in same for name in before[block.a : block.a + block.size]}
    return {name for name in before if name not in stayed or old[name] != new[name]}


def _place(plan: Plan, step: str, section: tuple[str, str]) -> str:
    return f"{plan.numbers[step]} in {' / '.join(section)!r}"


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


def _other(old: Any, new: Any) -> str:
    """Return what became of a value; of a long text its words that are others, and those around them."""
    if not (isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > _LONG):
        return f"{_short(old)} → {_short(new)}"
    before, after = old.split(), new.split()
    said: list[str] = []
    for what, a, to_a, b, to_b in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            same = before[a:to_a]
            said += same if len(same) <= 2 * _AROUND else [*same[:_AROUND], "…", *same[-_AROUND:]]
            continue
        said += [f"[-{' '.join(before[a:to_a])}-]"] if to_a > a else []
        said += [f"{{+{' '.join(after[b:to_b])}+}}"] if to_b > b else []
    return " ".join(said)


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = " ".join(str(value).split())
    return repr(text if len(text) <= 120 else f"{text[:119]}…") if isinstance(value, str) else text[:160]
