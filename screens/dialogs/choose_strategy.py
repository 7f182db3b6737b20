"""Choosing the recovery strategy: what each would take, and what each would lose, as far as that was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from journal.incident.state import Incident
from journal.plan.model import Step
from journal.store.rows import Reading
from screens.dialogs.decision import ChooseOne
from screens.guidance.strategies import in_words
from screens.live.clocked import clock_of


class ChooseStrategy(ChooseOne):
    """One of the strategies, each with its evidence.

    Args:
        incident: its state.
        step: the step that asks.
        readings: the latest health, by name.
    """

    CSS_PATH: ClassVar[str | list[str]] = ["dialog.tcss", "choose_strategy.tcss"]  # type: ignore[assignment]

    def __init__(self, incident: Incident, step: Step, readings: Mapping[str, Reading]) -> None:
        super().__init__(incident, step)
        self._readings = readings

    def evidence(self, name: str) -> list[str]:
        """Return the expected time and loss, a line each."""
        return in_words(self._incident, name, self._readings, clock_of(self)())
