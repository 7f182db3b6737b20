"""A cluster's health: whether its API server answers, which nodes are ready, how far the deployments are."""

from __future__ import annotations

from actions.health import Health, silent
from actions.systems.kubernetes.cluster import Cluster, NoCluster, Object, Refused
from actions.systems.kubernetes.rollout import rollout
from actions.systems.kubernetes.settings import KubernetesSettings
from actions.systems.kubernetes.target import ready_nodes, uid_of
from actions.transport import Transport
from journal.wording.counting import count

_REQUESTS = 3
_SLACK = 0.9
"""Of the deadline: for all requests together."""


def probe(system: str, settings: KubernetesSettings, host: Transport | None, *, deadline_s: float) -> Health:
    """Return the cluster's health.

    Args:
        system: its name in the inventory.
        settings: what the inventory says of it.
        host: none: the API server is asked over the network.
        deadline_s: seconds for all of it.
    """
    cluster = Cluster(settings, deadline_s * _SLACK / _REQUESTS)
    try:
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
    return _told(uid, nodes, workloads)


def _told(uid: str, nodes: dict[str, bool], workloads: list[Object]) -> Health:
    """Return the health that nodes and workloads tell of."""
    lost = sorted(name for name, ready in nodes.items() if not ready)
    states = [rollout(one, ()) for one in workloads]
    open_ = [one for one in states if not one.whole]
    wanted = [one for one in states if one.wanted]
    serving = [one for one in wanted if one.ready]
    figures = f"{sum(one.whole for one in states)} of {count(len(states), 'deployment')} rolled out"
    said = [
        *([f"{', '.join(lost)} not ready"] if lost else []),
        *(f"{one.figures}: {one.failed or one.waiting}" for one in open_[:3]),
        figures,
        f"{len(nodes) - len(lost)} of {count(len(nodes), 'node')} ready" if nodes else "nodes: none is seen",
    ]
    facts = {"uid": uid, "nodes_ready": len(nodes) - len(lost), "deployments": len(states), "open": len(open_)}
    if (nodes and len(lost) == len(nodes)) or (wanted and not serving):
        return Health(status="down", detail="; ".join(said), facts=facts)
    return Health(status="degraded" if lost or open_ else "up", detail="; ".join(said), facts=facts)
