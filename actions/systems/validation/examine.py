"""A closer look at the application, for damage report and health check."""

from __future__ import annotations

from actions.context import ActionContext
from actions.examination import Examination
from actions.health import Health
from actions.outcome import Finding


def examine(ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
    """Return what its own health says: the API is stateless, its stores are looked at themselves."""
    if health.status == "up":
        return Examination(lines=[health.detail])
    cure = "Recover what it needs first, then its containers; read their logs."
    return Examination(
        lines=[health.detail],
        findings=[Finding(severity="warning", about=system, text=health.detail, cure=cure)],
    )
