"""Choosing the recovery strategy: what each would take, and what each would lose, as far as that was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from journal.incident import Incident
from journal.plan.model import Step
from journal.rows import Reading
from screens.clocked import clock_of
from screens.decision import ChooseOne
from screens.strategies import in_words


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
