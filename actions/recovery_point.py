"""What the incident's one recovery point means for a system that is restored; when it cannot be the newest state."""

from __future__ import annotations

from datetime import UTC, datetime

from actions.context import IncidentFacts
from actions.outcome import ActionFailed, Cure, GateClosed
from actions.system_type import SystemType
from journal.incident.decisions import CORRUPTION, PHYSICAL
from journal.incident.recovery_point import NotARecoveryPoint, RecoveryPoint, parse
from journal.plan.model import RECOVERY_POINT

GATE = "recovery-point"
_SPREADING = {"data-corruption", "security-breach"}
"""Scenarios in which the newest state holds the damage."""


def label_of(point: RecoveryPoint) -> str:
    """Return the label of the backup that a point names; empty where it names none."""
    return point.value if point.kind == "backup" else ""


def decided_point(incident: IncidentFacts, system: str) -> RecoveryPoint | None:
    """Return what the incident's recovery point means for one system; None while none is decided.

    Raises:
        GateClosed: it says nothing of this system. It never yields.
    """
    if incident.recovery_point is None:
        return None
    if own := incident.recovery_point.of(system):
        return own
    raise GateClosed(
        GATE,
        f"The recovery point, {incident.recovery_point}, says nothing of {system}.",
        yields="never",
        opens=RECOVERY_POINT,
        cures=[_anew("Decide it anew, with an instant or a position for it beside what was decided.")],
    )


def recovery_point(
    incident: IncidentFacts,
    system: str,
    type_: SystemType,
    *,
    latest: bool = False,
    backup: str = "",
    to: str = "",
) -> RecoveryPoint:
    """Return a system's recovery point; parameters may agree with it, and stand in where none is decided.

    ``latest`` alone means the newest backup that the recovery point allows, as in the written plan's script.

    Args:
        incident: the incident.
        system: its name in the inventory; ``type_``: its type, whose positions and restore are meant.
        latest: everything that the recovery point allows.
        backup: start from this backup.
        to: recover to this instant or position.

    Raises:
        GateClosed: the parameters contradict the decision, or the newest state holds the damage. It never yields.
        ActionFailed: what was given is not a recovery point.
    """
    if latest + bool(backup) + bool(to) > 1:
        raise ActionFailed(
            "--latest, --backup and --to exclude each other.", cures=[_plain(type_, "Give none of them.")]
        )
    given, decided = _given(system, type_, backup, to), decided_point(incident, system)
    if decided and given and not _agree(type_, given, decided):
        raise GateClosed(
            GATE,
            f"This incident recovers to {decided}; {given} was asked for.",
            yields="never",
            cures=[
                _plain(
                    type_, "Leave the parameter out, or change the decision: one recovery point holds for every store."
                )
            ],
        )
    point = decided or given or RecoveryPoint(latest=True)
    if point.latest or after_all(point, None):
        judge_as_latest(incident, point)
    return point


def judge_as_latest(incident: IncidentFacts, point: RecoveryPoint) -> None:
    """Refuse a point that keeps everything there is, where the newest state holds the damage.

    Raises:
        GateClosed: it does. It never yields.
    """
    physical = (
        incident.decisions.get(CORRUPTION) == PHYSICAL and incident.scenario.replace("_", "-") == "data-corruption"
    )
    if incident.scenario.replace("_", "-") in _SPREADING and not physical:
        after = "" if point.latest else f"The point ({point}) lies after the last commit known, so it is the latest. "
        raise GateClosed(
            GATE,
            f"{after}The newest state holds the damage: it cannot be the recovery point.",
            yields="never",
            opens=RECOVERY_POINT,
            cures=[_anew("Decide on an instant just before the damage (time:…), a position or a backup (backup:…).")],
        )


def after_all(point: RecoveryPoint, newest: datetime | None) -> bool:
    """Whether a point is an instant still to come, or later than ``newest``, behind which nothing was committed."""
    if not point.instant:
        return False
    return point.instant > datetime.now(UTC) or (newest is not None and point.instant > newest)


def _anew(words: str) -> Cure:
    return Cure(words=words, decision=RECOVERY_POINT)


def _plain(type_: SystemType, words: str) -> Cure:
    """Return the restore without parameters: it goes by the decision."""
    return Cure(words=words, action=type_.role("restore"), params={"latest": False, "backup": "", "to": ""})


def _given(system: str, type_: SystemType, backup: str, to: str) -> RecoveryPoint | None:
    """Return the point that the parameters name."""
    text = to or (f"backup:{backup}" if backup and backup != "latest" else "")
    return parse_point(system, type_, text) if text else None


def parse_point(system: str, type_: SystemType, text: str) -> RecoveryPoint:
    """Return the point that a person wrote, as it is meant for one system.

    Raises:
        ActionFailed: it is none.
    """
    try:
        point = parse(text, {system: {form.name: form for form in type_.positions}}).of(system)
    except NotARecoveryPoint as error:
        raise ActionFailed(error.message, error.hint) from None
    if point is None:
        raise ActionFailed(f"{text!r} says nothing of {system}.")
    return point


def _agree(type_: SystemType, given: RecoveryPoint, decided: RecoveryPoint) -> bool:
    """Whether the parameters fit the decision: a backup to start from is no recovery point of its own."""
    form = next((form for form in type_.positions if form.name == given.kind and form.base), None)
    if form and given.kind == decided.kind:
        return form.order(given.value) == form.order(decided.value)
    return given == decided or (given.kind == "backup" and decided.kind != "backup")
