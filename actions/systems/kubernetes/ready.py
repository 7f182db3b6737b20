"""What a cluster's steps need beforehand: the right cluster, and a user who may do what a recovery does there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from actions.readiness.logins import readable
from actions.readiness.ready import Need
from actions.systems.kubernetes.cluster import Cluster
from actions.systems.kubernetes.credentials_end import look_at_ends
from actions.systems.kubernetes.rights import look_at_rights
from actions.systems.kubernetes.settings import KubernetesSettings

if TYPE_CHECKING:
    from actions.context import ActionContext
    from actions.health import Health
    from journal.readiness.finding import ReadyFinding

_REQUEST_S = 5.0


class _Ready:
    """See `actions.readiness.ready.TypeReady`."""

    def needs(self, settings: KubernetesSettings) -> Iterable[Need]:
        """Return nothing: the cluster is asked over the network."""
        return ()

    def look(self, ctx: ActionContext, system: str, health: Health) -> Iterable[ReadyFinding]:
        """Look at credentials, until when they are good, and what our user may do."""
        settings = ctx.inventory.system(system, KubernetesSettings)
        yield from readable([(f"password of {one.name}", one.password) for one in settings.registries], system)
        cluster = Cluster(settings, request_s=_REQUEST_S)
        yield from look_at_ends(cluster, system, _REQUEST_S)
        yield from look_at_rights(cluster, system)


READY = _Ready()
