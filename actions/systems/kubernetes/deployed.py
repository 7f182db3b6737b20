"""What of the manifests' workloads stands in the cluster now: read once, judged by rules that ask nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from actions.systems.kubernetes.cluster import Cluster, Object
from actions.systems.kubernetes.manifests import Manifest
from actions.systems.kubernetes.pods import HARD, changed_at, configuration_of, is_over, of_workload, older, restarts
from actions.systems.kubernetes.rollout import KINDS, Rollout, rollout
from actions.systems.kubernetes.target import ready_nodes
from actions.systems.kubernetes.verdicts import Verdict, verdict

_EVENTS = 3
"""Events that are told of one workload, the newest first."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """One workload.

    Attributes:
        rollout: how far it is.
        namespace: where it is.
        stuck: why its pods do not serve, by pod; the hardest reasons first, pods that are over last.
        events: the newest warnings about it.
        older: pods that do not know their configuration's newest values, and which that is.
        restarts: how often its containers were started again.
        images: what its pods really run, by digest.
    """

    rollout: Rollout
    namespace: str
    stuck: Mapping[str, Verdict] = {}
    events: Sequence[str] = ()
    older: Sequence[tuple[str, str]] = ()
    restarts: int = 0
    images: Sequence[str] = ()

    @property
    def hard(self) -> str:
        """The first reason that seldom goes by itself; empty: there is none."""
        return next((f"{one.reason}: {one.words}" for one in self.stuck.values() if one.reason in HARD), "")

    @property
    def verified(self) -> bool:
        """Whether it is rolled out, and knows its configuration."""
        return self.rollout.whole and not self.older

    @property
    def open(self) -> str:
        """What is missing, in words; empty: nothing."""
        one = self.rollout
        if one.failed or one.waiting:
            why = next((f"{pod}: {found.reason}: {found.words}" for pod, found in self.stuck.items()), "")
            return f"{one.figures}: {one.failed or one.waiting}{f' ({why})' if why else ''}"
        if self.older:
            pod, what = self.older[0]
            return f"{one.figures}: {len(self.older)} pods began before {what} was changed ({pod})"
        return ""


def look_at_workloads(cluster: Cluster, manifests: Sequence[Manifest]) -> list[State]:
    """Return the workloads of some manifests as they stand in the cluster.

    Raises:
        NoCluster: the cluster does not answer.
        Refused: it does not let us look.
    """
    wanted = [one for one in manifests if one.kind in KINDS]
    lost = [name for name, ready in ready_nodes(cluster.visible("/api/v1/nodes") or []).items() if not ready]
    found = []
    for namespace in sorted({one.namespace for one in wanted}):
        here = f"/api/v1/namespaces/{namespace}"
        pods, events = cluster.items(f"{here}/pods"), cluster.items(f"{here}/events")
        configurations = _configurations(cluster, here, wanted)
        found += [
            _state(cluster, one, (pods, events), configurations, lost) for one in wanted if one.namespace == namespace
        ]
    return found


def _state(
    cluster: Cluster,
    manifest: Manifest,
    seen: tuple[list[Object], list[Object]],
    configurations: Mapping[tuple[str, str], str],
    lost: Sequence[str],
) -> State:
    plural = f"{manifest.kind.lower()}s"
    live = cluster.find(f"/apis/apps/v1/namespaces/{manifest.namespace}/{plural}/{manifest.name}")
    if live is None:
        gone = Rollout(told=manifest.told, wanted=1, ready=0, failed="it is not in the cluster: apply the manifests")
        return State(rollout=gone, namespace=manifest.namespace)
    pods = of_workload(live, seen[0])
    how = rollout(live, pods, lost)
    found = [(is_over(one), one["metadata"]["name"], verdict(one, seen[1], lost)) for one in pods]
    found.sort(key=lambda one: (one[0], one[2].reason not in HARD))
    return State(
        rollout=how,
        namespace=manifest.namespace,
        stuck={name: one for _, name, one in found if one.reason},
        events=_events(seen[1], manifest.name, [one["metadata"]["name"] for one in pods]) if not how.whole else [],
        older=older(pods, configurations),
        restarts=restarts(pods),
        images=sorted(
            {
                one["imageID"]
                for pod in pods
                for one in (pod.get("status") or {}).get("containerStatuses") or []
                if one.get("imageID")
            }
        ),
    )


def _configurations(cluster: Cluster, here: str, wanted: Sequence[Manifest]) -> dict[tuple[str, str], str]:
    """Return when each ConfigMap and Secret that the workloads name was changed last; what is not there is left out."""
    plurals = {"ConfigMap": "configmaps", "Secret": "secrets"}
    names = {key for one in wanted for key in configuration_of(one.pods)}
    live = {(kind, name): cluster.find(f"{here}/{plurals[kind]}/{name}") for kind, name in sorted(names)}
    return {key: changed_at(one) for key, one in live.items() if one}


def _events(events: Sequence[Object], name: str, pods: Sequence[str]) -> list[str]:
    """Return the newest warnings about a workload, its replica sets and its pods."""
    about = [one for one in events if one.get("type") == "Warning" and _is_about(one, name, pods)]
    newest = sorted(about, key=lambda one: str(one.get("lastTimestamp") or one.get("eventTime") or ""), reverse=True)
    told = [f"{one['involvedObject']['name']}: {one.get('reason')}: {one.get('message')}" for one in newest]
    return list(dict.fromkeys(told))[:_EVENTS]


def _is_about(event: Object, name: str, pods: Sequence[str]) -> bool:
    about = event.get("involvedObject") or {}
    whose = str(about.get("name"))
    if about.get("kind") == "Pod":
        return whose in pods
    return whose == name or (about.get("kind") == "ReplicaSet" and whose.rpartition("-")[0] == name)
