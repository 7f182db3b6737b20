"""Pods of a workload: which they are, why they are stuck, and whether they know the configuration that there is now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

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
    "OOMKilled",
    "StartError",
    "ProbeFailed",
    "FailedMount",
    "FailedCreatePodSandBox",
    "Unschedulable",
    "NodeLost",
    "Kept",
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


class Unready(NamedTuple):
    """A container that is not ready.

    Attributes:
        name: its name.
        status: what its node says of it.
    """

    name: str
    status: Mapping[str, Any]

    @property
    def ended(self) -> Mapping[str, Any]:
        """How it ended last: now, or in the life before this one; empty: it never did."""
        now, before = (self.status.get(which) or {} for which in ("state", "lastState"))
        return now.get("terminated") or before.get("terminated") or {}

    @property
    def began_again(self) -> bool:
        """Whether another life of it began since it ended."""
        return "running" in (self.status.get("state") or {})

    @property
    def times(self) -> int:
        """How often it ended."""
        return int(self.status.get("restartCount") or 0) + (not self.began_again)


def unready(pod: Object) -> list[Unready]:
    """Return the containers of a pod that are not ready; one that runs before the others and has ended well is."""
    status = pod.get("status") or {}
    first = [
        one
        for one in status.get("initContainerStatuses") or []
        if ((one.get("state") or {}).get("terminated") or {}).get("exitCode") != 0
    ]
    states = [*first, *(status.get("containerStatuses") or [])]
    return [Unready(str(one["name"]), one) for one in states if not one.get("ready")]


def stuck(pod: Object) -> tuple[str, str]:
    """Return why a pod is not ready: a reason in a word, and the same in words; both empty: it is ready, or ends."""
    if pod["metadata"].get("deletionTimestamp") or condition(pod, "Ready").get("status") == "True":
        return "", ""
    status = pod.get("status") or {}
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return "Unschedulable", f"no node takes it: {scheduled.get('message')}"
    if status.get("phase") == "Failed" and status.get("reason"):
        return str(status["reason"]), str(status.get("message") or "it failed")
    left = unready(pod)
    for one in left:
        if (found := _container(one))[0]:
            return found
    if status.get("phase") == "Running" and not left:
        return "", "its containers are ready, and it is not counted so yet"
    if status.get("phase") == "Running":
        return "NotReady", f"{', '.join(one.name for one in left)} runs, and its readiness probe does not pass"
    return "", "it is being made"


def _container(one: Unready) -> tuple[str, str]:
    """Return why a container does not run, or not for long; a reason that lies deeper than a back-off comes first."""
    waiting = (one.status.get("state") or {}).get("waiting") or {}
    reason, last = str(waiting.get("reason") or ""), one.ended
    if reason == "CrashLoopBackOff" or (last and not _waits(reason)):
        return _ended(one, last)
    if _waits(reason):
        return reason, f"{one.name}: {_shortly(str(waiting.get('message') or reason))}"
    return "", ""


def _waits(reason: str) -> bool:
    """Whether a container waits for something that a node says in a word of its own."""
    return bool(reason) and reason not in ("ContainerCreating", "PodInitializing", "CrashLoopBackOff")


def _ended(one: Unready, last: Mapping[str, Any]) -> tuple[str, str]:
    """Return how a container ends again and again."""
    reason, code = str(last.get("reason") or ""), last.get("exitCode")
    times = f"{one.name} ended {one.times} time{'' if one.times == 1 else 's'}"
    if reason == "OOMKilled":
        return reason, f"{times}: it took more memory than it may (OOMKilled, exit code {code})"
    if reason in ("StartError", "ContainerCannotRun"):
        return "StartError", f"{times}: it cannot be started: {_shortly(str(last.get('message') or reason))}"
    words = f"{reason}, exit code {code}" if last else "see its log"
    return "CrashLoopBackOff", f"{times}: {words}"


def _shortly(message: str) -> str:
    """Return the end of a runtime's message: it begins with what called what."""
    return " ".join(message.split()).rpartition("unable to start container process: ")[2][-200:]


def on_lost_node(pod: Object, lost_nodes: Collection[str]) -> str:
    """Return which node a pod is on, where that is not ready and the pod may run on; empty: it is not so."""
    node = str((pod.get("spec") or {}).get("nodeName") or "")
    return node if node in lost_nodes and not is_over(pod) else ""


def kept_by(pod: Object) -> str:
    """Return what keeps a pod listed that is to go and of which nothing runs any more; empty: nothing does.

    A node shows a container that it has removed by then as waiting to be made.
    """
    status, wanted = pod.get("status") or {}, list(containers(pod["spec"]))
    states = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    ended = len(states) == len(wanted) and not any("running" in (one.get("state") or {}) for one in states)
    going = bool(pod["metadata"].get("deletionTimestamp")) and (ended or is_over(pod))
    return ", ".join(pod["metadata"].get("finalizers") or []) if going else ""


def is_over(pod: Object) -> bool:
    """Whether a pod has ended and stays listed, as one that was evicted does: no container of it runs any more."""
    status = pod.get("status") or {}
    states = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    runs = any("running" in (one.get("state") or {}) for one in states)
    return status.get("phase") in ("Failed", "Succeeded") and not runs


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


def needs(pods: Object) -> Iterator[tuple[str, str]]:
    """Yield kind and name of all that a pod cannot begin without: volume claims, ConfigMaps and Secrets."""
    for volume in pods.get("volumes") or []:
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", str(volume["persistentVolumeClaim"]["claimName"])
    optional = {
        str((volume.get("configMap") or volume.get("secret") or {}).get(key))
        for volume in pods.get("volumes") or []
        for key in ("name", "secretName")
        if (volume.get("configMap") or volume.get("secret") or {}).get("optional")
    }
    yield from (each for each in configuration_of(pods) if each[1] not in optional)


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
            ends = pod["metadata"].get("deletionTimestamp") or is_over(pod)
            if configurations.get((kind, name), "") > began and not ends:
                found.append((str(pod["metadata"]["name"]), f"{kind} {name}"))
    return found
