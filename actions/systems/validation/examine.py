"""A closer look at the application, for damage report and health check."""

from __future__ import annotations

from actions.context import ActionContext
from actions.examination import Examination
from actions.health import Health
from actions.outcome import Finding
from actions.systems.validation.settings import ValidationSettings
from actions.systems.validation.tls import RENEW


def examine(ctx: ActionContext, system: str, health: Health, *, thorough: bool) -> Examination:
    """Return what its own health says: the API is stateless, its stores are looked at themselves."""
    if health.status == "up":
        return Examination(lines=[health.detail], findings=_certificate(ctx, system, health))
    cure = "Recover what it needs first, then its containers; read their logs."
    return Examination(
        lines=[health.detail],
        findings=[Finding(severity="warning", about=system, text=health.detail, cure=cure)],
    )


def _certificate(ctx: ActionContext, system: str, health: Health) -> list[Finding]:
    """Return that the certificate which the probe was shown ends soon."""
    settings = ctx.inventory.system(system, ValidationSettings)
    if health.facts.get("certificate_days", settings.certificate_days + 1) > settings.certificate_days:
        return []
    return [Finding(severity="warning", about="certificate", text=health.detail, cure=RENEW)]
