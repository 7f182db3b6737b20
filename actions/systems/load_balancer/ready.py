"""What a load balancer's steps need beforehand: programs on its host, and the folder of the state that is kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from actions.readiness.logins import readable
from actions.readiness.ready import Need
from actions.systems.load_balancer.settings import LoadBalancerSettings

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.health import Health
    from journal.readiness.finding import ReadyFinding


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: LoadBalancerSettings) -> Iterable[Need]:
        """Return HAProxy's own program and Python, and where its state is written; an ELBv2 has no host."""
        if settings.host:
            folders = [str(PurePosixPath(settings.state_file).parent)] if settings.state_file else []
            programs = [settings.program, settings.python]
            yield Need(host=settings.host, user=settings.run_as, programs=programs, folders=folders)

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Return whether the password of who asks through it can be had; its health used the admin socket."""
        settings = ctx.inventory.system(system, LoadBalancerSettings)
        yield from readable([(f"password of {settings.user}", settings.user_password)], system)


READY = _Ready()
