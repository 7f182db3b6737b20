"""``kubernetes.verify_deployments``: every workload of the manifests is rolled out, or why it is not."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.kubernetes.ahead import unserved
from actions.systems.kubernetes.by_hand import FOLDER, kubectl, which_cluster
from actions.systems.kubernetes.cluster import Cluster
from actions.systems.kubernetes.deployed import State
from actions.systems.kubernetes.images import Pulled
from actions.systems.kubernetes.manifests import Manifest, read_manifests
from actions.systems.kubernetes.rollout import KINDS
from actions.systems.kubernetes.settings import KubernetesSettings
from actions.systems.kubernetes.target import identity, open_cluster, require_meant
from actions.systems.kubernetes.watch import helps, tell, watch
from journal.wording.counting import count
from journal.wording.durations import rough_duration


def _by_hand(known: ByHand) -> Sequence[CommandLine]:
    settings = known.settings(KubernetesSettings)
    status = kubectl(settings, "rollout", "status", "--timeout=300s", "deployment/NAME")
    return [
        which_cluster(settings),
        CommandLine(argv=status, what="for each deployment of the manifests"),
        CommandLine(
            argv=kubectl(settings, "get", "pods", "-o", "wide"),
            what="none is left over, ends, or is older than its configuration",
        ),
        CommandLine(
            argv=kubectl(settings, "get", "events", "--field-selector", "type=Warning"), what="why something is stuck"
        ),
    ]


@action(
    "kubernetes.verify_deployments",
    script="dr_verify_deployments.sh",
    target=identity,
    by_hand=_by_hand,
    params={
        "path": "the folder of manifests, from where the inventory says that manifests lie",
        "wait_s": "seconds until everything must be rolled out",
    },
)
def verify_deployments(ctx: ActionContext, *, path: str = FOLDER, wait_s: float = 300.0) -> Outcome:
    """Verify that every workload of the manifests is rolled out.

    As kubectl defines it; beyond that none may be paused, no pod may still be ending or be on a node that is not ready,
    and none may be older than a ConfigMap or Secret that it takes its values from. What is held at 0 has no pod left.
    Rolled out, they must stay so for some seconds, with no container started again. Of what is stuck the reason is
    told, the last words of its container, and what helps.

    Needs: a kubeconfig whose user may look at workloads, pods, events and nodes; the folder on this machine.
    """
    cluster = open_cluster(ctx)
    require_meant(cluster)
    manifests = read_manifests(cluster.settings.folder(path), cluster.settings.namespace)
    if not any(one.kind in KINDS for one in manifests):
        raise ActionFailed(
            f"The manifests of {path} have no workload to verify.", "Name the folder that has those of the application."
        )
    begun = time.monotonic()
    states = watch(ctx, cluster, manifests, 0.0 if ctx.dry_run else wait_s)
    waited = "now" if ctx.dry_run else f"after {rough_duration(time.monotonic() - begun)}"
    told = tell(ctx, cluster, states)
    return _outcome(ctx, cluster, manifests, states, waited, told)


def _outcome(
    ctx: ActionContext,
    cluster: Cluster,
    manifests: Sequence[Manifest],
    states: Sequence[State],
    waited: str,
    told: Mapping[str, str],
) -> Outcome:
    left = [one for one in states if not one.verified]
    figures = ", ".join(one.rollout.figures for one in states)
    facts = {
        "workloads": {one.rollout.told: f"{one.rollout.ready}/{one.rollout.wanted}" for one in states},
        "restarts": sum(one.restarts for one in states),
        "images": sorted({image for one in states for image in one.images}),
    }
    findings = [*_restarted(states), *_evicted(states), *_other_images(ctx, states), *_released(cluster, manifests)]
    findings += _unserved(cluster, manifests, states)
    if not left:
        return Outcome(
            ok=True, summary=f"{count(len(states), 'workload')} rolled out: {figures}.", facts=facts, findings=findings
        )
    named = [
        Finding(severity="warning", about=one.rollout.told, text=told[one.rollout.told], cure=helps(one).words)
        for one in left
    ]
    return Outcome(
        ok=False,
        summary=f"{len(states) - len(left)} of {count(len(states), 'workload')} rolled out {waited}: "
        f"{'; '.join(told.values())}.",
        facts=facts,
        findings=[*named, *findings],
        cures=[helps(left[0])],
    )


def _restarted(states: Sequence[State]) -> list[Finding]:
    """Return a note for each workload whose containers were started again."""
    text = "its containers were started again {} times"
    cure = "See kubectl logs --previous of its pods."
    return [
        Finding(severity="warning", about=one.rollout.told, text=text.format(one.restarts), cure=cure)
        for one in states
        if one.restarts
    ]


def _evicted(states: Sequence[State]) -> Iterator[Finding]:
    """Yield a warning for each workload of which pods were put off their node: others took their place, so far."""
    for one in states:
        found = [each for each in one.stuck.values() if each.reason == "Evicted"]
        if found:
            text = f"{count(len(found), 'pod')} of it evicted: {found[0].words}"
            yield Finding(severity="warning", about=one.rollout.told, text=text, cure=found[0].cure.words)


def _other_images(ctx: ActionContext, states: Sequence[State]) -> list[Finding]:
    """Return a warning for each image that runs and is none of those that this incident pulled."""
    pulled = {one.rpartition("@")[2] for one in Pulled.of(ctx.files, ctx.system).digests.values()}
    return [
        Finding(
            severity="warning",
            about=one.rollout.told,
            text=f"it runs {image}, which this incident did not pull",
            cure="Apply the manifests again.",
        )
        for one in states
        for image in one.images
        if pulled and image.rpartition("@")[2] not in pulled
    ]


def _unserved(cluster: Cluster, manifests: Sequence[Manifest], states: Sequence[State]) -> Iterator[Finding]:
    """Yield a warning for each service that leads to no pod, but for those whose workload is held or not rolled out."""
    not_there = {one.rollout.told for one in states if one.rollout.held or not one.verified}
    for one in manifests:
        selector = (one.body.get("spec") or {}).get("selector") if one.kind == "Service" else None
        behind = [each for each in manifests if selector and selector.items() <= _labels(each).items()]
        if not selector or any(each.told in not_there for each in behind):
            continue
        if why := unserved(cluster, {"namespace": one.namespace, "name": one.name}):
            text = "no pod stands ready behind it: nobody is served" if "no pod" in why else "it is not there"
            cure = "Compare its selector with the labels of the pods: kubectl get pods --show-labels"
            yield Finding(severity="warning", about=one.told, text=text, cure=cure)


def _labels(one: Manifest) -> dict[str, str]:
    """Return the labels of the pods of a workload; of anything else none."""
    template = (one.body.get("spec") or {}).get("template") or {}
    return (template.get("metadata") or {}).get("labels") or {}


def _released(cluster: Cluster, manifests: Sequence[Manifest]) -> list[Finding]:
    """Return a note for each CronJob: whether it is held."""
    found = []
    for one in manifests:
        kind = cluster.kind(one.api, one.kind) if one.kind == "CronJob" else None
        live = cluster.find(kind.path(one.namespace, one.name)) if kind else None
        if live and not (live.get("spec") or {}).get("suspend"):
            found.append(Finding(severity="note", about=one.told, text="it is not suspended: it runs by its schedule"))
    return found
