"""One thing that was looked at on an ordinary day, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from journal.events.run import KnownSystem
from journal.incident.strategy_evidence import ACTIVATE
from journal.plan.model import Plan, Step

State = Literal["ok", "wrong", "not measured"]

_BY_STANDBYS = ("promote", ACTIVATE)
"""What an action is called, of any type, that is done at a standby and not at the system that it stands by for."""
_BY_COLD = "cold_standby.activate"


class ReadyFinding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a look found.

    Attributes:
        about: what was looked at, by a name that a person can look up: a host, a key, a folder.
        state: ``ok``; ``wrong``: proven; ``not measured``: nobody could look, which is never good news.
        words: what was seen.
        cure: what to do about it; empty where it is ok.
        systems: the inventory's systems that need it; none: it is no system's (the plan's contacts).
        actions: the actions that need it; none: all that act on those systems.
        stops: without it those actions cannot do their work; else a person must see to it, and it stops nothing.
        expires_at: until when it is so: a certificate's end; None: nothing ends it.
        steps: the ids of the plan's steps that need it (filled in by `with_steps` where a look names none).
    """

    about: str
    state: State
    words: str
    cure: str = ""
    systems: Sequence[str] = ()
    actions: Sequence[str] = ()
    stops: bool = True
    expires_at: datetime | None = None
    steps: Sequence[str] = ()


def said_once(found: Iterable[ReadyFinding]) -> list[ReadyFinding]:
    """Return findings without what is wrong of the same systems in the words of one that stops as much, or more."""
    ordered = list(found)
    best: dict[tuple[str, ...], ReadyFinding] = {}
    for one in ordered:
        said = (*one.systems, one.state, one.words.rstrip("."))
        if said not in best or (one.stops and not best[said].stops):
            best[said] = one
    kept = {id(one) for one in best.values()}
    return [one for one in ordered if one.state != "wrong" or id(one) in kept]


def with_steps(found: Iterable[ReadyFinding], plan: Plan, known: Sequence[KnownSystem]) -> list[ReadyFinding]:
    """Return findings with the plan's steps that need what they are about.

    Args:
        found: the findings.
        plan: the plan.
        known: the inventory's systems.
    """
    steps = [step for step in plan.steps() if step.action]
    acting = {one.name: [step for step in steps if _acts_on(step, one)] for one in known}
    return [one if one.steps else msgspec.structs.replace(one, steps=_steps(one, steps, acting)) for one in found]


def _steps(found: ReadyFinding, steps: Sequence[Step], acting: Mapping[str, Sequence[Step]]) -> list[str]:
    """Return the ids of the steps that need what a finding is about, in the plan's order."""
    if not found.systems:
        return [step.id for step in steps if step.action in found.actions]
    needing = dict.fromkeys(step.id for name in found.systems for step in acting.get(name, ()))
    return [step.id for step in steps if step.id in needing and (not found.actions or step.action in found.actions)]


def _acts_on(step: Step, one: KnownSystem) -> bool:
    """Whether a step's action is done at a system: at a standby, what makes it a primary; at others, all else."""
    if step.action.partition(".")[0] not in (one.type, *one.acts):
        return False
    if step.action == _BY_COLD:
        return one.cold
    if step.action.endswith(_BY_STANDBYS):
        return bool(one.standby_of) and not one.cold
    return not one.standby_of and step.system in ("", one.plays)
