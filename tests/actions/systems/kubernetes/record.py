"""Records how a real cluster shows workloads and pods: ``python -m tests.actions.systems.kubernetes.record``.

What it writes (`recorded/`) is what `test_rollout` judges, where no cluster can be had.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from actions.systems.kubernetes.pods import of_workload, stuck
from actions.systems.kubernetes.rollout import rollout
from tests.actions.systems.kubernetes.clusters import APPS, HERE, ClusterLab, cluster_lab
from tests.waiting import until

FOLDER = Path(__file__).with_name("recorded")
Recorded = dict[str, Any]


def main() -> None:
    """Bring a deployment into each state, and write it down."""
    FOLDER.mkdir(exist_ok=True)
    with cluster_lab() as kube:
        for name, (change, reached) in _STATES.items():
            kube.as_it_was()
            until(lambda: not kube.cluster.items(f"{HERE}/pods"), 90)
            change(kube)
            until(lambda wanted=reached: wanted(_now(kube)), 120)
            (FOLDER / f"{name}.json").write_text(json.dumps(_now(kube), sort_keys=True) + "\n")
            print(name)


def _now(kube: ClusterLab) -> Recorded:
    """Return the deployment and its pods, without what says who wrote which field."""
    api = kube.deployment("api") or {"metadata": {}, "spec": {}}
    pods = of_workload(api, kube.cluster.items(f"{HERE}/pods"))
    for one in (api, *pods):
        one["metadata"].pop("managedFields", None)
    return {"workload": api, "pods": pods}


def _applied(kube: ClusterLab) -> None:
    kube.do("apply")


def _changed(old: str, new: str) -> Callable[[ClusterLab], None]:
    def change(kube: ClusterLab) -> None:
        kube.change("20-api.yaml", old, new)
        kube.do("apply")

    return change


def _then(spec: Recorded) -> Callable[[ClusterLab], None]:
    """Deploy, and once it is rolled out change what somebody may change."""

    def change(kube: ClusterLab) -> None:
        kube.do("apply")
        assert kube.do("verify_deployments").ok
        kube.patch(f"{APPS}/api", {"spec": spec})

    return change


def _reason(wanted: str) -> Callable[[Recorded], bool]:
    return lambda now: any(stuck(one)[0] == wanted for one in now["pods"])


def _whole(now: Recorded) -> bool:
    return bool(now["pods"]) and rollout(**now).whole


_TEMPLATE = {"template": {"metadata": {"annotations": {"again": "1"}}}}
_STATES: dict[str, tuple[Callable[[ClusterLab], None], Callable[[Recorded], bool]]] = {
    "whole": (_applied, _whole),
    "begun": (_applied, lambda now: len(now["pods"]) == 3),
    "half-way": (_then(_TEMPLATE), lambda now: now["workload"]["status"].get("replicas") == 4),
    "paused": (_then({"paused": True, **_TEMPLATE}), lambda now: now["workload"]["metadata"]["generation"] == 2),
    "ending": (_then({"replicas": 0}), lambda now: any("deletionTimestamp" in one["metadata"] for one in now["pods"])),
    "no-image": (_changed("api:stable", "api:none"), _reason("ImagePullBackOff")),
    "no-secret": (_changed("name: cleoai-databases", "name: missing"), _reason("CreateContainerConfigError")),
    "no-node": (_changed("cpu: 100m", "cpu: '1000'"), _reason("Unschedulable")),
    "not-ready": (_changed("path: /ready", "path: /none"), _reason("NotReady")),
}

if __name__ == "__main__":
    main()
