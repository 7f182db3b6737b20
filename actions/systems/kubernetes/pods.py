"""Pods of a workload: which they are, why they are stuck, and whether they know the configuration that there is now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from actions.systems.kubernetes.cluster import Object
from actions.systems.kubernetes.manifests import containers
from actions.systems.kubernetes.target import condition

HARD = (
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "CrashLoopBackOff",
    "RunContainerError",
    "Unschedulable",
)
"""Reasons that seldom go by themselves."""


def of_workload(workload: Object, pods: Iterable[Object]) -> list[Object]:
    """Return the pods that a workload's selector means."""
    selector = (workload.get("spec") or {}).get("selector") or {}
    return [one for one in pods if _selected(selector, one["metadata"].get("labels") or {})]


def _selected(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_fits(one, labels) for one in selector.get("matchExpressions") or []) and bool(selector)


def _fits(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    operator = expression["operator"]
    if operator in ("In", "NotIn"):
        return bool((labels.get(key) in values) == (operator == "In"))
    return bool((key in labels) == (operator == "Exists"))


def stuck(pod: Object) -> tuple[str, str]:
    """Return why a pod is not ready: a reason in a word, and the same in words; empty: it is ready, or ends."""
    if pod["metadata"].get("deletionTimestamp") or condition(pod, "Ready").get("status") == "True":
        return "", ""
    status = pod.get("status") or {}
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return "Unschedulable", f"no node takes it: {scheduled.get('message')}"
    states = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    for one in states:
        if (found := _container(one))[0]:
            return found
    if status.get("phase") == "Failed":
        return str(status.get("reason") or "Failed"), str(status.get("message") or "it failed")
    unready = [one["name"] for one in states if not one.get("ready")]
    if status.get("phase") == "Running":
        return "NotReady", f"{', '.join(unready)} runs, and its readiness probe does not pass"
    return "", "it is being made"


def _container(status: Mapping[str, Any]) -> tuple[str, str]:
    name, restarts = status["name"], int(status.get("restartCount") or 0)
    waiting = (status.get("state") or {}).get("waiting") or {}
    reason = str(waiting.get("reason") or "")
    if reason == "CrashLoopBackOff":
        last = (status.get("lastState") or {}).get("terminated") or {}
        why = f"{last.get('reason')}, exit code {last.get('exitCode')}" if last else "see its log"
        return reason, f"{name} ended {restarts} times: {why}"
    if reason and reason not in ("ContainerCreating", "PodInitializing"):
        return reason, f"{name}: {waiting.get('message') or reason}"
    return "", ""


def restarts(pods: Iterable[Object]) -> int:
    """Return how often containers of some pods were started again."""
    return sum(
        int(one.get("restartCount") or 0)
        for pod in pods
        for one in (pod.get("status") or {}).get("containerStatuses") or []
    )


def configuration_of(pods: Object) -> Iterator[tuple[str, str]]:
    """Yield kind and name of each ConfigMap and Secret that a pod takes its configuration from."""
    for one in containers(pods):
        for source in one.get("envFrom") or []:
            yield from _referred(source, "configMapRef", "secretRef")
        for variable in one.get("env") or []:
            yield from _referred(variable.get("valueFrom") or {}, "configMapKeyRef", "secretKeyRef")
    for volume in pods.get("volumes") or []:
        if "configMap" in volume:
            yield "ConfigMap", str(volume["configMap"]["name"])
        if "secret" in volume:
            yield "Secret", str(volume["secret"]["secretName"])


def _referred(source: Mapping[str, Any], map_: str, secret: str) -> Iterator[tuple[str, str]]:
    if map_ in source:
        yield "ConfigMap", str(source[map_]["name"])
    if secret in source:
        yield "Secret", str(source[secret]["name"])


def changed_at(configuration: Object) -> str:
    """Return when the values of a ConfigMap or Secret were changed last: an instant as the API server writes it."""
    metadata = configuration["metadata"]
    written = [
        str(one.get("time") or "")
        for one in metadata.get("managedFields") or []
        if {"f:data", "f:stringData", "f:binaryData"} & set(one.get("fieldsV1") or {})
    ]
    return max([*written, str(metadata["creationTimestamp"])])


def older(pods: Sequence[Object], configurations: Mapping[tuple[str, str], str]) -> list[tuple[str, str]]:
    """Return the pods that began before their configuration was changed, each with what that is.

    Args:
        pods: the pods.
        configurations: when each ConfigMap and Secret was changed last, by kind and name.
    """
    found = []
    for pod in pods:
        began = str((pod.get("status") or {}).get("startTime") or pod["metadata"]["creationTimestamp"])
        for kind, name in dict.fromkeys(configuration_of(pod["spec"])):
            if configurations.get((kind, name), "") > began and not pod["metadata"].get("deletionTimestamp"):
                found.append((str(pod["metadata"]["name"]), f"{kind} {name}"))
    return found
