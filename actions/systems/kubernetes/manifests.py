"""The manifests of a folder: read, checked for what no server needs to be asked for, and put into order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from actions.outcome import ActionFailed
from journal.structs import plain_json

Object = dict[str, Any]

_FIRST = (
    "Namespace",
    "CustomResourceDefinition",
    "PriorityClass",
    "StorageClass",
    "ResourceQuota",
    "LimitRange",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Secret",
    "ConfigMap",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Service",
)
"""Kinds that others need, in their order; then all others, then `_LAST`."""
_LAST = ("HorizontalPodAutoscaler", "Ingress", "CronJob")
_TEMPLATES = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One object, as a file has it.

    Attributes:
        body: the object.
        file: the file's name.
        namespace: where it lies: its own, else the inventory's.
    """

    body: Object
    file: str
    namespace: str

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return str(self.body["kind"])

    @property
    def api(self) -> str:
        """Its API version."""
        return str(self.body["apiVersion"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.body["metadata"]["name"])

    @property
    def told(self) -> str:
        """It in words, as kubectl has them: ``deployment.apps/api``."""
        group = self.api.rpartition("/")[0]
        return f"{self.kind.lower()}{f'.{group}' if group else ''}/{self.name}"

    @property
    def pods(self) -> Object:
        """What it says of its pods (their ``spec``); empty where it has none."""
        return pod_spec(self.body)


def pod_spec(body: Object) -> Object:
    """Return what an object says of its pods; empty where it has none."""
    if body.get("kind") not in _TEMPLATES:
        return {}
    spec = body.get("spec") or {}
    if body["kind"] == "Pod":
        return spec
    if body["kind"] == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    return (spec.get("template") or {}).get("spec") or {}


def containers(pods: Object) -> Iterator[Object]:
    """Yield the containers of a pod, those that run before it too."""
    yield from pods.get("initContainers") or []
    yield from pods.get("containers") or []


def images(manifests: Iterable[Manifest]) -> list[str]:
    """Return the images that some manifests name, each once."""
    return sorted({str(one["image"]) for each in manifests for one in containers(each.pods) if one.get("image")})


def read_manifests(folder: Path, namespace: str) -> list[Manifest]:
    """Return the objects of a folder's YAML files, in the order in which they are to be applied.

    Args:
        folder: where the files lie; also one file.
        namespace: of objects that name none.

    Raises:
        ActionFailed: a file cannot be read, or holds what is no object; each is named.
    """
    files = (
        [folder]
        if folder.is_file()
        else sorted(p for p in folder.glob("**/*") if p.suffix in (".yaml", ".yml", ".json"))
    )
    if not files:
        raise ActionFailed(
            f"There are no manifests in {folder}.", "Name the folder that has them (manifests: in the inventory)."
        )
    misfits: list[str] = []
    found = [one for file in files for one in _objects(file, namespace, misfits)]
    misfits += _twice(found)
    if misfits:
        raise ActionFailed(
            "These manifests cannot be applied: " + "; ".join(misfits) + ".", "Mend the files. Nothing was applied."
        )
    return in_order(found)


def in_order(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Return manifests so that each comes after what it needs; of one kind, as they were."""

    def place(one: Manifest) -> int:
        if one.kind in _FIRST:
            return _FIRST.index(one.kind)
        return len(_FIRST) + 1 + _LAST.index(one.kind) if one.kind in _LAST else len(_FIRST)

    return sorted(manifests, key=place)


def _objects(file: Path, namespace: str, misfits: list[str]) -> Iterator[Manifest]:
    import yaml

    try:
        documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        misfits.append(f"{file.name}: {' '.join(str(error).split())}")
        return
    for document in documents:
        for body in _flat(document):
            if misfit := _misfit(body):
                misfits.append(f"{file.name}: {misfit}")
            else:
                yield Manifest(body=body, file=file.name, namespace=str(body["metadata"].get("namespace") or namespace))


def _flat(document: Any) -> Sequence[Any]:
    """Return the objects of a document; an empty one has none, a List several."""
    if document is None:
        return []
    if isinstance(document, dict) and document.get("kind") == "List":
        return list(document.get("items") or [])
    return [document]


def _misfit(body: Any) -> str:
    """Return why this is no object; empty: it is one."""
    if not isinstance(body, dict):
        return "something that is no object"
    missing = [name for name in ("apiVersion", "kind") if not isinstance(body.get(name), str)]
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        missing.append("metadata.name")
    if missing:
        return f"{body.get('kind') or 'an object'} without {', '.join(missing)}"
    return _ports(body) or _named_twice(body)


def _named_twice(body: Object) -> str:
    """A variable or port that stands there twice: created so it works, and no server-side apply takes it any more."""
    for one in containers(pod_spec(body)):
        variables = [str(each.get("name")) for each in one.get("env") or []]
        ports = [f"{each.get('containerPort')}/{each.get('protocol', 'TCP')}" for each in one.get("ports") or []]
        for what, names in (("variable", variables), ("port", ports)):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                where = f"{body['kind'].lower()}/{body['metadata']['name']}, container {one.get('name')}"
                return f"{where}: {what} {', '.join(twice)} stands there twice"
    return ""


def _ports(body: Object) -> str:
    """A port without its protocol: server-side apply knows ports by number and protocol (kubernetes#113482)."""
    if body["kind"] != "Service":
        return ""
    ports = (body.get("spec") or {}).get("ports") or []
    bare = [str(one.get("port")) for one in ports if not one.get("protocol")]
    return (
        f"service/{body['metadata']['name']}: port {', '.join(bare)} says no protocol (protocol: TCP)" if bare else ""
    )


def _twice(found: Sequence[Manifest]) -> list[str]:
    keys = [(one.told, one.namespace) for one in found]
    return [f"{told} stands there twice" for told, _ in sorted({key for key in keys if keys.count(key) > 1})]


def pinned(manifest: Manifest, digests: dict[str, str]) -> Manifest:
    """Return a manifest whose images are named by digest, where they were pulled so."""
    if not any(one.get("image") in digests for one in containers(manifest.pods)):
        return manifest
    body: dict[str, Any] = plain_json(msgspec.json.encode(manifest.body))
    for one in containers(pod_spec(body)):
        one["image"] = digests.get(str(one.get("image")), one.get("image"))
    return msgspec.structs.replace(manifest, body=body)


TAG = re.compile(r"^(?P<name>[^@]+?)(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?$")
"""An image as manifests name it."""
