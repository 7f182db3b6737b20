"""What is known of a proposed answer, beside what it was proposed for: what it would take, lose or give up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from actions.positions import position_forms
from journal.incident.proposals import Proposal
from journal.incident.recovery_point import read
from journal.store.rows import Reading
from screens.guidance.recovery_points import consequences
from screens.guidance.strategies import in_words

_SAID = {"time": "all steps:", "rto": "RTO of", "loss": "loss:"}
"""What the labels of a strategy's lines are called in a sentence."""


def evidence(one: Proposal, readings: Mapping[str, Reading], now: datetime) -> Iterator[str]:
    """Yield what is known of a proposed answer, a line each; nothing where there is no answer.

    Args:
        one: the proposal.
        readings: the latest health readings, by name.
        now: the present.
    """
    if not one.answer:
        return
    if one.decision.name == "strategy":
        yield from _strategy(in_words(one.before, one.answer, readings, now))
    point = read(one.answer) if one.decision.kind == "recovery-point" else None
    if point:
        found = consequences(one.before, point, position_forms(one.before), readings)
        yield from (f"{label} {line}" for label, line in found)


def _strategy(lines: list[str]) -> Iterator[str]:
    """Yield a strategy's time and loss in words: among other questions without how single steps were measured."""
    for line in lines:
        label, _, words = line.partition(" ")
        if label:
            yield f"{_SAID[label]} {' '.join(words.split())}"
