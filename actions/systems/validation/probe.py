"""The application's health: whether it runs, and whether it can serve."""

from __future__ import annotations

import time

from actions.health import Health
from actions.systems.validation.http import Answer, CannotAsk, ask
from actions.systems.validation.settings import ValidationSettings
from actions.systems.validation.tls import certificate_findings
from actions.transport import Transport
from journal.wording.sanitize import sanitize

_SAID = 120
"""Characters of what it says of itself that are shown."""


def probe(system: str, settings: ValidationSettings, host: Transport | None, *, deadline_s: float) -> Health:
    """Return the application's health.

    Args:
        system: its name in the inventory.
        settings: what the inventory says of it.
        host: not needed: it is asked over the network, as users do.
        deadline_s: seconds for all of it.
    """
    end = time.monotonic() + deadline_s
    try:
        health = ask(settings, settings.health, deadline_s=deadline_s)
        if why := stranger(settings, health):
            return Health(status="not measured", detail=why)
        if health.status != 200:
            return Health(status="down", detail=f"{settings.health} answers {health.status}{said(health)}")
        ready = ask(settings, settings.ready, deadline_s=max(0.1, end - time.monotonic()))
    except CannotAsk as error:
        reason = {"reason": "tls"} if error.tls else {}
        return Health(status="down" if error.refused else "not measured", detail=error.message, facts=reason)
    if ready.status != 200:
        return Health(status="degraded", detail=f"runs, and is not ready: {ready.status}{said(ready)}")
    soon = certificate_findings(settings, ready.certificate)
    detail = f"ready, {ready.ms} ms{''.join(f'; {each.about} {each.text}' for each in soon)}"
    return Health(status="up", detail=detail, facts={"ready_ms": ready.ms, **_days(ready)})


def _days(ready: Answer) -> dict[str, float]:
    return {"certificate_days": round(ready.certificate.days_left, 1)} if ready.certificate else {}


def stranger(settings: ValidationSettings, health: Answer) -> str:
    """Return why who answers is not the application; empty where nothing speaks against it."""
    found = health.json() if settings.says else {}
    fields = found if isinstance(found, dict) else {}
    differ = [name for name, value in settings.says.items() if str(fields.get(name)) != value]
    return f"another server answers at {settings.url}: its {', '.join(differ)} is not ours" if differ else ""


def said(answer: Answer) -> str:
    """Return which parts an answer says are not well, in words after a colon; empty where it names none."""
    found = answer.json()
    parts = found.get("checks", found) if isinstance(found, dict) else {}
    bad = [f"{name} {value}" for name, value in parts.items() if str(value).lower() not in ("ok", "up", "true")]
    return f": {sanitize('; '.join(bad))[:_SAID]}" if isinstance(parts, dict) and bad else ""
