"""``kubernetes.pull_images``: the manifests' images, by digest, on every node before anything is deployed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.readiness.ready import DRY_RUN
from actions.systems.kubernetes.by_hand import FOLDER, which_cluster
from actions.systems.kubernetes.cluster import Cluster
from actions.systems.kubernetes.images import Image, Pulled, parse_image, resolve
from actions.systems.kubernetes.manifests import Manifest, images, read_manifests
from actions.systems.kubernetes.pull_pods import OnNode, pull_pod
from actions.systems.kubernetes.pull_watch import our_pods, wait_for_pulls
from actions.systems.kubernetes.refusals import Refused
from actions.systems.kubernetes.settings import KubernetesSettings
from actions.systems.kubernetes.target import identity, open_cluster, ready_nodes, require_meant
from actions.systems.kubernetes.trial import Applier
from actions.systems.kubernetes.trust import require_trusted
from journal.errors import CleoError
from journal.wording.counting import count

_PAUSE_S = 0.5


def _by_hand(known: ByHand) -> Sequence[CommandLine]:
    settings = known.settings(KubernetesSettings)
    pull = ["crictl", "pull", "IMAGE@DIGEST"]
    return [
        which_cluster(settings),
        CommandLine(argv=pull, what="on every node, for every image of the manifests, by digest"),
    ]


@action(
    "kubernetes.pull_images",
    script="dr_pull_images.sh",
    probe="kubernetes.look",
    resumable=True,
    touches=("namespace",),
    target=identity,
    by_hand=_by_hand,
    params={
        "stable": "take only images that are named by the stable tag (stable_tag: in the inventory) or by digest",
        "path": "the folder of manifests, from where the inventory says that manifests lie",
        "wait_s": "seconds until every node must have them",
    },
    ready=DRY_RUN,
)
def pull_images(ctx: ActionContext, *, stable: bool = False, path: str = FOLDER, wait_s: float = 300.0) -> Outcome:
    """Pull the manifests' images to every node that can run them, by digest.

    What a tag means is asked at its registry once, now; kubernetes.apply then names the images by that digest. Where
    the inventory names keys or digests, an image that is not signed by one (cosign), or is another, is refused. Each
    node pulls through a pod whose command no image has: nothing of an image is run.

    Needs: registries that can be asked from here, and from the nodes; a user who may make pods in the namespace.

    Leaves: the images on the nodes, and their digests in the incident's files. The pods are removed.

    Killed half way: pods called cleo-pull-… may be left, which run nothing; run it again, it removes them.
    """
    cluster = open_cluster(ctx)
    require_meant(cluster)
    manifests = read_manifests(cluster.settings.folder(path), cluster.settings.namespace)
    wanted = [parse_image(one) for one in images(manifests)]
    if not wanted:
        raise ActionFailed(
            f"The manifests of {path} name no image.", "Name the folder that has those of the application."
        )
    _require_named(ctx, cluster.settings, wanted, stable)
    found = _resolved(ctx, cluster.settings, wanted)
    said = require_trusted(ctx, cluster.settings, found)
    nodes, findings = _nodes(ctx, cluster)
    findings += said
    words = f"have {count(len(nodes), 'node')} pull {count(len(found), 'image')}: {', '.join(nodes)}"
    if not ctx.effect(words):
        return Outcome(ok=True, summary=f"would {words}", findings=findings)
    Pulled(digests={one.text: one.by_digest for one in found}).keep(ctx.files, ctx.system)
    _require_namespace(ctx, cluster, manifests)
    try:
        states = _pull(ctx, cluster, found, nodes, manifests, wait_s)
    finally:
        _remove_pods(ctx, cluster)
    return _outcome(found, nodes, states, findings)


def _require_named(ctx: ActionContext, settings: KubernetesSettings, wanted: Sequence[Image], stable: bool) -> None:
    """Refuse images that are named by what was not decided."""
    signed = ctx.incident.decisions.get("images") == "signed"
    allowed = settings.stable_tag if settings.signed_by or not signed else ""  # a tag's image is verified with a key
    others = [one.text for one in wanted if not one.digest and one.tag != allowed]
    if others and (stable or signed):
        by = "by digest, as was decided" if signed and not allowed else f"by the tag {settings.stable_tag} or by digest"
        hint = (
            "Write the digests of the last signed images into the manifests."
            if signed
            else "Mend the manifests, or pull without --stable."
        )
        raise ActionFailed(f"The manifests name {', '.join(others)}; wanted are images named {by}.", hint)


def _resolved(ctx: ActionContext, settings: KubernetesSettings, wanted: list[Image]) -> list[Image]:
    """Return the images with their digests.

    Raises:
        ActionFailed: a registry does not tell one; all such are named.
    """
    answers = resolve(settings, wanted)
    found = [one for one in answers.values() if isinstance(one, Image)]
    missing = {text: one for text, one in answers.items() if isinstance(one, CleoError)}
    for one in found:
        ctx.log(f"{one.text} → {one.digest}")
    if missing:
        for text, error in missing.items():
            ctx.log(f"! {text}: {error.message}", "err")
        words = "; ".join(f"{text}: {error.message}" for text, error in missing.items())
        raise ActionFailed(
            f"{count(len(missing), 'image')} of {len(wanted)} cannot be had: {words}.",
            left_behind="Nothing was pulled.",
            findings=[Finding(severity="warning", about=t, text=e.message, cure=e.hint) for t, e in missing.items()],
            cures=[Cure(words=next(iter(missing.values())).hint)],
        )
    return found


def _nodes(ctx: ActionContext, cluster: Cluster) -> tuple[list[str], list[Finding]]:
    """Return the nodes that pull, and what is to be said of the others.

    Raises:
        ActionFailed: no node is ready.
    """
    listed = cluster.items("/api/v1/nodes")
    ready = ready_nodes(listed)
    kept = [one["metadata"]["name"] for one in listed if _kept_free(one)]
    for name in kept:
        ctx.log(f"{name} takes no pods of the application: left out")
    lost = [name for name, is_ready in ready.items() if not is_ready and name not in kept]
    findings = [
        Finding(severity="warning", about=name, text="the node is not ready: nothing is pulled to it", cure=_NODE)
        for name in lost
    ]
    nodes = sorted(name for name, is_ready in ready.items() if is_ready and name not in kept)
    if not nodes:
        raise ActionFailed(
            f"No node can pull: {', '.join(lost) or 'there is none'} not ready.", _NODE, findings=findings
        )
    return nodes, findings


_NODE = "See kubectl describe node, and whether its kubelet runs."
_LOST = "the node was lost while it pulled: whether it has the images, nobody can see"


def _kept_free(node: dict[str, Any]) -> bool:
    """Whether ordinary pods do not come to a node; one that is not ready is tainted for that, which does not count."""
    spec = node.get("spec") or {}
    taints = [one for one in spec.get("taints") or [] if not str(one.get("key")).startswith("node.kubernetes.io/")]
    return bool(spec.get("unschedulable")) or any(one.get("effect") in ("NoSchedule", "NoExecute") for one in taints)


def _require_namespace(ctx: ActionContext, cluster: Cluster, manifests: Sequence[Manifest]) -> None:
    """Make the namespace that the manifests bring, where it is not there yet: pods pull with its secrets."""
    namespace = cluster.settings.namespace
    if cluster.find(f"/api/v1/namespaces/{namespace}"):
        return
    made = next((one for one in manifests if one.kind == "Namespace" and one.name == namespace), None)
    if made is None:
        raise ActionFailed(
            f"There is no namespace {namespace}.", f"kubectl create namespace {namespace}, with the secrets that pull."
        )
    if ctx.effect(f"apply namespace/{namespace}, which is not there yet"):
        done = Applier(cluster).attempt(made, (), dry_run=False)
        if done.refusal:
            raise ActionFailed(f"namespace/{namespace}: {done.refusal}", done.hint)


def _pull(
    ctx: ActionContext,
    cluster: Cluster,
    found: Sequence[Image],
    nodes: Sequence[str],
    manifests: Sequence[Manifest],
    wait_s: float,
) -> list[OnNode]:
    """Have the nodes pull, and wait; return how far each image is on each node."""
    _remove_pods(ctx, cluster)
    pods = f"/api/v1/namespaces/{cluster.settings.namespace}/pods"
    secrets = sorted({one["name"] for each in manifests for one in each.pods.get("imagePullSecrets") or []})
    refs = [one.by_digest for one in found]
    refused = []
    for node in nodes:
        try:
            cluster.create(pods, pull_pod(node, refs, secrets, ctx.incident.id, wait_s))
        except Refused as error:
            refused += [OnNode(node=node, image=ref, state="failed", words=error.said) for ref in refs]
    return wait_for_pulls(ctx, cluster, refused, wait_s)


def _remove_pods(ctx: ActionContext, cluster: Cluster) -> None:
    """Remove the pods of this incident, and wait until they are gone: their names are used again."""
    for one in our_pods(ctx, cluster):
        cluster.delete(f"/api/v1/namespaces/{cluster.settings.namespace}/pods/{one['metadata']['name']}")
    end = time.monotonic() + 30
    while our_pods(ctx, cluster) and time.monotonic() < end:
        time.sleep(_PAUSE_S)


def _outcome(
    found: Sequence[Image], nodes: Sequence[str], states: Sequence[OnNode], findings: list[Finding]
) -> Outcome:
    """Return what came of it; a node that was lost meanwhile is left out, as one that was lost before."""
    missing = [one for one in states if one.state != "there"]
    lost = sorted({one.node for one in missing if one.state == "lost"})
    whole = [each for each in nodes if each not in {one.node for one in missing}]
    facts = {"images": {one.text: one.by_digest for one in found}, "nodes": whole, "missing": len(missing)}
    findings = [*(Finding(severity="warning", about=name, text=_LOST, cure=_NODE) for name in lost), *findings]
    failed = [one for one in missing if one.state != "lost"]
    if whole and not failed:
        what = f"{count(len(found), 'image')} on {len(whole)} of {count(len(nodes), 'node')}"
        return Outcome(ok=True, summary=f"{what}; deployments name them by digest.", facts=facts, findings=findings)
    named = [
        Finding(severity="warning", about=one.image, text=f"{one.node}: {_why(one)}", cure=_NOT_PULLED)
        for one in failed
    ]
    words = "; ".join(f"{one.image} on {one.node}: {_why(one)}" for one in (failed or missing)[:3])
    more = f"; and {len(missing) - 3} more" if missing[3:] else ""
    return Outcome(
        ok=False,
        summary=f"Not everywhere: {words}{more}.",
        facts=facts,
        findings=[*named, *findings],
        cures=[Cure(words=_NOT_PULLED if failed else _NODE)],
        left_behind="What was pulled stays on its node.",
    )


def _why(one: OnNode) -> str:
    return one.words or "not there in time: the registry is slow or hangs, or the node is"


_NOT_PULLED = (
    "See whether the node reaches the registry, and whether the secret that it pulls with is in the namespace; "
    "then pull again."
)
