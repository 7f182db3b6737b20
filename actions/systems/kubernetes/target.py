"""Which cluster an action really talks to: by the uid of its namespace kube-system, never by a context's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure
from actions.systems.kubernetes.cluster import REQUEST_S, Cluster
from actions.systems.kubernetes.settings import KubernetesSettings
from journal.events.types import Identity
from journal.wording.counting import count

_SYSTEM = "/api/v1/namespaces/kube-system"
_NAMED = 5
"""Nodes that are named in an identity; of more, their number is told."""


def open_cluster(ctx: ActionContext, name: str = "", request_s: float = REQUEST_S) -> Cluster:
    """Return the cluster of a system; its token is kept out of everything that is written.

    Args:
        ctx: the action's context.
        name: the system; empty: the one that the run is aimed at.
        request_s: seconds that one request may take.

    Raises:
        NoCluster: its kubeconfig cannot be used.
    """
    cluster = Cluster(ctx.inventory.system(name or ctx.system, KubernetesSettings), request_s)
    if cluster.token:
        ctx.secret(cluster.token)
    return cluster


def uid_of(cluster: Cluster) -> str:
    """Return what tells a cluster from every other.

    Raises:
        NoCluster: it does not answer.
        Refused: it does not let us look.
    """
    return str(cluster.ask(_SYSTEM)["metadata"]["uid"])


def require_meant(cluster: Cluster) -> str:
    """Return the cluster's uid.

    Raises:
        ActionFailed: it is another one than the inventory means.
    """
    uid = uid_of(cluster)
    if words := _another(cluster.settings, cluster.address, uid):
        raise ActionFailed(words, cures=[Cure(words=_WHICH)])
    return uid


def identity(ctx: ActionContext) -> list[Identity]:
    """Return what tells the cluster that the run is aimed at from every other."""
    cluster = open_cluster(ctx)
    settings, system = cluster.settings, cluster.ask(_SYSTEM)["metadata"]
    uid = str(system["uid"])
    known = "the one that the inventory means" if settings.cluster else "the inventory names none (cluster:)"
    return [
        _reported("confirm", f"{settings.namespace}@{uid[:8]}"),
        _reported("host", cluster.address),
        _reported("namespace", f"{settings.namespace} of {uid}"),
        _reported("cluster", f"{uid}, made {system['creationTimestamp']}; {known}"),
        _nodes(cluster.visible("/api/v1/nodes")),
        _reported("context", settings.context or "the kubeconfig's current one"),
    ]


def _nodes(nodes: list[dict[str, Any]] | None) -> Identity:
    """Return a cluster's nodes as part of what it is."""
    if nodes is None:
        return Identity(name="nodes", value="our user may not look at them", known="unknown")
    names = ", ".join(sorted(one["metadata"]["name"] for one in nodes)[:_NAMED])
    return _reported("nodes", f"{count(len(nodes), 'node')}: {names}{', …' if nodes[_NAMED:] else ''}")


def ready_nodes(nodes: list[dict[str, Any]]) -> dict[str, bool]:
    """Return whether each node is ready, by name."""
    return {one["metadata"]["name"]: condition(one, "Ready").get("status") == "True" for one in nodes}


def condition(body: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """Return one of an object's conditions; empty where it has none of that type."""
    found = (body.get("status") or {}).get("conditions") or []
    return next((one for one in found if one.get("type") == kind), {})


_WHICH = "Look which cluster the kubeconfig leads to, and which one is meant (cluster: in the inventory)."


def _another(settings: KubernetesSettings, address: str, uid: str) -> str:
    if not settings.cluster or settings.cluster == uid:
        return ""
    return f"{address} is another cluster: its kube-system has the uid {uid}; the inventory means {settings.cluster}."


def _reported(name: str, value: str) -> Identity:
    return Identity(name=name, value=value, known="reported")
