"""The newest committed row: what tells how much was lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from actions.context import IncidentFacts
from actions.postgres.settings import PostgresSettings

if TYPE_CHECKING:
    import psycopg


def newest_commit(session: psycopg.Connection[Any], settings: PostgresSettings) -> datetime | None:
    """Return the newest heartbeat's time in UTC, or None where there is no heartbeat table or no row in it."""
    from psycopg import sql

    if not settings.heartbeat:
        return None
    known = session.execute("SELECT to_regclass(%s)", [settings.heartbeat]).fetchone()
    if not known or known[0] is None:
        return None
    table = sql.Identifier(*settings.heartbeat.split("."))
    row = session.execute(sql.SQL("SELECT max(at) FROM {}").format(table)).fetchone()
    return row[0].astimezone(UTC) if row and row[0] else None


def loss_s(incident: IncidentFacts, newest: datetime | None, system: str) -> float | None:
    """Return how many seconds of commits before the disruption are missing; None where it cannot be known.

    A commit younger than the first destructive run on ``system`` is new work: it hides what was lost.
    """
    changed_at = incident.changed_at.get(system)
    if newest is None or not incident.began_at or (changed_at and newest > changed_at):
        return None
    began = datetime.fromisoformat(incident.began_at)
    return max(0.0, round((began - newest).total_seconds(), 3))
