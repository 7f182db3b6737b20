"""What a person says of a step or the incident: done, skipped, reopened, noted, ticked, cancelled, closed."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from functools import partial

from cleo_console.plain.follow import ask_for
from cleo_console.plain.notices import named
from cleo_console.plain.questions import moment, words
from cleo_console.plain.talk import Talk
from journal.commands.incident import IncidentCommands
from journal.errors import CleoError
from journal.incident.closing import phrase, remaining
from journal.incident.looks import to_look_at
from journal.plan.action_spec import Catalogue
from journal.plan.model import Step
from screens.guidance.availability import cancellable
from screens.guidance.next_action import unticked


def when(talk: Talk, time: str) -> datetime | None:
    """Return when it happened, for what was noted on paper; None where it happens now."""
    return moment(talk, "When did it happen?", time) if time else None


def mark_done(talk: Talk, step: Step, time: str) -> None:
    """Say that the step was done by hand."""
    happened_at = when(talk, time)
    left = unticked(talk.sight.incident, step)
    if left:
        talk.say("Not ticked: " + "; ".join(left) + ".")
    required = "" if step.kind == "manual" else "Note what you did: the console did not run it."
    note = words(talk, "What did you do?", required=required)
    talk.sight.write(lambda desk: desk.mark_done(step.id, note, happened_at))


def confirm_done(talk: Talk, step: Step, time: str) -> None:
    """Mark a manual step done whose items are ticked; what the console could not run wants a note."""
    if step.kind != "manual":
        mark_done(talk, step, time)
        return
    happened_at = when(talk, time)
    talk.sight.write(lambda desk: desk.mark_done(step.id, "", happened_at))


def skip(talk: Talk, step: Step, time: str) -> None:
    """Leave the step out."""
    happened_at = when(talk, time)
    reason = words(talk, "Why is it left out? The report lists it", required="A skipped step wants a reason.")
    talk.sight.write(lambda desk: desk.skip(step.id, reason, happened_at))


def reopen(talk: Talk, step: Step) -> None:
    """Take back what was said of the step."""
    reason = words(talk, "Why is it opened again?", required="Reopening a step wants a reason.")
    talk.sight.write(lambda desk: desk.reopen(step.id, reason))


def note(talk: Talk, step: Step) -> None:
    """Write a note, to the step; with a time it is a late entry."""
    text = words(talk, f"Note to {named(talk.sight.incident, step.id)}", required="The note is empty.")
    at = moment(talk, "When did it happen?")
    late = at if (talk.now - at).total_seconds() > 1 else None
    talk.sight.write(lambda desk: desk.note(text, step.id, late))


def tick(talk: Talk, step: Step, number: int) -> None:
    """Tick or untick one item, by its number."""
    if not 0 < number <= len(step.items):
        talk.say(f"This step has no item {number}.")
        return
    item = step.items[number - 1]
    checked = item not in talk.sight.incident.steps[step.id].items
    talk.sight.write(lambda desk: desk.check_item(step.id, item, checked))
    talk.say(f"{'Ticked' if checked else 'Unticked'}: {item}")


def tick_next(talk: Talk, step: Step) -> None:
    """Tick the next item that is not ticked."""
    tick(talk, step, step.items.index(unticked(talk.sight.incident, step)[0]) + 1)


def cancel(talk: Talk, step: Step) -> None:
    """Ask what runs at this step to stop."""
    run = cancellable(talk.sight.incident, step)
    if run is None:
        return
    talk.say("Asks it to stop, and says what state was left behind. Cancelling is not yet cancelled.")
    reason = words(talk, "Why?")
    talk.sight.write(lambda desk: desk.cancel(run, reason))


def _look_at_what_is_in_force(talk: Talk) -> None:
    """Have the system asked whether it still is; what nobody can see is listed as not measured."""
    catalogue = talk.sight.catalogue
    for run in [] if talk.sight.runner_missing() else to_look_at(talk.sight.incident, catalogue):
        with suppress(CleoError):
            ask_for(talk, partial(_look_at, run, catalogue))


def _look_at(run: int, catalogue: Catalogue, desk: IncidentCommands) -> int:
    return desk.look_at(run, catalogue)


def close(talk: Talk) -> None:
    """Close the incident, once its person has read what is not in order; reopen a closed one."""
    incident = talk.sight.incident
    if incident.closed_at is not None:
        reason = words(talk, f"Reopen {incident.id}. Why does it go on?", required="Reopening wants a reason.")
        talk.sight.write(lambda desk: desk.reopen_incident(reason))
        talk.say(f"{incident.id} is open again.")
        return
    _look_at_what_is_in_force(talk)
    left = remaining(talk.sight.incident)
    if left:
        talk.say(f"NOT IN ORDER ({len(left)}):", *(f"  {line}" for line in left))
    else:
        talk.say("Every required step is done, and what was held is released.")
    summary = words(talk, f"Close {incident.id}. How did it end, in a sentence?", required="Closing wants a sentence.")
    leaving = ""
    if wanted := phrase(left):
        leaving = words(talk, f"To close it all the same, type: {wanted}", required="Nothing was closed.")
    talk.sight.write(lambda desk: desk.close(summary, leaving))
    talk.say(f"{incident.id}: {talk.sight.incident.outcome}.")
