"""What a person must type before a destructive run starts, or before a gate that refused one yields."""

from __future__ import annotations

from typing import NamedTuple

from journal.incident.closed_gates import shut_for_good
from journal.incident.interlock import overtaken, overtaking, word_to_type
from journal.incident.records import Refusal, Run, RunState
from journal.incident.state import Incident
from journal.wording.sanitize import sanitize, sanitize_lines
from screens.guidance.run_text import NEVER_YIELDS, may_yield
from screens.guidance.text import Line, Span, labelled, line

NOT_THE_TARGET = "That is not the target. Nothing was done."
NOTHING_TYPED = "Type the target to go on; esc cancels. Nothing was done."


class Confirmed(NamedTuple):
    """What a person confirmed.

    Attributes:
        typed: the target, as it was typed.
        shown: the id of the dry run that was read.
    """

    typed: str
    shown: int


class Confirmation(NamedTuple):
    """What a finished dry run asks for.

    Attributes:
        wanted: what must be typed; empty where nothing can be confirmed.
        blocked: why nothing can be confirmed.
        warning: what to heed before typing.
    """

    wanted: str
    blocked: str = ""
    warning: str = ""


def confirmation(incident: Incident, dry_run: Run) -> Confirmation:
    """Return what must be typed after a dry run that is over, or why nothing can be."""
    if found := overtaken(incident, dry_run):
        return Confirmation("", f"{sanitize(overtaking(found))} Leave, and look again.")
    wanted = word_to_type(dry_run.target) if dry_run.state.over else ""
    if not wanted:
        return Confirmation("", "The target is not known, so nothing can be confirmed.")
    if shut_for_good(dry_run.closed):
        return Confirmation("", "It would be refused. Open first what is CLOSED above.")
    ended_well = dry_run.state is RunState.SUCCEEDED
    return Confirmation(wanted, "", "" if ended_well else "The dry run did not end well: read why first.")


def names_target(typed: str, target: str) -> bool:
    """Return whether what was typed names the target; where the target is not known, any word does."""
    return bool(typed) and (not target or typed == target)


def gate_text(refusal: Refusal, opened_by: str) -> list[Line]:
    """Return which gate refused a run, why, what opens it, and whether it yields to a person's word.

    Args:
        refusal: why the run was refused.
        opened_by: what opens the gate, in words; empty where nobody knows.
    """
    lines = [labelled("gate", Span(sanitize(refusal.gate), "strong")), line(sanitize_lines(refusal.message))]
    lines += [line(f"It is {opened_by}.")] if opened_by else []
    yields = "It yields to a person's word. The report will list it as a deviation."
    return [*lines, line(yields if may_yield(refusal) else NEVER_YIELDS)]
