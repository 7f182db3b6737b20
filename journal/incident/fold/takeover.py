"""A system that took the place of another one: what was of that one is its own from then on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from typing import TYPE_CHECKING, TypeVar

import msgspec

from journal.incident.instances import settle_all
from journal.incident.roster import Roster

if TYPE_CHECKING:
    from journal.events.run import KnownSystem
    from journal.incident.records import Run
    from journal.incident.state import Incident

T = TypeVar("T")

_OLD = "old primary "
FACT = "took_over"
"""What a promotion reports: ``{"system": who, "of": whose part}``."""


def swapped(known: Iterable[KnownSystem], takeovers: Mapping[str, str]) -> list[KnownSystem]:
    """Return the inventory's systems with the parts that they play since others took over.

    An inventory that says so itself is left as it is.

    Args:
        known: as the inventory has them.
        takeovers: who plays a system's part now, by that system's name, in the order of the journal.
    """
    systems = {one.name: one for one in known}
    for old, new in takeovers.items():
        before, after = systems.get(old), systems.get(new)
        if before is None or after is None or after.standby_of != old:
            continue
        acts = list(dict.fromkeys([*after.acts, *before.acts]))
        title = after.title.removeprefix(_OLD)
        systems[new] = msgspec.structs.replace(
            after, title=title, plays=before.plays, standby_of="", cold=False, acts=acts
        )
        left = [name for name in before.acts if name == before.type]
        systems[old] = msgspec.structs.replace(
            before, title=f"{_OLD}{before.title or old}", plays="", standby_of=new, acts=left
        )
    return list(systems.values())


def take_over(incident: Incident, run: Run) -> None:
    """Give what was of a system to the one that took its place, by a run that succeeded: loss, steps, affectedness."""
    said = run.facts.get(FACT)
    old, new = (str(said.get(key) or "") for key in ("of", "system")) if isinstance(said, dict) else ("", "")
    if not old or not new or [*incident.takeovers.items()][-1:] == [(old, new)]:
        return
    _move_holds(incident, old, new)
    if old == new:  # in a tabletop the plan's system stands for itself, whichever of its servers serves
        return
    incident.takeovers.pop(old, None)  # where they changed places before: the order is that of the journal
    incident.takeovers[old] = new
    run.system = new
    incident.roster = Roster(incident.plan, swapped(incident.roster.systems.values(), incident.takeovers))
    _hand_over(incident.ledgers, old, new)
    _hand_over(incident.changed_at, old, new)
    _hand_over(incident.exposed_first, old, new)
    _hand_over(incident.exposed_last, old, new)
    for name, systems in incident.affected.items():
        incident.affected[name] = [new if one == old else one for one in systems]
    for record in incident.steps.values():
        if old in record.each:
            record.each.setdefault(new, copy(record.each[old]))
    if incident.recovery_point:
        incident.recovery_point = incident.recovery_point.renamed(lambda name: [new if name == old else name])
    settle_all(incident)


def _hand_over(mine: dict[str, T], old: str, new: str) -> None:
    if old in mine:
        mine[new] = mine.pop(old)


def _move_holds(incident: Incident, old: str, new: str) -> None:
    """What stands at the old one, or was put there by who took over, is taken back at the new one from now on.

    What no step of the plan takes back (its fence) stays with the old one.
    """
    taken_back = {step.action for step in incident.plan.steps()}
    for held in incident.in_force.values():
        runs = [incident.runs[one] for one in held.runs]
        if held.undone_by in taken_back and all(one.system == old for one in runs):
            held.moved_to = new
            for one in runs:
                one.system = new
