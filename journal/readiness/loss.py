"""What a scenario would lose now, of each system that holds data, beside what is promised. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from journal.events.exposure import Exposure
from journal.incident.lost_site import is_gone
from journal.incident.objectives import objective_of
from journal.incident.state import Incident
from journal.wording.durations import Duration, exact_duration

_SINCE = "what was written since the damage came is given up, too"


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """What would be lost of one system. Durations are in seconds.

    Attributes:
        system: its name in the inventory; ``title``: what people call it.
        seconds: the span of writes that is in one place only; None: not measured.
        by: what tells so, or why nobody knows.
        rpo: what is promised.
        met: whether it is within the promise.
    """

    system: str
    title: str
    seconds: float | None
    by: str
    rpo: float
    met: Literal["yes", "no", "not known"]

    def __str__(self) -> str:
        """Return it as one line."""
        span = "not measured" if self.seconds is None else exact_duration(self.seconds)
        return f"{self.title} {span} of {Duration(int(self.rpo))}" + (f" ({self.by})" if self.by else "")


def losses(incident: Incident) -> list[Loss]:
    """Return what would be lost of each system of the scenario that holds data, and that somebody plays."""
    return list(_losses(incident))


def _losses(incident: Incident) -> Iterator[Loss]:
    scenario = incident.plan.scenarios[incident.scenario]
    damaged = "latest" in scenario.refuses.get("recovery_point", [])
    for plan_system in scenario.systems:
        for name in incident.roster.players(plan_system):
            rpo = objective_of(incident, name)
            if rpo is not None and name in incident.roster.systems:
                yield _of(incident, name, float(rpo), damaged=damaged)


def _of(incident: Incident, name: str, rpo: float, *, damaged: bool) -> Loss:
    known = incident.exposed_last.get(name)
    found = (known.site if is_gone(incident, name) else known.store) if known else Exposure(by="nobody could look")
    over = found.seconds is not None and found.seconds > rpo
    certain = found.seconds is not None and not damaged
    by = "; ".join([*([found.by] if found.by else []), *([_SINCE] if damaged else [])])
    return Loss(
        system=name,
        title=incident.roster.title(name),
        seconds=found.seconds,
        by=by,
        rpo=rpo,
        met="no" if over else "yes" if certain else "not known",
    )
