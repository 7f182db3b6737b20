"""What a container said before it ended: the end of its log, of the life before this one where another began."""

from __future__ import annotations

from actions.systems.kubernetes.cluster import Cluster
from actions.systems.kubernetes.refusals import NoCluster, Refused
from actions.systems.kubernetes.verdicts import Verdict

LINES = 5
"""Lines that are shown of one container."""
_BYTES, _LONGEST = 8192, 200


def last_words(cluster: Cluster, namespace: str, pod: str, found: Verdict) -> list[str]:
    """Return the last lines of the container that a verdict names; why, where they cannot be had.

    Args:
        cluster: the cluster.
        namespace: where the pod is.
        pod: its name.
        found: why it does not serve.
    """
    if not found.container:
        return []
    before = {"previous": "true"} if found.previous else {}
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
    try:
        text = cluster.text(path, container=found.container, tailLines=str(LINES), limitBytes=str(_BYTES), **before)
    except Refused as error:
        return [f"(its log cannot be read: {error.said})"]
    except NoCluster as error:
        return [f"(its log cannot be read: {error.message})"]
    lines = [line.strip()[:_LONGEST] for line in text.splitlines() if line.strip()]
    return lines[-LINES:] or ["(it said nothing)"]
