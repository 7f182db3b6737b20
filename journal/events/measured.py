"""What was measured of a system. Clocks, loss and report use this type, and no other fact of an action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Self

import msgspec


class Measured(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a health probe or an action measured of one system; None: not measured. Durations are in seconds.

    Instants are by the system's own clock, so that the loss is the difference of two readings of one clock.

    Attributes:
        recovered_to: the newest commit that a recovery brought back, before anybody wrote again.
        archived_until: everything committed until then is in the archive.
        exposure_s: the span of commits that would be lost if the system and its disks were lost now.
        exposure_by: what that rests on, or why it is not measured, in words; empty: nothing tells.
        replica_lag_s: how far the replica is behind, or the nearest of several.
        backup_age_s: since the newest usable backup ended.
        newest_commit_at: the time of the newest commit that was seen.
        no_commit_after: nothing was committed later than this: the writers were out, or the system was down.
        heartbeats: rows of the heartbeat table, counted.
        clock_ahead_s: the system's clock minus this program's.
        timeline, from_timeline: the history that a recovery began, and the one that it was taken from; 0: none.
    """

    recovered_to: datetime | None = None
    archived_until: datetime | None = None
    exposure_s: float | None = None
    exposure_by: str = ""
    replica_lag_s: float | None = None
    backup_age_s: float | None = None
    newest_commit_at: datetime | None = None
    no_commit_after: datetime | None = None
    heartbeats: int | None = None
    clock_ahead_s: float | None = None
    timeline: int = 0
    from_timeline: int = 0

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """Return what is measured among ``facts``. A fact of the wrong type counts as not measured."""
        found: dict[str, Any] = {name: convert(facts.get(name)) for name, convert in _FORMS.items()}
        return cls(**{name: value for name, value in found.items() if value is not None})

    def facts(self) -> dict[str, Any]:
        """Return it as an action's facts: instants as ISO 8601, without what was not measured."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


def newest_of(*instants: datetime | None) -> datetime | None:
    """Return the newest instant; None where there is none."""
    return max((at for at in instants if at), default=None)


def _instant(value: Any) -> datetime | None:
    """Return a fact as an instant in UTC; None where it is no time with a zone."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _words(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


_FORMS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("recovered_to", "archived_until", "newest_commit_at", "no_commit_after"), _instant),
    **dict.fromkeys(("exposure_s", "replica_lag_s", "backup_age_s", "clock_ahead_s"), _number),
    "exposure_by": _words,
    **dict.fromkeys(("heartbeats", "timeline", "from_timeline"), _whole),
}
