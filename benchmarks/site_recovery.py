"""A lost site, recovered on the other one by what NEXT names, against a bare script of the same actions.

The script calls the same actions, at the same systems, one after another, without console, runner and journal, on a
second lab that lost its site the same way.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from actions.action import Action
from actions.inventory import Inventory, load_inventory
from actions.registry import registry
from benchmarks.stand import folder
from benchmarks.table import Row, not_measured
from cleo_console.lab import Lab
from journal.errors import CleoError
from journal.incident.records import Run, RunState
from journal.incident.state import Incident
from tests.actions.contexts import FakeContext
from tests.e2e.follower import Follower

LIMIT = 1.2
SCENARIO, PHASES = "infrastructure-failure", ("recovery-execution", "validation", "switchover")


def run() -> Row:
    """Lose the primary site twice, and recover from it by NEXT and by the script."""
    figure, limit = "a lost site, recovered on the other", f"≤ {LIMIT:g} ×"
    if os.geteuid():
        return not_measured(figure, limit, "only root makes networks")
    with folder() as place:
        try:
            with _lost(place / "by-next") as lab:
                incident = _by_next(lab, place / "home")
            runs = _recovery(incident)
            with _lost(place / "by-script") as lab:
                bare_s = _by_script(lab, incident, runs)
        except CleoError as error:
            return not_measured(figure, limit, str(error))
    took_s = _seconds(runs)
    measured = f"{took_s:.0f} s = {took_s / bare_s:.2f} ×, {len(runs)} actions"
    return Row(figure, measured, f"bare script of them {bare_s:.0f} s", limit, took_s / bare_s <= LIMIT)


@contextmanager
def _lost(place: Path) -> Iterator[Lab]:
    """A lab of two sites, of which the primary one is cut off, silently."""
    try:
        lab = Lab.up(place, two_sites=True, backup_minutes=600, say=lambda text: print(text, file=sys.stderr))
        lab.break_("site", "cut")
        yield lab
    finally:
        Lab.remove(place)


def _by_next(lab: Lab, home: Path) -> Incident:
    follower = Follower(lab.inventory_path, home, SCENARIO, to_the_end=True)
    with follower.at_work():
        follower.follow()
        return follower.close()


def _recovery(incident: Incident) -> list[Run]:
    """Return what the recovery was made of, in the order in which it began."""
    steps = {step.id for step in incident.plan.steps() if incident.phase_of(step).id in PHASES}
    found = [run for run in incident.runs.values() if run.changes_step and run.step in steps]
    return [run for run in found if run.state is RunState.SUCCEEDED]


def _by_script(lab: Lab, incident: Incident, runs: list[Run]) -> float:
    """Return how many seconds the same actions take one after another."""
    context = FakeContext(load_inventory(lab.inventory_path), decisions=incident.answers, scenario=SCENARIO)
    began = time.monotonic()
    for run in runs:
        action: Action = registry()[run.action]
        old = context.inventory.systems[run.system].standby_of if run.system else ""
        context.system, context.overrides = old or run.system, {one.gate: one.reason for one in run.overrides}
        context.do(action, **run.params)
        if old:
            context.inventory = _in_its_place(context.inventory, run.system, old)
            taken = {**context.incident.takeovers, old: run.system}
            context.incident = msgspec.structs.replace(context.incident, takeovers=taken)
    return time.monotonic() - began


def _in_its_place(inventory: Inventory, new: str, old: str) -> Inventory:
    """Return the inventory in which a promoted standby plays the old primary's part."""
    systems = dict(inventory.systems)
    taking = systems[new].taking_over(systems[old])
    systems[new] = msgspec.structs.replace(taking, plays=old, standby_of="")
    systems[old] = msgspec.structs.replace(systems[old], plays="", standby_of=new)
    return msgspec.structs.replace(inventory, systems=systems)


def _seconds(runs: list[Run]) -> float:
    """Return how long it took from the first request to the last end."""
    ends = [run.finished_at for run in runs if run.finished_at]
    return (max(ends) - min(run.requested_at for run in runs)).total_seconds()
