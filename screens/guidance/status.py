"""What is never off the screen: how much runs, is in doubt or failed; what is in the way; what is next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from journal.incident.state import Incident
from journal.incident.upcoming import due_beside, next_step
from journal.plan.action_spec import Catalogue
from journal.plan.model import Step
from journal.store.rows import Reading
from journal.wording.durations import rough_minutes
from journal.wording.other_incidents import other_incidents
from journal.wording.sanitize import sanitize
from screens.guidance.attention import counts
from screens.guidance.escalation import overdue
from screens.guidance.names import title
from screens.guidance.next_action import action_words, because, closed_words, done_together, settled_words

NO_RUNNER = "NO RUNNER: r starts it"


def troubles(
    incident: Incident | None,
    readings: Mapping[str, Reading],
    *,
    unreadable: str = "",
    unwritable: str = "",
    held_by: str = "",
    unwritten: str = "",
) -> list[str]:
    """Return what keeps the record or the recovery from going on, a line each.

    Args:
        incident: its state; None while it was not read.
        readings: the latest health and progress, by name.
        unreadable: why this program cannot read the journal.
        unwritable: why the runner cannot write it.
        held_by: who keeps the journal from being written.
        unwritten: what a person said that was not written.
    """
    known = {
        "THE JOURNAL CANNOT BE WRITTEN": unwritable,
        "WAITING FOR THE JOURNAL, held by": held_by,
        "NOT WRITTEN": unwritten,
        "THE JOURNAL CANNOT BE READ, what you see is old": unreadable,
    }
    found = _of_the_incident(incident) if incident else []
    found += [f"{what}{' ' if what.endswith('by') else ': '}{sanitize(why)}" for what, why in known.items() if why]
    return [*found, *(sanitize(other) for other in other_incidents(readings))]


def _of_the_incident(incident: Incident) -> list[str]:
    found: list[str] = []
    if gone := incident.continued:
        found.append(f"THE DISK GAVE WAY, the journal goes on in segment {gone.segment}: {sanitize(gone.why)}")
    if incident.inventory_error:
        found.append(f"THE INVENTORY CANNOT BE USED, the one before counts: {sanitize(incident.inventory_error)}")
    return [*found, *(f"INVENTORY: {sanitize(doubt)}" for doubt in incident.inventory_doubts)]


def call_overdue(incident: Incident | None, now: datetime) -> list[str]:
    """Return whom to call now because somebody did not answer in time, as a list of none or one."""
    late = overdue(incident, now) if incident else ""
    return [late] if late else []


def due_words(incident: Incident, catalogue: Catalogue, now: datetime) -> tuple[Step, str] | None:
    """Return the paperwork that is due, and in words how long there is for it; None where nothing is due."""
    found = due_beside(incident, now)
    if found is None:
        return None
    left = f"{rough_minutes(found.left)} left" if found.left >= 0 else f"over for {rough_minutes(-found.left)}"
    more = f" and {found.more} more" if found.more else ""
    return found.step, f"{left}, {action_words(incident, found.step, catalogue)}: {title(incident, found.step)}{more}"


def runner_first(incident: Incident) -> str:
    """Return why a runner comes before everything else where none lives: it sees what became of what was at work."""
    left = [*incident.unfinished(), *incident.unanswered()]
    named = ", ".join(dict.fromkeys(run.action for run in left))
    return f"start the runner: nobody sees what becomes of {named}" if left else ""


def next_words(incident: Incident, catalogue: Catalogue) -> str:
    """Return what to do next in the incident: the next action and its step, or what is left when there is none."""
    if incident.closed_at is not None:
        return f"{closed_words(incident)}."
    step = next_step(incident)
    if step is not None:
        words, why = action_words(incident, step, catalogue), because(incident, step)
        more = len(done_together(incident, step, catalogue)) - 1
        named = f"{title(incident, step)}{f' and {more} more' if more else ''}{f' ({sanitize(why)})' if why else ''}"
        return f"{words}: {named}" if words else named
    running = counts(incident).running
    if running:
        return f"wait for what is running ({running}); j shows it"
    return f"{settled_words(incident)}. x: close the incident"
