"""A drill that is walked by answers: begun or gone on with, stopped where a person must judge, cleaned up, closed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from cleo_console.app_services import acting_services
from cleo_console.cli.drill_as_before import not_as_before, say_kept
from cleo_console.cli.drill_clean_up import CleaningUp
from cleo_console.cli.drill_counts import say_what_counts
from cleo_console.cli.drill_incident import begin_clean_up, clean_up_began, close_drill, declare_drill, unfinished
from cleo_console.cli.drill_walk import Stop, Walk, say
from cleo_console.cli.incident_access import IncidentAccess, access_incident
from cleo_console.cli.run import follow_run, wait_for_inventory
from cleo_console.runner_process import RunnerDidNotStart
from cleo_console.settings import plan_file
from journal.errors import CleoError
from journal.events.types import Kind
from journal.store.whole_file import replace_whole
from journal.wording.sanitize import sanitize
from journal.yamlfile.yaml_source import read_bytes

if TYPE_CHECKING:
    from actions.inventory import Inventory
    from cleo_console.drills.answers import Answers
    from cleo_console.drills.catalogue import Drill
    from journal.plan.action_spec import Catalogue
    from journal.plan.model import Plan
    from journal.plan.read import LoadedPlan

_KEPT = "answers.yaml"
"""A copy of the answers that the last walk went by: a clean-up has them, wherever the file went."""


_BEFORE = "as before"
_IN_PART = 5
_TRIES = 4
"""How often a runner is waited for that does not come to work."""


class NoDrillHere(CleoError):
    """A drill that changes systems is not begun on this inventory, or not gone on with."""


class _Read(NamedTuple):
    """Answers as they were read, in which words the journal names them, and the actions that they were read with."""

    answers: Answers
    because: str
    catalogue: Catalogue


def walk_drill(drill: Drill, inventory: Inventory, file: Path, folder: Path, *, give_up: bool = False) -> int:
    """Walk through the plan by answers and return the exit status: 0 held, 1 something failed, 3 a person must judge.

    Where it stops, its incident stays open, to be gone on with. At its end it is cleaned up and closed.

    Args:
        drill: the test.
        inventory: what it is held on.
        file: the answers.
        folder: where it is kept which incident is the drill's.
        give_up: clean up and close where it stops, too.

    Raises:
        NoDrillHere: the inventory allows REAL incidents, or the drill before is being cleaned up.
        BadFile: the answers do not fit.
        CleoError: the plan cannot be used, or no drill can be declared.
    """
    _require_no_real(inventory)
    services = acting_services()
    last = unfinished(services, folder)
    if last and clean_up_began(folder, last.id):
        raise NoDrillHere(
            f"{last.id}, the drill before, is not cleaned up to its end.",
            f"Clean up: cleo drill clean-up {drill.name}; or look at it: cleo open {last.id}",
        )
    content = read_bytes(file)  # once: the journal names the digest of what is gone by
    if last:
        read, incident = _read(file, content, inventory, last.plan, [last.scenario]), last.id
    else:
        loaded = _plan()
        read = _read(file, content, inventory, loaded.plan, drill.scenarios)
        incident = declare_drill(services, folder, inventory, drill.item, read.answers.scenario, loaded)
    replace_whole(folder / _KEPT, content)
    click.echo(sanitize(f"{drill.item} on {inventory.name}: {'going on with ' if last else ''}{incident}"))
    with access_incident(incident) as at:
        _begin(at)
        stop = _walked(at, read)
        if stop and not give_up:
            return _stopped(drill, incident, file, stop)
        return _ended(at, drill, folder, read, stop)


def clean_up_drill(drill: Drill, inventory: Inventory, file: Path | None, folder: Path) -> int:
    """Clean up what a drill that was not closed left, close it, and return the exit status: 0, or 1 where not all was.

    The arguments are those of `walk_drill`; without a file the answers count that the drill last went by.
    """
    _require_no_real(inventory)
    last = unfinished(acting_services(), folder)
    if not last:
        click.echo(sanitize(f"{drill.item}: nothing to clean up, the last drill is closed."))
        return 0
    kept = file or folder / _KEPT
    read = _read(kept, read_bytes(kept), inventory, last.plan, [last.scenario])
    with access_incident(last.id) as at:
        _begin(at)
        begun = clean_up_began(folder, last.id)
        stop = None if begun and begun.at_the_end else Stop("", "it was given up", failed=False)
        status = _ended(at, drill, folder, read, stop)
    return 1 if status == 1 else 0


def _begin(at: IncidentAccess) -> None:
    """Have the incident's runner at work, and wait for the end of what a command that was killed had begun.

    Nobody sits before it: on a machine that is busy a runner may take longer than a person would wait.

    Raises:
        RunnerDidNotStart: it does not come to work.
    """
    for tries in range(_TRIES):
        try:
            at.services.ensure_runner(at.place.folder.name)
            break
        except RunnerDidNotStart:
            if tries + 1 == _TRIES:
                raise
    wait_for_inventory(at)
    for run in [run for run in at.incident().runs.values() if not run.state.over and not run.probe_of]:
        say(run.step or run.action, follow_run(at, run.id, quiet=True))


def _require_no_real(inventory: Inventory) -> None:
    if inventory.is_none:
        raise NoDrillHere("There is no inventory, so there is nothing to hold a drill on.", "Name one: CLEO_INVENTORY.")
    if Kind.REAL in inventory.allows:
        raise NoDrillHere(
            f"The inventory {inventory.name} allows REAL incidents: nothing is changed there unattended.",
            "Name an inventory of its own for drills (CLEO_INVENTORY), which allows DRILL alone, or a lab.",
        )


def _plan() -> LoadedPlan:
    from actions.registry import catalogue
    from journal.plan.load import load_plan

    return load_plan(plan_file(), catalogue())


def _read(file: Path, content: bytes, inventory: Inventory, plan: Plan, scenarios: list[str]) -> _Read:
    """Read the answers by the plan that is gone by: that of the drill before, where it is gone on with."""
    from actions.registry import catalogue
    from cleo_console.drills.answers import read_answers

    known = catalogue()
    answers = read_answers(file, content, plan, inventory.name, scenarios, known)
    because = f"answered beforehand in {file.name}, SHA-256 {hashlib.sha256(content).hexdigest()[:12]}…"
    return _Read(answers, because, known)


def _walked(at: IncidentAccess, read: _Read) -> Stop | None:
    return Walk(at, read.answers, read.because, read.catalogue).to_the_end()


def _stopped(drill: Drill, incident: str, file: Path, stop: Stop) -> int:
    """Say where a walk stopped and how it is gone on with."""
    click.echo(sanitize(f"STOPPED at {stop.where}: {stop.why}"), err=True)
    if stop.answer:
        click.echo(sanitize(f"  beforehand, in {file.name}: {stop.answer}"), err=True)
    click.echo(f"  {incident} is left open as it is. Look at it, or do the step: cleo open {incident}", err=True)
    click.echo(sanitize(f"  go on:    cleo drill run {drill.name} --answers {file}"), err=True)
    click.echo(f"  give up:  cleo drill clean-up {drill.name}", err=True)
    return 1 if stop.failed else 3


def _ended(at: IncidentAccess, drill: Drill, folder: Path, read: _Read, stop: Stop | None) -> int:
    """Clean up, do what waited for that, and close the incident, where nothing is left to be looked after."""
    incident = at.place.folder.name
    begun = begin_clean_up(folder, incident, at.incident().seq, at_the_end=stop is None)
    left = CleaningUp(at, read.answers, read.because, read.catalogue, begun.seq).all()
    left += [f"{_BEFORE}: {one}" for one in ([] if left else not_as_before(at, read.catalogue))]
    after = stop or (None if left else _walked(at, read))  # what waited for the clean-up, or was undone by it
    say_kept(at.incident())
    if after and after.where:
        click.echo(sanitize(f"STOPPED at {after.where}: {after.why}"), err=True)
    if left or at.incident().in_force or at.incident().in_doubt():
        _left_open(at, drill, left)
        return 1
    close_drill(at, f"Stopped at {after.where or after.why}" if after else "Walked through to its end, and cleaned up.")
    click.echo(f"{incident} is closed ({at.incident().outcome}); its report: cleo report {incident}")
    if after:
        return 1 if after.failed else 3
    return 0 if say_what_counts(at, drill) else _IN_PART


def _left_open(at: IncidentAccess, drill: Drill, left: list[str]) -> None:
    """Say what is not cleaned up, and what to do about it."""
    incident, now = at.place.folder.name, at.incident()
    for one in left:
        click.echo(sanitize(f"NOT {'' if one.startswith(_BEFORE) else 'cleaned up: '}{one}"), err=True)
    in_force = ", ".join(dict.fromkeys(f"{one.action} at {one.target}" for one in now.in_force.values()))
    click.echo(sanitize(f"{incident} is left open{f', in force: {in_force}' if in_force else ''}."), err=True)
    click.echo(f"  look at it: cleo open {incident}; then: cleo drill clean-up {drill.name}", err=True)
