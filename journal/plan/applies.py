"""Whether a step applies to an incident, by the decisions made so far."""

from __future__ import annotations

from collections.abc import Mapping

from journal.plan.model import Step


def applies(step: Step, answers: Mapping[str, str]) -> bool | None:
    """Return whether all of the step's conditions hold.

    Args:
        step: the step.
        answers: ``scenario`` and every decision made so far, by name. An answer may be several, separated by commas
            (``affected``); one that the step names is enough.

    Returns:
        True or False if the answers decide it; None while a decision that the step depends on is not made, and no
        other one rules the step out. Such a step is shown and may be run: compare with ``is False``.
    """
    verdicts = [_holds(wanted, answers.get(name)) for name, wanted in step.when.items()]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _holds(wanted: list[str], answer: str | None) -> bool | None:
    if not answer:
        return None
    return any(part.strip() in wanted for part in answer.split(","))
