"""How long recoveries took, and what was or would have been lost, over the times that a test was held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cleo_console.drills.forms import Point, Trend, What
from journal.audit.collect import BRINGS_BACK

if TYPE_CHECKING:
    from journal.audit.model import IncidentEvidence
    from journal.plan.routine import HeldBy

_Value = tuple[str, What, Point]
"""What it is about, what was measured, and the value."""


def trends(held: Sequence[IncidentEvidence], held_by: HeldBy | None) -> list[Trend]:
    """Return the series of what was measured, by system or objective, in the order in which they first appear.

    Args:
        held: the incidents that show the test, the oldest first.
        held_by: what the plan asks of them: where that is drills, the drills' own figures count, else the objectives'.
    """
    found: dict[tuple[str, What], list[Point]] = {}
    for incident in held:
        objectives = _of_objectives(incident, held_by) if _recovers(incident, held_by) else []
        for about, what, point in [*_of_drills(incident, held_by)] or objectives:
            found.setdefault((about, what), []).append(point)
    return [Trend(about=about, what=what, points=points) for (about, what), points in found.items()]


def _recovers(incident: IncidentEvidence, held_by: HeldBy | None) -> bool:
    """Whether a test is one of a recovery: held by scenarios, or by what brought a system back; a look is not."""
    if held_by is None or held_by.scenarios or not held_by.actions:
        return True
    asked = filter(held_by.asks_for, incident.actions)
    return any(action.partition(".")[2] in BRINGS_BACK for action in asked)


def _of_drills(incident: IncidentEvidence, held_by: HeldBy | None) -> Iterator[_Value]:
    if held_by is None:
        return
    for drill in incident.restores:
        if drill.state != "succeeded" or not held_by.asks_for(drill.action):
            continue
        if drill.took_s is not None:
            yield drill.system, "recovery", Point(at=drill.at, incident=incident.id, seconds=drill.took_s)
        if drill.lost_s is not None:
            yield drill.system, "loss", Point(at=drill.at, incident=incident.id, seconds=drill.lost_s)


def _of_objectives(incident: IncidentEvidence, held_by: HeldBy | None) -> Iterator[_Value]:
    """Yield how long it took by the objectives; of a test that actions show, and where none was validated, by system.

    So that a failover's series has the same values whatever else of the plan a drill went through.
    """
    at = incident.closed_at or incident.last_at
    validated = [(rto.title, rto.achieved_s) for rto in incident.rto if rto.achieved_s is not None]
    by_system = [(one.title, one.took_s) for one in incident.recoveries]
    of_actions = held_by is not None and not held_by.scenarios and by_system
    for title, took_s in by_system if of_actions or not validated else validated:
        yield title, "recovery", Point(at=at, incident=incident.id, seconds=took_s)
    for rpo in incident.rpo:
        if rpo.achieved_s is not None:
            point = Point(at=at, incident=incident.id, seconds=rpo.achieved_s, bound=rpo.bound)
            yield rpo.title, "loss", point
