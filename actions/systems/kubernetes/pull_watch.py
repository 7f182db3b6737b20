"""Waits until nodes have pulled their images; what fails for long, or whose node is lost for long, is given up."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from actions.context import ActionContext, Progress
from actions.systems.kubernetes.cluster import Cluster, Object
from actions.systems.kubernetes.patience import patiently
from actions.systems.kubernetes.pull_pods import LABEL, OnNode, seen
from actions.systems.kubernetes.target import ready_nodes

_PAUSE_S, _NODES_S = 0.5, 3.0
"""Seconds between two looks at the pods, and at the nodes."""
_GIVE_UP_S = 30.0
"""Seconds that a pull may fail before it is given up, once all others are through: a registry may have a bad moment,
and a node may be started again."""


def our_pods(ctx: ActionContext, cluster: Cluster) -> list[Object]:
    """Return the pods that pull for this incident."""
    pods = f"/api/v1/namespaces/{cluster.settings.namespace}/pods"
    return cluster.items(pods, labelSelector=f"{LABEL}={ctx.incident.id.lower()}")


def wait_for_pulls(ctx: ActionContext, cluster: Cluster, refused: Sequence[OnNode], wait_s: float) -> list[OnNode]:
    """Return how far each image is on each node, once nothing more is to be expected.

    Args:
        ctx: the action's context.
        cluster: the cluster.
        refused: what no pod could be made for.
        wait_s: seconds after which no more is waited.
    """
    begun, failing_since, watched = time.monotonic(), 0.0, _Watched(ctx, cluster)
    while True:
        states = [*refused, *watched.look()]
        watched.tell(states)
        there, left = sum(one.state == "there" for one in states), [one for one in states if one.state == "open"]
        ctx.progress(Progress(fraction=there / max(len(states), 1), text=f"{there} of {len(states)} are there"))
        now = time.monotonic()
        failing_since = 0.0 if left or there == len(states) else failing_since or now
        given_up = failing_since and now - failing_since > min(_GIVE_UP_S, wait_s)
        if there == len(states) or given_up or len(refused) == len(states) or now - begun > wait_s:
            return states
        ctx.check_cancelled()
        time.sleep(_PAUSE_S)


class _Watched:
    """What is known of the pulls so far: their causes, which nodes are lost, and what was told.

    Args:
        ctx: the action's context.
        cluster: the cluster.
    """

    def __init__(self, ctx: ActionContext, cluster: Cluster) -> None:
        self._ctx, self._cluster = ctx, cluster
        self._causes: dict[tuple[str, str], str] = {}
        self._told: set[tuple[str, str, str]] = set()
        self._lost: set[str] = set()
        self._nodes_at = 0.0

    def look(self) -> list[OnNode]:
        """Return how far the pods are now."""
        if time.monotonic() - self._nodes_at > _NODES_S:
            nodes = ready_nodes(patiently(self._ctx, lambda: self._cluster.items("/api/v1/nodes")))
            self._lost = {name for name, ready in nodes.items() if not ready}
            self._nodes_at = time.monotonic()
        pods = patiently(self._ctx, lambda: our_pods(self._ctx, self._cluster))
        return [self._known(one) for pod in pods for one in seen(pod)]

    def _known(self, one: OnNode) -> OnNode:
        """Return it with the words of its last try: while a node waits for the next one, it only says that it waits."""
        key = (one.node, one.image)
        if one.state != "there" and one.node in self._lost:
            return msgspec.structs.replace(one, state="lost", words="its node is not ready any more")
        if one.state != "failed":
            return one
        if "Back-off" not in one.words:
            self._causes[key] = one.words
        return msgspec.structs.replace(one, words=self._causes.get(key, one.words))

    def tell(self, states: Sequence[OnNode]) -> None:
        """Print what is new."""
        for one in states:
            if one.state != "open" and (one.node, one.image, one.state) not in self._told:
                self._told.add((one.node, one.image, one.state))
                stream = "out" if one.state == "there" else "err"
                self._ctx.log(f"{one.node}: {one.image} {one.words or 'is there'}", stream)
