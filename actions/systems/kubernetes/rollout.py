"""Whether a workload is rolled out: by kubectl's rules, and by what these leave out (paused, pods that still end)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from actions.systems.kubernetes.cluster import Object
from actions.systems.kubernetes.pods import is_over
from actions.systems.kubernetes.target import condition

KINDS = ("Deployment", "StatefulSet", "DaemonSet")


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """How far a workload is.

    Attributes:
        told: the workload: ``deployment.apps/api``.
        wanted: how many pods it is to have.
        ready: how many of the newest version are available.
        waiting: what is still missing; empty: it is rolled out.
        failed: why it will not be, by itself; empty: nobody can say that.
        held: it is to have no pods, and has none.
        retried: it failed, and the cluster tries again by itself, in ever longer steps.
    """

    told: str
    wanted: int
    ready: int
    waiting: str = ""
    failed: str = ""
    held: bool = False
    retried: bool = False

    @property
    def whole(self) -> bool:
        """Whether it is rolled out."""
        return not self.waiting and not self.failed

    @property
    def figures(self) -> str:
        """Its figures in words."""
        name = self.told.rpartition("/")[2]
        return f"{name} held at 0" if self.held else f"{name} {self.ready}/{self.wanted}"


def rollout(workload: Object, pods: Sequence[Object], lost_nodes: Sequence[str] = ()) -> Rollout:
    """Return how far a workload is.

    Args:
        workload: the workload, as the API server has it.
        pods: its pods, those that are ending too.
        lost_nodes: nodes that are not ready: what runs there, nobody knows.
    """
    kind, spec, status = workload["kind"], workload.get("spec") or {}, workload.get("status") or {}
    told = f"{kind.lower()}.apps/{workload['metadata']['name']}"
    wanted = int(status.get("desiredNumberScheduled") or 0) if kind == "DaemonSet" else int(spec.get("replicas", 1))
    ready = _ready(kind, status)
    waiting = _RULES[kind](spec, status, wanted)
    failed = _failed(workload) if waiting else ""  # what gave up once, and came through later, is rolled out
    waiting = "" if failed else waiting
    if int(status.get("observedGeneration") or 0) < int(workload["metadata"].get("generation") or 0):
        waiting, failed = "the controller has not seen its newest version yet", ""
    elif spec.get("paused"):
        waiting = "it is paused: its newest version is not rolled out"
    waiting = waiting or ("" if failed else _ending(pods, wanted) or _lost(pods, lost_nodes))
    return Rollout(
        told=told,
        wanted=wanted,
        ready=ready,
        waiting=waiting,
        failed=failed,
        held=not (wanted or waiting or failed),
        retried=failed.startswith(_NO_POD),
    )


_NO_POD = "no pod can be made: "


def _ready(kind: str, status: Mapping[str, Any]) -> int:
    if kind == "DaemonSet":
        return int(status.get("numberAvailable") or 0)
    if kind == "StatefulSet":
        return int(status.get("readyReplicas") or 0)
    return int(status.get("availableReplicas") or 0)


def _failed(workload: Object) -> str:
    """Return why a deployment gave up: its deadline passed, or it may not make pods."""
    progressing, failing = condition(workload, "Progressing"), condition(workload, "ReplicaFailure")
    if failing.get("status") == "True":
        return f"{_NO_POD}{failing.get('message')}"
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return f"it exceeded its progress deadline: {progressing.get('message')}"
    return ""


def _deployment(spec: Mapping[str, Any], status: Mapping[str, Any], wanted: int) -> str:
    updated, all_ = int(status.get("updatedReplicas") or 0), int(status.get("replicas") or 0)
    available = int(status.get("availableReplicas") or 0)
    if updated < wanted:
        return f"{updated} of {wanted} pods are of the newest version"
    if all_ > updated:
        return f"{all_ - updated} pods of an older version are still to end"
    if available < updated:
        return f"{available} of {updated} pods are available"
    return ""


def _stateful(spec: Mapping[str, Any], status: Mapping[str, Any], wanted: int) -> str:
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") not in (None, "RollingUpdate"):
        return f"it is not rolled out by itself (updateStrategy {strategy.get('type')})"
    ready, updated = int(status.get("readyReplicas") or 0), int(status.get("updatedReplicas") or 0)
    if ready < wanted:
        return f"{ready} of {wanted} pods are ready"
    partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    if partition and updated < wanted - partition:
        return f"{updated} of {wanted - partition} pods are of the newest version"
    if not partition and wanted and status.get("updateRevision") != status.get("currentRevision"):
        return f"{updated} of {wanted} pods are of the newest version"
    return ""


def _daemon(spec: Mapping[str, Any], status: Mapping[str, Any], wanted: int) -> str:
    if (spec.get("updateStrategy") or {}).get("type") not in (None, "RollingUpdate"):
        return "it is not rolled out by itself (updateStrategy OnDelete)"
    updated, available = int(status.get("updatedNumberScheduled") or 0), int(status.get("numberAvailable") or 0)
    if updated < wanted:
        return f"{updated} of {wanted} pods are of the newest version"
    return f"{available} of {wanted} pods are available" if available < wanted else ""


_RULES: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], int], str]] = {
    "Deployment": _deployment,
    "StatefulSet": _stateful,
    "DaemonSet": _daemon,
}


def _ending(pods: Sequence[Object], wanted: int) -> str:
    """Pods that end still write (kubectl#1628), and the figures of a workload leave them out."""
    ending = sorted(one["metadata"]["name"] for one in pods if one["metadata"].get("deletionTimestamp"))
    there = [one for one in pods if not is_over(one)]
    left = "" if wanted or ending or not there else f"{len(there)} pods are still there"
    return f"still ending: {', '.join(ending)}" if ending else left


def _lost(pods: Sequence[Object], lost_nodes: Sequence[str]) -> str:
    found = sorted({one["spec"]["nodeName"] for one in pods if (one.get("spec") or {}).get("nodeName") in lost_nodes})
    return f"pods on {', '.join(found)}, which is not ready: they may run on, or not" if found else ""
