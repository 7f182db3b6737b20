"""What of a host's configuration is evidence of a break-in: the folders that Git says of how they should be."""

from __future__ import annotations

from actions.context import ActionContext
from actions.evidence.evidence import Evidence
from actions.systems.configuration.settings import ConfigurationSettings


def evidence(ctx: ActionContext) -> Evidence:
    """Return what of the run's configuration is evidence."""
    settings = ctx.inventory.system(ctx.system, ConfigurationSettings)
    paths = [f"{settings.place()}/{path.strip('/')}" for path in settings.paths]
    return Evidence(host=settings.host, running=False, data=[], files=paths)
