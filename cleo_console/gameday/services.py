"""A game day: declared with its script on the lab's inventory, led, and in the end undone."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cleo_console.app_services import ConsoleServices
from cleo_console.gameday.facilitator import LabFacilitator
from cleo_console.gameday.lab_proof import NotThisLab, own_lab, proven_lab, require_whole
from cleo_console.lab.state import is_lab, load_state, new_id
from cleo_console.settings import asked_actor, facilitator_actor, journal_paths, plan_file
from journal.commands.declare import Declaration
from journal.commands.refusals import NotNow
from journal.errors import CleoError
from journal.events import types as e
from journal.exercise.script import exercise_from_data
from journal.incident.fold import fold_journal
from journal.store.journal import Journal

if TYPE_CHECKING:
    from cleo_console.lab import Lab
    from journal.exercise.script import Exercise
    from journal.incident.state import Incident


class NoGameDay(CleoError):
    """The exercise, or the incident, is no game day."""


def game_day_services(lab: Lab) -> ConsoleServices:
    """Return the services of this installation on a lab's inventory."""
    at = msgspec.structs.replace(journal_paths(), inventory=lab.inventory_path, plan=plan_file())
    return ConsoleServices(at, asked_actor())


def begin_game_day(script: Exercise, directory: Path | None) -> tuple[ConsoleServices, str]:
    """Declare a game day on the lab in a folder; nothing is broken yet. Returns its services and its id.

    Raises:
        NotThisLab: the lab is not whole, or not this user's.
        NoGameDay: the script breaks nothing, or what this lab does not have.
    """
    lab = own_lab(directory)
    _require_faults(script, lab)
    require_whole(lab)
    at, now = game_day_services(lab), datetime.now(UTC)
    incident = at.declare(
        Declaration(
            title=script.title,
            scenario=script.scenario,
            severity=at.plan().scenarios[script.scenario].severity,
            kind=e.Kind.LAB,
            began_at=now,
            discovered_at=now,
        )
    )
    with Journal.open(at.place(incident).journal, actor=facilitator_actor()) as journal:
        chosen = e.LabChosen(lab=str(lab.directory), lab_id=lab.state.id)
        journal.append(chosen, e.ExerciseBegan(exercise=msgspec.to_builtins(script)))
    return at, incident


def _require_faults(script: Exercise, lab: Lab) -> None:
    asked = [(inject.id, system, how) for inject in script.injects for system, how in inject.breaks.items()]
    if not asked:
        raise NoGameDay(
            "No inject of this exercise breaks anything: there is no `breaks:` in it.",
            "Play it with cleo demo --exercise, or say at an inject: breaks: {postgres: lose-data-directory}",
        )
    known = lab.known_faults(lab.directory)
    if unknown := [f"{system}: {how} (inject {name})" for name, system, how in asked if (system, how) not in known]:
        raise NoGameDay(
            f"The lab in {lab.directory} cannot be broken so: {'; '.join(unknown)}.", "See cleo lab break --list."
        )


def known_game_day(incident_id: str) -> tuple[ConsoleServices, Incident]:
    """Return the services and the state of a game day of this installation.

    Raises:
        NoGameDay: the incident is none.
    """
    at = ConsoleServices(journal_paths(), asked_actor())
    incident = fold_journal(at.place(incident_id).journal)
    if not (incident.review.lab and incident.review.exercise):
        raise NoGameDay(f"{incident_id} is no game day.", "Begin one: cleo exercise gameday FILE")
    at.paths = msgspec.structs.replace(at.paths, inventory=Path(incident.inventory), plan=plan_file())
    return at, incident


def facilitator_of(
    at: ConsoleServices, incident_id: str, say: Callable[[str], None] = lambda line: None
) -> LabFacilitator:
    """Return the one who gives a game day's injects, not started yet; ``say`` is told what is broken."""
    place = at.place(incident_id)
    script = exercise_from_data(fold_journal(place.journal).review.exercise)
    return LabFacilitator(place, script, facilitator_actor(), say)


def undo_game_day(at: ConsoleServices, incident: Incident, say: Callable[[str], None]) -> str:
    """Make the lab of a game day anew, and return its new id. Whatever was broken in it is taken back.

    Raises:
        NotNow: an action is at work on it.
        NotThisLab: another lab lies in its place.
        CleoError: it cannot be made.
    """
    if working := [run.action for run in incident.runs.values() if not run.state.over]:
        raise NotNow(f"At work on the lab: {', '.join(working)}.", "Wait for it, or cancel it; then undo.")
    review = incident.review
    before = review.lab_undone
    if before and before.state == "done":
        raise NotNow(f"The lab was made anew already: it is {before.lab_id} now.")
    place = Path(review.lab)
    if before and not is_lab(place):
        raise NotThisLab(f"An undo was killed after it had removed the lab. Make it: {before.by_hand}")
    with Journal.open(at.place(incident.id).journal, actor=at.actor) as journal:
        if not (before and _made(place, before.lab_id)):
            lab = proven_lab(place, review.lab_id)
            before = e.LabUndone(state="begins", by_hand=shlex.join(lab.made_by), lab_id=new_id())
            journal.append(before)
            lab.renew(say, before.lab_id)
        journal.append(e.LabUndone(state="done", lab_id=before.lab_id))
    return before.lab_id


def _made(place: Path, lab_id: str) -> bool:
    """Return whether an undo that was killed had made the lab, whole, before."""
    state = load_state(place)
    return state is not None and state.complete and state.id == lab_id
