"""How long a restore took when that was last measured, in a drill or in an incident. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

import msgspec

from journal.incident import step_time
from journal.incident.backup_catalogue import facts_of
from journal.structs import to_struct
from journal.wording.durations import exact_duration
from journal.wording.sizes import size_words

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.plan.model import Step

_FACT = "last_restored"
_ALIKE = 0.1
"""Of the size: backups that differ by less take as long."""


class RestoreTime(msgspec.Struct, frozen=True, kw_only=True):
    """The last restore of one system that was measured, as a look at its backups found it.

    Attributes:
        label: the backup that was restored.
        at: when that ended, in UTC.
        seconds: how long it took.
        drill: whether it was a drill; else it was an incident's restore.
        offsite: whether it was from the second place, and the time includes the fetch.
        by: the incident, the drill's own too.
        size: bytes of that backup; 0: not known.
        now: bytes of what a restore would take now; 0: not known.
    """

    label: str
    at: datetime
    seconds: float
    drill: bool = False
    offsite: bool = False
    by: str = ""
    size: int = 0
    now: int = 0

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self | None:
        """Return what is among an action's facts; None where nothing was measured, or it has another form."""
        try:
            found = to_struct(facts.get(_FACT), cls, strict=False)
        except msgspec.ValidationError:
            return None
        return found if found.seconds > 0 and found.at.tzinfo else None

    def facts(self) -> dict[str, Any]:
        """Return it as facts of an action, for `of`."""
        return {_FACT: msgspec.to_builtins(self)}

    @property
    def expected(self) -> float:
        """Seconds that a restore would take now: as long in proportion, where there is more or less to restore."""
        return self.seconds * self.now / self.size if self._differs else self.seconds

    @property
    def _differs(self) -> bool:
        return bool(self.size and self.now) and abs(self.now - self.size) > _ALIKE * self.size

    def __str__(self) -> str:
        """Say what it rests on."""
        where = "in a drill" if self.drill else f"in {self.by}" if self.by else "in an incident"
        where += " from the second place, with the fetch" if self.offsite else ""
        size = f", {size_words(self.size)}" if self.size else ""
        words = f"measured {exact_duration(self.seconds)} on {self.at:%Y-%m-%d} {where}{size}"
        if self._differs:
            words += f"; now {size_words(self.now)}: about {exact_duration(self.expected)}"
        return words


def restore_time(incident: Incident, system: str) -> RestoreTime | None:
    """Return the last restore of a system that was measured, by the latest look at its backups that found one."""
    for run in reversed(incident.runs.values()):
        if found := RestoreTime.of(facts_of(run, system)):
            return found
    return None


def restores(step: Step) -> bool:
    """Whether a step restores a system from a backup: what is measured of restores is about such steps alone."""
    return step.action.endswith(".restore")


def measured_times(incident: Incident, step: Step) -> dict[str, RestoreTime]:
    """Return the last measured restore of each system that a step restores; a system without one is left out."""
    if not restores(step):
        return {}
    found = {name: restore_time(incident, name) for name in incident.roster.players(step.system)}
    return {name: one for name, one in found.items() if one}


def expected_seconds(incident: Incident, step: Step) -> float:
    """Return how long a step takes, in seconds: as was measured, when it was done last, else by the plan; 0: not known.

    The systems of a fleet may be restored at the same time: the slowest counts. Where one was never measured, no less
    than the plan says.
    """
    found = measured_times(incident, step)
    if not restores(step) and (last := step_time.slowest(incident, step)):
        return last.seconds
    slowest = max((one.expected for one in found.values()), default=0.0)
    whole = found and len(found) == len(incident.roster.players(step.system))
    return slowest if whole else max(slowest, float(step.expect))
