"""What was seen of the systems, and the incident that would be declared now, folded by the code that folds any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from journal.events import types as e
from journal.events.exposure import Exposed
from journal.events.run import KnownSystem, Took
from journal.incident.fold import fold_events
from journal.incident.state import Incident
from journal.plan.read import LoadedPlan

_LOOK = "readiness.look"
_NOBODY = "cleo-ready"


class SystemSeen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen of one system.

    Attributes:
        status: its health's, in one word; ``detail``: in a line.
        facts: of its backups, as a damage report has them (`journal.incident.backup_catalogue`, ``restore_time``).
        backup_ended_at: when its newest usable backup ended; None: there is none, or nobody could look.
        restored_at: when a backup of it was last restored and proven to be whole, in a drill or an incident.
        restored_s: how long that took, in seconds; 0: not measured.
        replica_lag_s: how far it is behind, where it is a standby, or its nearest replica is; None: not measured.
    """

    status: str = "not measured"
    detail: str = ""
    facts: Mapping[str, Any] = {}
    backup_ended_at: datetime | None = None
    restored_at: datetime | None = None
    restored_s: float = 0.0
    replica_lag_s: float | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of an environment.

    Attributes:
        at: when.
        kind: the kind of incident that may be declared against it.
        known: its systems.
        audiences: whom it has channels to.
        systems: what was seen of each system, by name.
        exposed: what would be lost of each.
        took: how long steps took when they were done last.
    """

    at: datetime
    kind: e.Kind
    known: Sequence[KnownSystem] = ()
    audiences: Sequence[str] = ()
    systems: Mapping[str, SystemSeen] = {}
    exposed: Sequence[Exposed] = ()
    took: Sequence[Took] = ()


def declared_now(loaded: LoadedPlan, scenario: str, seen: Seen) -> Incident:
    """Return the incident that a scenario would be, declared at the moment of the look; nothing is written anywhere."""
    bodies = enumerate(_bodies(loaded, scenario, seen), 1)
    return fold_events(e.Event(seq, seen.at, _NOBODY, "", body, "") for seq, body in bodies)


def _bodies(loaded: LoadedPlan, scenario: str, seen: Seen) -> Iterator[e.Body]:
    now = seen.at.isoformat()
    yield e.IncidentDeclared(
        id=_NOBODY,
        title=loaded.plan.scenarios[scenario].title,
        kind=seen.kind,
        scenario=scenario,
        severity=loaded.plan.scenarios[scenario].severity,
        began_at=now,
        discovered_at=now,
        plan=loaded.data,
        plan_sha256=loaded.sha256,
    )
    yield e.InventoryRead(path="", sha256="", systems=list(seen.known), audiences=list(seen.audiences))
    yield e.RunnerStarted(pid=0, started=0, took=list(seen.took))
    for name, one in seen.systems.items():
        yield e.HealthChanged(system=name, status=one.status, was="", detail=one.detail)
    yield e.ExposureMeasured(systems=list(seen.exposed))
    facts = {name: {**one.facts} for name, one in seen.systems.items()}
    before = 5 + len(seen.systems)
    yield e.RunRequested(action=_LOOK)
    yield e.ActionStarted(run=before, action=_LOOK)
    yield e.ActionFinished(run=before, status="succeeded", summary="", facts=facts)
