"""Records how a real cluster shows workloads and pods: ``python -m tests.actions.systems.kubernetes.record``.

What it writes (`recorded/`) is what `test_rollout` judges, where no cluster can be had.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from actions.systems.kubernetes.pods import of_workload
from actions.systems.kubernetes.rollout import rollout
from actions.systems.kubernetes.verdicts import verdict
from tests.actions.systems.kubernetes.clusters import APPS, HERE, ClusterLab, cluster_lab
from tests.waiting import until

_POLICY = "imagePullPolicy: IfNotPresent"
FOLDER = Path(__file__).with_name("recorded")
Recorded = dict[str, Any]


def main() -> None:
    """Bring a deployment into each state, and write it down."""
    FOLDER.mkdir(exist_ok=True)
    with cluster_lab() as kube:
        record(kube, sys.argv[1:] or list(STATES))


def record(kube: ClusterLab, names: Sequence[str]) -> None:
    """Write some states down."""
    for name in names:
        change, reached = STATES[name]
        kube.as_it_was()
        until(lambda: not kube.cluster.items(f"{HERE}/pods"), 90)
        change(kube)
        until(lambda wanted=reached: wanted(_now(kube)), 120)
        (FOLDER / f"{name}.json").write_text(json.dumps(_now(kube), sort_keys=True) + "\n")
        print(name)


def _now(kube: ClusterLab) -> Recorded:
    """Return the deployment, its pods and what is told of these, without what says who wrote which field."""
    api = kube.deployment("api") or {"metadata": {}, "spec": {}}
    pods = of_workload(api, kube.cluster.items(f"{HERE}/pods"))
    uids = {one["metadata"]["uid"] for one in pods}
    events = [one for one in kube.cluster.items(f"{HERE}/events") if one["involvedObject"].get("uid") in uids]
    for one in (api, *pods, *events):
        one["metadata"].pop("managedFields", None)
    return {"workload": api, "pods": pods, "events": events}


def _applied(kube: ClusterLab) -> None:
    kube.do("apply")


def changed(*words: tuple[str, str]) -> Callable[[ClusterLab], None]:
    """Return what changes words of the API's manifest, and applies it."""

    def change(kube: ClusterLab) -> None:
        for old, new in words:
            kube.change("20-api.yaml", old, new)
        kube.do("apply")

    return change


def runs(*command: str) -> tuple[str, str]:
    """Return the words that have the API's container run another command."""
    return _POLICY, f"{_POLICY}\n          command: {json.dumps(command)}"


def _then(spec: Recorded) -> Callable[[ClusterLab], None]:
    """Deploy, and once it is rolled out change what somebody may change."""

    def change(kube: ClusterLab) -> None:
        kube.do("apply")
        assert kube.do("verify_deployments").ok
        kube.patch(f"{APPS}/api", {"spec": spec})

    return change


def _reason(wanted: str) -> Callable[[Recorded], bool]:
    return lambda now: any(verdict(one, now["events"]).reason == wanted for one in now["pods"])


def _says(words: str) -> Callable[[Recorded], bool]:
    return lambda now: any(words in verdict(one, now["events"]).words for one in now["pods"])


def _whole(now: Recorded) -> bool:
    return bool(now["pods"]) and rollout(now["workload"], now["pods"]).whole


LITTLE_MEMORY = (
    "requests: {cpu: 100m, memory: 256Mi}\n            limits: {memory: 1Gi}",
    "requests: {cpu: 100m, memory: 16Mi}\n            limits: {memory: 16Mi}",
)
NO_VOLUME = (
    "      imagePullSecrets:",
    "      volumes: [{name: v, secret: {secretName: gone}}]\n      imagePullSecrets:",
)
NOT_ALIVE = (
    "livenessProbe:\n            httpGet: {path: /health, port: 8000}\n            periodSeconds: 10",
    "livenessProbe:\n            httpGet: {path: /none, port: 8000}\n            periodSeconds: 1",
)
SMALL_VOLUME = (
    "      imagePullSecrets:",
    "      volumes: [{name: v, emptyDir: {sizeLimit: 1Mi}}]\n      imagePullSecrets:",
)
MOUNTED = ("          envFrom:", "          volumeMounts: [{name: v, mountPath: /v}]\n          envFrom:")
TOO_MUCH = "dd if=/dev/zero of=/v/full bs=1M count=20; exec serve"
_TEMPLATE = {"template": {"metadata": {"annotations": {"again": "1"}}}}
STATES: dict[str, tuple[Callable[[ClusterLab], None], Callable[[Recorded], bool]]] = {
    "whole": (_applied, _whole),
    "begun": (_applied, lambda now: len(now["pods"]) == 3),
    "half-way": (_then(_TEMPLATE), lambda now: now["workload"]["status"].get("replicas") == 4),
    "paused": (_then({"paused": True, **_TEMPLATE}), lambda now: now["workload"]["metadata"]["generation"] == 2),
    "ending": (_then({"replicas": 0}), lambda now: any("deletionTimestamp" in one["metadata"] for one in now["pods"])),
    "no-image": (changed(("api:stable", "api:none")), _reason("ImagePullBackOff")),
    "no-secret": (changed(("name: cleoai-databases", "name: missing")), _reason("CreateContainerConfigError")),
    "no-node": (changed(("cpu: 100m", "cpu: '1000'")), _reason("Unschedulable")),
    "crashing": (changed(runs("sh", "-c", "echo cannot reach postgres; exit 3")), _reason("CrashLoopBackOff")),
    "ends-well": (changed(runs("true")), _reason("CrashLoopBackOff")),
    "no-command": (changed(runs("/none")), _reason("StartError")),
    "no-memory": (changed(runs("tail", "/dev/zero"), LITTLE_MEMORY), _reason("OOMKilled")),
    "no-volume": (changed(NO_VOLUME, MOUNTED), _reason("FailedMount")),
    "probe-fails": (changed(NOT_ALIVE), _reason("ProbeFailed")),
    "as-root": (changed((", runAsUser: 1000", "")), _reason("CreateContainerConfigError")),
    "evicted": (changed(runs("sh", "-c", TOO_MUCH), SMALL_VOLUME, MOUNTED), _reason("Evicted")),
    "not-ready": (changed(("path: /ready", "path: /none")), _says("Readiness probe failed")),
}

if __name__ == "__main__":
    main()
