"""The values that simulated texts and conditions may refer to: times, backups, the recovery point."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from actions.context import IncidentFacts
from journal.exercise.script import Exercise
from journal.incident.recovery_point import RecoveryPoint

_NAMED = re.compile(r"\{([\w.]+)(?::([^{}]*))?\}")
_UNLOGGED = ".unlogged_s"
_LAG = ".lag_s"


def values(
    script: Exercise, facts: Mapping[str, str], incident: IncidentFacts, params: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Return everything that can be named, by its name; ``now`` is the exercise's time.

    Facts stand under their own names, answers as ``decision.NAME``, parameters as ``param.NAME``; then

    - ``now``, ``began``, ``just_before`` it, ``damage`` (instants), ``incident`` (its id), ``scenario``;
    - ``postgres.standby_at``: the newest record of its standby, where ``postgres.lag_s`` is a fact; and so on;
    - ``backup1`` (the newest), ``backup2``…: labels; ``ended1``…: when each ended; ``backups.sets``: how many;
    - ``point.kind``: latest, time, backup or lsn; ``point.sound``: whether it lies before the damage;
    - ``chosen``: the label of the backup that leads to the recovery point, or none; ``chosen.ended``;
      ``chosen.damaged``: whether it is a set that cannot be restored; ``passed_over``: a set left out as damaged;
    - ``postgres.logged``: until when the log reaches, where ``postgres.unlogged_s`` is a fact; and so on;
    - ``postgres.reach``: the newest record that a recovery brings back, where ``postgres.unlogged_s`` is a fact (the
      seconds before the disruption that no log holds); ``postgres.reach_data``: whole, or damaged where that lies
      behind the damage; ``postgres.lost_s``: the seconds of data lost, once ``postgres.reached`` is a fact; and so on.
    """
    began = datetime.fromisoformat(incident.began_at)
    found: dict[str, Any] = {"now": now, "began": began, "incident": incident.id, **facts}
    found |= {
        "scenario": incident.scenario,
        "just_before": began - timedelta(seconds=1),
    }
    for name in _named(facts, _LAG):
        found[f"{name}.standby_at"] = began - timedelta(seconds=float(facts[name + _LAG]))
    found |= {f"decision.{name}": answer for name, answer in incident.decisions.items()}
    found |= {f"param.{name}": str(value).lower() for name, value in params.items()}
    if script.damage_s is not None:
        found["damage"] = began - timedelta(seconds=script.damage_s)
    found |= dict(_Recovery(script, facts, began, incident.recovery_point).values())
    for store in _named(facts, _UNLOGGED):
        found[f"{store}.logged"] = began - timedelta(seconds=float(facts[store + _UNLOGGED]))
        if reached := facts.get(f"{store}.reached"):
            found[f"{store}.reached"] = at = datetime.fromisoformat(reached)
            found[f"{store}.lost_s"] = max(0, round((began - at).total_seconds()))
    return found


def _named(facts: Mapping[str, str], ending: str) -> list[str]:
    """Return the systems of which a fact with this ending is known."""
    return [name.removesuffix(ending) for name in facts if name.endswith(ending)]


class _Recovery:
    """Which backup leads to the recovery point, and how far a recovery comes."""

    def __init__(
        self, script: Exercise, facts: Mapping[str, str], began: datetime, point: RecoveryPoint | None
    ) -> None:
        self._began = began
        self._damage = began - timedelta(seconds=script.damage_s) if script.damage_s is not None else None
        self._facts = facts
        newest_first = sorted(script.backups.items(), key=lambda item: item[1])
        self._backups = [(label, began - timedelta(seconds=before)) for label, before in newest_first]
        self._point = point or RecoveryPoint(latest=True)
        self._expired = facts.get("backups.expired") == "yes"
        self._passed, self._label, self._ended, self._rank = self._choose()

    def values(self) -> Iterator[tuple[str, Any]]:
        """Yield names and values."""
        for number, (label, ended) in enumerate(self._backups, 1):
            yield f"backup{number}", label
            yield f"ended{number}", ended
        yield "backups.sets", str(len(self._backups))
        yield "point.kind", self._point.kind
        stores = _named(self._facts, _UNLOGGED)
        sound = not self._damage or all(self._limit(store) <= self._damage for store in ["", *stores])
        yield "point.sound", "yes" if sound else "no"
        yield "chosen", self._label
        yield "chosen.ended", self._ended
        yield "chosen.damaged", "yes" if str(self._rank) == self._facts.get("backups.damaged") else "no"
        yield "passed_over", self._passed
        for store in stores:
            reach = self._reach(store)
            yield f"{store}.reach", reach
            yield f"{store}.reach_data", "damaged" if self._damage and reach > self._damage else "whole"

    def _limit(self, store: str = "") -> datetime:
        """Return the moment up to which a store's data may come back; without a store, up to which backups count.

        A store that the recovery point says nothing of comes back to where the named backup of another ended.
        """
        own = (self._point.of(store) if store else None) or self._point
        named = next((ended for label, ended in self._backups if label == own.value), None)
        return named or own.instant or self._began

    def _choose(self) -> tuple[str, str, datetime, int]:
        """Return the set that is passed over as damaged, and label, end and rank of the one that is taken."""
        fitting = [(label, ended, n) for n, (label, ended) in enumerate(self._backups, 1) if ended <= self._limit()]
        if self._expired:
            fitting = [backup for backup in fitting if backup[2] in (1, len(self._backups))]
        known = self._facts.get("backups.damage_known") == "yes"
        damaged = self._facts.get("backups.damaged")
        passed = next((label for label, _, n in fitting if known and str(n) == damaged), "none")
        return passed, *next((backup for backup in fitting if backup[0] != passed), ("none", self._began, 0))

    def _reach(self, store: str) -> datetime:
        """Return the newest record that comes back: what was logged until then, and not past the recovery point."""
        if self._facts.get(f"{store}.log_expires") == "yes" and self._expired and self._rank > 1:
            return self._ended  # the log that led on from it expired as well
        logged = self._began - timedelta(seconds=float(self._facts[store + _UNLOGGED]))
        return min(logged, self._limit(store))


def render(text: str, known: Mapping[str, Any]) -> str:
    """Return ``text`` with every ``{name}`` and ``{name:format}`` in it replaced by its value.

    Raises:
        KeyError: there is no such value.
    """
    return _NAMED.sub(lambda found: format(_plain(known[found[1]], found[2] or ""), found[2] or ""), text)


def _plain(value: Any, form: str) -> Any:
    """Return an instant without a format as ISO 8601, as facts carry it."""
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) and not form else value
