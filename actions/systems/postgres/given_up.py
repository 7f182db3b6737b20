"""Reports which commits a recovery point gives up, before anything is changed."""

from __future__ import annotations

from datetime import datetime

from actions.systems.postgres.server import Server
from journal.events.measured import Measured, newest_of
from journal.incident.given_up import span
from journal.incident.recovery_point import RecoveryPoint


def report_given_up(
    server: Server, point: RecoveryPoint, known: Measured, backup_ended: datetime | None = None
) -> None:
    """Say how much was committed after the recovery point, as far as this log and the incident's evidence know.

    Args:
        server: the server.
        point: the recovery point.
        known: what was measured just now of the last commit.
        backup_ended: when the chosen backup ended; None where the log itself was looked at.
    """
    seen = server.ctx.incident.newest_known.get(server.name)
    last = newest_of(seen, known.newest_commit_at)
    after = point.instant if point.kind == "time" else backup_ended if point.kind == "backup" else None
    if after and last:
        exact = last == known.newest_commit_at == known.no_commit_after
        server.ctx.log(f"Recovering to {point} gives up {span(after, last, exact=exact)}.")
    elif point.kind == "latest" and backup_ended:
        for line in server.ctx.incident.gives_up:
            server.ctx.log(f"Recovering to {point} gives up {line}.")
    elif after or point.kind == "lsn":
        server.ctx.log(f"Recovering to {point} gives up everything after it; how much was committed is not known.")
