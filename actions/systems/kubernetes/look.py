"""``kubernetes.look``: which cluster it is, what runs there, and what would stand in the way of an apply."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Finding, Outcome
from actions.systems.kubernetes.ahead import findings, gone_backends
from actions.systems.kubernetes.cluster import Cluster
from actions.systems.kubernetes.nodes import node_findings
from actions.systems.kubernetes.pull_pods import LABEL
from actions.systems.kubernetes.rollout import rollout
from actions.systems.kubernetes.target import identity, open_cluster, ready_nodes, require_meant
from actions.systems.kubernetes.verdicts import verdict
from journal.wording.counting import count


@action("kubernetes.look", target=identity)
def look(ctx: ActionContext) -> Outcome:
    """Tell which cluster this is, which nodes are ready, what runs in the namespace, and what would stop an apply.

    Needs: a kubeconfig whose user may look at nodes, workloads, pods and webhooks.
    """
    cluster = open_cluster(ctx)
    ctx.log(f"{cluster.address}: {require_meant(cluster)}")
    lines, found = survey(cluster)
    for line in lines:
        ctx.log(line)
    for one in found:
        ctx.log(f"! {one.about}: {one.text}", "err")
    return Outcome(ok=True, summary=f"{lines[0]}; {count(len(found), 'finding')}.", findings=found)


def survey(cluster: Cluster) -> tuple[list[str], list[Finding]]:
    """Return what there is, a line each (the first sums it up), and what a person must see to.

    Raises:
        NoCluster: the cluster does not answer.
        Refused: it does not let us look.
    """
    here, machines = cluster.settings.namespace, cluster.visible("/api/v1/nodes") or []
    nodes = ready_nodes(machines)
    states = [rollout(one, ()) for one in cluster.items(f"/apis/apps/v1/namespaces/{here}/deployments")]
    pods, events = cluster.items(f"/api/v1/namespaces/{here}/pods"), cluster.items(f"/api/v1/namespaces/{here}/events")
    ours = [one["metadata"]["name"] for one in pods if LABEL in (one["metadata"].get("labels") or {})]
    lost = [name for name, ready in nodes.items() if not ready]
    told = {one["metadata"]["name"]: verdict(one, events, lost) for one in pods if one["metadata"]["name"] not in ours}
    whole = sum(one.whole for one in states)
    lines = [
        f"{sum(nodes.values())} of {count(len(nodes), 'node')} ready, "
        f"{whole} of {count(len(states), 'deployment')} rolled out",
        *(f"node {name}: {'ready' if ready else 'NOT READY'}" for name, ready in sorted(nodes.items())),
        *(f"{one.figures}{f': {one.failed or one.waiting}' if not one.whole else ''}" for one in states),
        *(f"pod {name}: {one.reason}: {one.words}" for name, one in told.items() if one.reason),
    ]
    return lines, [*node_findings(machines), *_left(ours), *findings(gone_backends(cluster))]


def _left(ours: list[str]) -> list[Finding]:
    text = "it pulls images for kubernetes.pull_images, or was left by one that was cut short"
    return [Finding(severity="note", about=f"pod {name}", text=text) for name in ours]
