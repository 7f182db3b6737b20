"""What a person must type before something destructive starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from journal.events.types import Identity

if TYPE_CHECKING:
    from journal.incident.records import Run
    from journal.incident.state import Incident


def word_to_type(target: Sequence[Identity]) -> str:
    """Return the word to type for ``target``: the value of its identity called ``confirm``, else of its first identity.

    It is empty where the action has no target.
    """
    named = next((identity for identity in target if identity.name == "confirm"), None)
    chosen = named or next(iter(target), None)
    return chosen.value if chosen else ""


def overtaken(incident: Incident, dry_run: Run) -> Run | None:
    """Return the latest destructive run that began at the same system since ``dry_run`` was asked for; None: none did.

    What a dry run said, and what somebody would confirm of it, is of before. A run that was confirmed by this very dry
    run did not overtake it: a gate that stopped it may be opened, and it is asked for again.
    """
    others = (run for run in incident.runs.values() if run.changes_step and run.shown != dry_run.id)
    destructive = (run for run in others if run.destructive)
    began = (
        run for run in destructive if run.started_at and (run.id > dry_run.id or run.started_at > dry_run.requested_at)
    )
    same = (run for run in began if not run.system or not dry_run.system or run.system == dry_run.system)
    return max(same, key=lambda run: run.id, default=None)


def overtaking(run: Run) -> str:
    """Return what is said of a run that overtook a dry run."""
    return f"{run.requested_by} began {run.action} here since this dry run: what it said may not hold any more."
