"""The target of something destructive in a drill: typed where its dry run names what was allowed beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cleo_console.cli.drill_incident import said
from cleo_console.cli.run import follow_run
from cleo_console.drills.answers import allowed
from journal.errors import CleoError
from journal.incident.interlock import word_to_type
from journal.incident.records import RunState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cleo_console.cli.incident_access import IncidentAccess
    from journal.incident.records import Run

_TARGET = "TARGET"


class NotAllowed(CleoError):
    """Nothing destructive is begun: its target was not allowed beforehand, or is not known.

    Attributes:
        failed: whether the dry run failed; else a person must judge.
        answer: what would have allowed it, as it is written in the file.
    """

    def __init__(self, message: str, *, failed: bool = False, answer: str = "") -> None:
        super().__init__(message)
        self.failed, self.answer = failed, answer


def typed_target(at: IncidentAccess, step: str, on: Sequence[str], confirm: str | list[str]) -> tuple[str, int]:
    """Return the target of a destructive step as it is typed, and the dry run that named it.

    Args:
        at: the incident.
        step: its id.
        on: the system; none: the step acts on no single one.
        confirm: what was allowed beforehand.

    Raises:
        NotAllowed: it is another target than was allowed, or the dry run did not go well.
    """
    (run_id,) = at.commands.request_runs(step, on=on, dry_run=True)
    run = follow_run(at, run_id, quiet=True)
    word = allowed_word(run, confirm, f"confirm: {{{step}: {_TARGET}}}")
    return word, run.id


def allowed_word(run: Run, confirm: str | list[str], answer: str) -> str:
    """Return the word to type for what a dry run named, where that was allowed beforehand.

    Args:
        run: the dry run.
        confirm: what was allowed.
        answer: how it is allowed in the file, with `TARGET` in it.

    Raises:
        NotAllowed: it was not, or the dry run did not go well.
    """
    word, may = word_to_type(run.target), allowed(confirm)
    if run.state is not RunState.SUCCEEDED:
        raise NotAllowed(f"its dry run {run.state}: {said(run)}", failed=run.state is not RunState.REFUSED)
    if not may:
        raise NotAllowed("it is destructive", answer=answer.replace(_TARGET, word or "…"))
    if word not in may:
        raise NotAllowed(
            f"its target is {word or 'not known'}, and {' or '.join(may)} was allowed",
            answer=answer.replace(_TARGET, word or "…"),
        )
    return word
