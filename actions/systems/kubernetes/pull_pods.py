"""Pods that have a node pull images and run nothing: their command is a path that no image has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from actions.systems.kubernetes.cluster import Object

LABEL = "cleo-console/pull"
_NOTHING = ["/cleo-console/nothing-to-run"]
FAILED = (
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "RegistryUnavailable",
    "ImageInspectError",
)
_AFTER_THE_PULL = ("CreateContainerError", "CreateContainerConfigError", "RunContainerError")


class OnNode(msgspec.Struct, frozen=True, kw_only=True):
    """How far an image is on a node.

    Attributes:
        node: the node.
        image: the image.
        state: it is there, it cannot be pulled (failed), its node was lost meanwhile, or nobody knows yet (open).
        words: why it cannot be pulled.
    """

    node: str
    image: str
    state: str
    words: str = ""


def pull_pod(node: str, images: Sequence[str], secrets: Sequence[str], incident: str, seconds: float) -> Object:
    """Return a pod that has a node pull images.

    Args:
        node: the node; its taints do not count.
        images: the images, by digest.
        secrets: the names of the secrets to pull with.
        incident: whose pod it is.
        seconds: after which the cluster ends it by itself.
    """
    name = f"cleo-pull-{hashlib.sha256(node.encode()).hexdigest()[:10]}"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {LABEL: incident.lower(), "app.kubernetes.io/managed-by": "cleo-console"}},
        "spec": {
            "nodeName": node,
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "activeDeadlineSeconds": int(seconds) + 60,
            "terminationGracePeriodSeconds": 0,
            "tolerations": [{"operator": "Exists"}],
            "imagePullSecrets": [{"name": one} for one in secrets],
            "securityContext": {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [_container(at, image) for at, image in enumerate(images)],
        },
    }


def _container(at: int, image: str) -> Object:
    """Return a container that fits the strictest pod security standard, and a quota that wants figures."""
    figures = {"cpu": "10m", "memory": "16Mi"}
    return {
        "name": f"image-{at}",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": _NOTHING,
        "resources": {"requests": figures, "limits": figures},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }


def seen(pod: Object) -> Iterator[OnNode]:
    """Yield how far each image of a pod is."""
    node = str(pod["spec"]["nodeName"])
    told = {one["name"]: one for one in (pod.get("status") or {}).get("containerStatuses") or []}
    for one in pod["spec"]["containers"]:
        state, words = _state(told.get(one["name"]) or {})
        if state == "open" and (pod.get("status") or {}).get("phase") == "Failed" and not told:
            state, words = (
                "failed",
                str(pod["status"].get("message") or pod["status"].get("reason") or "the node refused the pod"),
            )
        yield OnNode(node=node, image=str(one["image"]), state=state, words=words)


def _state(status: dict[str, Any]) -> tuple[str, str]:
    if status.get("imageID"):
        return "there", ""
    waiting = (status.get("state") or {}).get("waiting") or {}
    reason = str(waiting.get("reason") or "")
    if reason in _AFTER_THE_PULL:
        return "there", ""
    if reason in FAILED:
        return "failed", f"{reason}: {waiting.get('message') or 'no words'}"
    return "open", reason
