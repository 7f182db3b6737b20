"""Which dialog asks which kind of question."""

from __future__ import annotations

from collections.abc import Mapping

from journal.incident.state import Incident
from journal.plan.model import Step
from journal.store.rows import Reading
from screens.dialogs.choose_strategy import ChooseStrategy
from screens.dialogs.decision import ChooseInstant, ChooseOne, ChooseSystems, DecisionDialog, FreeText
from screens.dialogs.recovery_point import ChooseRecoveryPoint

_KINDS: dict[str, type[DecisionDialog]] = {
    "one": ChooseOne,
    "systems": ChooseSystems,
    "instant": ChooseInstant,
    "text": FreeText,
}


def decision_dialog(incident: Incident, step: Step, readings: Mapping[str, Reading]) -> DecisionDialog:
    """Return the dialog for the kind of question that ``step`` asks.

    Args:
        incident: its state.
        step: the step that asks.
        readings: the latest health by name: evidence to choose by.

    Raises:
        ValueError: the step asks for no decision.
    """
    if step.decision is None:
        raise ValueError(f"step {step.id} asks for no decision")
    if step.decision.name == "strategy":
        return ChooseStrategy(incident, step, readings)
    if step.decision.kind == "recovery-point":
        return ChooseRecoveryPoint(incident, step, readings)
    return _KINDS[step.decision.kind](incident, step)
