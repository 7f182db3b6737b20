"""What is said to help after a failure: it can be asked for, and destroys nothing that is sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actions.registry import catalogue
from journal.events.types import Cure
from journal.incident.records import Run


def strange_cures(runs: Sequence[Run], *, sound: bool) -> list[str]:
    """Return what is wrong with the cures of some runs, a line each.

    Args:
        runs: how actions on one system ended.
        sound: whether that is up and whole, so that nothing destructive helps it.
    """
    return [f"{run.action}: {why}" for run in runs for cure in run.cures for why in _strange(cure, sound=sound)]


def use_of(look: Run, action: str, system: str) -> str:
    """Return what a look settled of an action at a system; empty where it said nothing of it."""
    return next((one.use for one in look.settles if (one.action, one.system) == (action, system)), "")


def _strange(cure: Cure, *, sound: bool) -> Iterator[str]:
    if not cure.words:
        yield "a cure without words"
    if [bool(way) for way in (cure.action, cure.decision, cure.override, cure.leave_out)].count(True) > 1:
        yield f"{cure.words!r} is to be done in two ways"
    if cure.leave_out and cure.leave_out not in catalogue():
        yield f"there is no action {cure.leave_out} to leave out"
    if not cure.action:
        return
    spec = catalogue().get(cure.action)
    if spec is None:
        yield f"there is no action {cure.action}"
        return
    if unknown := cure.params.keys() - {param.name for param in spec.params}:
        yield f"{cure.action} has no parameter {', '.join(sorted(unknown))}"
    if sound and spec.destructive:
        yield f"{cure.action} is destructive, and the system is sound"
