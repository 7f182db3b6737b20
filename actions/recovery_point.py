"""What the incident's one recovery point means for a system that is restored; when it cannot be the newest state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from actions.context import ActionContext, IncidentFacts
from actions.gate import decide
from actions.outcome import ActionFailed, Cure, GateClosed
from actions.system_type import SystemType
from journal.incident.decisions import CORRUPTION, PHYSICAL
from journal.incident.recovery_point import NotARecoveryPoint, RecoveryPoint, parse
from journal.plan.model import RECOVERY_POINT

GATE = "recovery-point"
_NO_POINT = "it cannot be the recovery point."
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
    closed = as_latest(incident, system, point) if point.latest or after_all(point, None) else None
    if closed:
        raise closed
    return point


def judge_as_latest(ctx: ActionContext, system: str, point: RecoveryPoint) -> None:
    """Stop at a point that keeps everything there is of a system, where its newest state may hold the damage.

    Args:
        ctx: the run's context.
        system: whose newest state that is.
        point: where it is to be recovered to.

    Raises:
        GateClosed: it does; or nothing was found anywhere that tells, and nobody said why it does not.
    """
    closed = as_latest(ctx.incident, system, point)
    if closed and closed.yields == "never":
        raise closed
    if closed:
        decide(ctx, closed, f"Keeps everything there is of {system}")


def as_latest(incident: IncidentFacts, system: str, point: RecoveryPoint) -> GateClosed | None:
    """Return why a system is not recovered to a point that keeps everything there is of it; None where it may be.

    Each system is judged by what was found of it: a point before the damage, or one behind everything of a system in
    which none was found, keeps nothing of what was damaged elsewhere.
    """
    scenario = incident.scenario.replace("_", "-")
    physical = incident.decisions.get(CORRUPTION) == PHYSICAL and scenario == "data-corruption"
    if scenario not in _SPREADING or physical or _before_damage(incident, point):
        return None
    if own := incident.damaged.get(system, ""):
        return _refused(point, f"The newest state holds the damage ({own}): {_NO_POINT}", "never")
    if _after_discovery(incident, point):
        return _refused(point, f"The newest state holds the damage: {_NO_POINT}", "never")
    if any(name != system for name in incident.ever_damaged):
        return None
    words = f"Nothing was found that tells whether the newest state of {system} holds the damage."
    return _refused(point, words, "reason and target")


def _before_damage(incident: IncidentFacts, point: RecoveryPoint) -> bool:
    began = incident.damage_began
    return bool(began and point.instant and point.instant <= began)


def _after_discovery(incident: IncidentFacts, point: RecoveryPoint) -> bool:
    """Whether a point is the latest, or lies after the damage was seen."""
    found = incident.discovered_at
    return point.instant is None or found is None or point.instant > found


def _refused(point: RecoveryPoint, why: str, yields: Literal["never", "reason and target"]) -> GateClosed:
    after = "" if point.latest else f"The point ({point}) lies after the last commit known, so it is the latest. "
    anew = _anew("Decide on an instant just before the damage (time:…), a position or a backup (backup:…).")
    if yields == "never":
        return GateClosed(GATE, f"{after}{why}", yields=yields, opens=RECOVERY_POINT, cures=[anew])
    anyway = Cure(words="Go on, where it is known to be good in other ways: say how.", override=GATE)
    cures = [anyway, anew]  # the point was decided, and was before the discovery: deciding it again changes nothing
    return GateClosed(GATE, f"{after}{why}", yields=yields, opens=RECOVERY_POINT, cures=cures)


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
