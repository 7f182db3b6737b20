"""A cluster's health: whether its API server answers, which nodes are ready, how far the deployments are."""

from __future__ import annotations

import time

from actions.health import Health, silent
from actions.outcome import ActionFailed
from actions.systems.kubernetes.by_hand import FOLDER
from actions.systems.kubernetes.cluster import Cluster, Object
from actions.systems.kubernetes.manifests import read_manifests
from actions.systems.kubernetes.refusals import NoCluster, Refused
from actions.systems.kubernetes.rollout import rollout
from actions.systems.kubernetes.settings import KubernetesSettings
from actions.systems.kubernetes.target import ready_nodes, uid_of
from actions.transport import Transport
from journal.wording.counting import count

_REQUESTS = 3
_SLACK, _LOGIN = 0.9, 0.5
"""Of the deadline: for all requests together, of what is left after the login; and for that."""


def probe(system: str, settings: KubernetesSettings, host: Transport | None, *, deadline_s: float) -> Health:
    """Return the cluster's health; one without the deployments that the manifests name is degraded: it serves nobody.

    Args:
        system: its name in the inventory.
        settings: what the inventory says of it.
        host: none: the API server is asked over the network.
        deadline_s: seconds for all of it.
    """
    begun = time.monotonic()
    cluster = Cluster(settings, login_s=deadline_s * _LOGIN)
    try:
        cluster.log_in()
        cluster.request_s = (deadline_s - (time.monotonic() - begun)) * _SLACK / _REQUESTS
        uid = uid_of(cluster)
        if settings.cluster and uid != settings.cluster:
            words = f"another cluster answers at {cluster.address}: its uid is {uid}"
            return Health(status="not measured", detail=words, facts={"uid": uid})
        nodes = ready_nodes(cluster.visible("/api/v1/nodes") or [])
        workloads = cluster.items(f"/apis/apps/v1/namespaces/{settings.namespace}/deployments")
    except NoCluster as error:
        if error.silent:
            return silent(error.message.rstrip("."), {})
        return Health(status="down" if error.refused else "not measured", detail=error.message)
    except Refused as error:
        return Health(status="degraded" if error.status >= 500 else "not measured", detail=error.message)
    return _told(uid, nodes, workloads, _absent(settings, workloads))


def _absent(settings: KubernetesSettings, workloads: list[Object]) -> list[str]:
    """Return the deployments that the manifests name and the cluster lacks; none where no manifests can be read."""
    try:
        manifests = read_manifests(settings.folder(FOLDER), settings.namespace)
    except (ActionFailed, OSError):
        return []  # the closer look says so
    there = {one["metadata"]["name"] for one in workloads}
    wanted = [one for one in manifests if one.kind == "Deployment" and one.namespace == settings.namespace]
    return sorted(one.name for one in wanted if one.name not in there)


def _told(uid: str, nodes: dict[str, bool], workloads: list[Object], absent: list[str]) -> Health:
    """Return the health that nodes and workloads tell of."""
    lost = sorted(name for name, ready in nodes.items() if not ready)
    states = [rollout(one, ()) for one in workloads]
    open_ = [one for one in states if not one.whole]
    wanted = [one for one in states if one.wanted]
    serving = [one for one in wanted if one.ready]
    held = [one.told.rpartition("/")[2] for one in states if one.held]
    figures = f"{sum(one.whole for one in states)} of {count(len(states), 'deployment')} rolled out"
    said = [
        *([f"{', '.join(lost)} not ready"] if lost else []),
        *([f"not deployed: {', '.join(absent)}"] if absent else []),
        *(f"{one.figures}: {one.failed or one.waiting}" for one in open_[:3]),
        *([f"held at 0: {', '.join(held)}{'' if wanted else ', so nothing serves'}"] if held else []),
        figures,
        f"{len(nodes) - len(lost)} of {count(len(nodes), 'node')} ready" if nodes else "nodes: none is seen",
    ]
    facts = {"uid": uid, "nodes_ready": len(nodes) - len(lost), "deployments": len(states), "open": len(open_)}
    if (nodes and len(lost) == len(nodes)) or (wanted and not serving):
        return Health(status="down", detail="; ".join(said), facts=facts)
    idle = bool(states) and not wanted
    return Health(status="degraded" if lost or open_ or absent or idle else "up", detail="; ".join(said), facts=facts)
