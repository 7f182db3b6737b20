"""The incident's one recovery point: the state every restore and log replay leads to."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal

import msgspec

from actions.context import IncidentFacts
from actions.outcome import ActionFailed, GateClosed
from actions.systems.postgres.wal import format_lsn, parse_lsn
from journal.incident.decisions import CORRUPTION, PHYSICAL

DECISION = "recovery_point"
GATE = "recovery-point"
_LABEL = re.compile(r"\d{8}-\d{6}F(_\d{8}-\d{6}[DI])?")
_SPREADING = {"data-corruption", "security-breach"}
"""Scenarios in which the newest state holds the damage."""


class RecoveryPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where to recover to.

    Attributes:
        kind: ``latest``: all there is; ``time``: everything committed before ``instant``; ``lsn``: everything
            before the position ``lsn``; ``backup``: the state at the end of the backup ``label``.
    """

    kind: Literal["latest", "backup", "time", "lsn"] = "latest"
    label: str = ""
    instant: datetime | None = None
    lsn: int = 0

    def __str__(self) -> str:
        """Return it as the decision's answer is written."""
        if self.kind == "time" and self.instant:
            return f"time:{self.instant.isoformat()}"
        return {"backup": f"backup:{self.label}", "lsn": f"lsn:{format_lsn(self.lsn)}"}.get(self.kind, "latest")


def parse_recovery_point(answer: str) -> RecoveryPoint:
    """Return the recovery point that ``latest``, ``backup:LABEL``, ``time:INSTANT`` or ``lsn:LSN`` names.

    Raises:
        ActionFailed: it names none, or an instant without its zone.
    """
    kind, _, value = answer.strip().partition(":")
    try:
        if answer.strip() == "latest":
            return RecoveryPoint()
        if kind == "backup" and _LABEL.fullmatch(value):
            return RecoveryPoint(kind="backup", label=value)
        if kind == "time":
            return RecoveryPoint(kind="time", instant=_instant(value))
        if kind == "lsn":
            return RecoveryPoint(kind="lsn", lsn=parse_lsn(value))
    except ValueError:
        pass
    raise ActionFailed(
        f"{answer!r} is not a recovery point.",
        "Write latest, backup:LABEL, time:2026-01-31T12:00:00Z (with its zone) or lsn:0/5001EA0.",
    )


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone")
    return instant.astimezone(UTC)


def recovery_point(incident: IncidentFacts, *, latest: bool = False, backup: str = "", to: str = "") -> RecoveryPoint:
    """Return the incident's recovery point; parameters may agree with it, and stand in where none is decided.

    ``latest`` alone means the newest backup that the recovery point allows, as in the written plan's script.

    Raises:
        GateClosed: the parameters contradict the decision, or the newest state holds the damage. It never yields.
        ActionFailed: what was decided or given is not a recovery point.
    """
    if latest + bool(backup) + bool(to) > 1:
        raise ActionFailed("--latest, --backup and --to exclude each other.", "Give one of them, or none.")
    given = _given(backup, to)
    decided = parse_recovery_point(incident.decisions[DECISION]) if DECISION in incident.decisions else None
    if decided and given and not _agree(given, decided):
        raise GateClosed(
            GATE,
            f"This incident recovers to {decided}; {given} was asked for.",
            "Leave the parameter out, or change the decision: one recovery point holds for every store.",
            yields="never",
        )
    point = decided or given or RecoveryPoint()
    if point.kind == "latest" or after_all(point, None):
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
        after = "" if point.kind == "latest" else f"{point} lies after the last commit known, so it is the latest. "
        raise GateClosed(
            GATE,
            f"{after}The newest state holds the damage: it cannot be the recovery point.",
            "Decide on an instant just before the damage (time:…), a position (lsn:…) or a backup (backup:…).",
            yields="never",
        )


def after_all(point: RecoveryPoint, newest: datetime | None) -> bool:
    """Whether a point is an instant still to come, or later than ``newest``, behind which nothing was committed."""
    if point.kind != "time" or not point.instant:
        return False
    return point.instant > datetime.now(UTC) or (newest is not None and point.instant > newest)


def _given(backup: str, to: str) -> RecoveryPoint | None:
    if backup and backup != "latest":
        return parse_recovery_point(f"backup:{backup}")
    if to:
        return parse_recovery_point(to if to.startswith(("time:", "lsn:")) else f"time:{to}")
    return None


def _agree(given: RecoveryPoint, decided: RecoveryPoint) -> bool:
    """Whether the parameters fit the decision: a backup to start from is no recovery point of its own."""
    return given == decided or (given.kind == "backup" and decided.kind != "backup")
