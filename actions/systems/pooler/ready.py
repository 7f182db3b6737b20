"""What a pooler's steps need beforehand: psql on its host, and a folder in which its configuration can be written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from actions.readiness.logins import readable
from actions.readiness.ready import Need
from actions.systems.pooler.settings import PoolerSettings

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.health import Health
    from journal.readiness.finding import ReadyFinding


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: PoolerSettings) -> Iterable[Need]:
        """Return psql for the account of the admin console, and the configuration's folder for who may write there."""
        yield Need(host=settings.host, user=settings.run_as, programs=[settings.psql])
        yield Need(host=settings.host, user=settings.write_as, folders=[str(PurePosixPath(settings.config).parent)])

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Return whether its passwords can be had; its health used the admin console."""
        settings = ctx.inventory.system(system, PoolerSettings)
        secrets = [
            (f"password of {settings.admin}", settings.password),
            ("the client's password", settings.user_password),
        ]
        yield from readable(secrets, system)


READY = _Ready()
