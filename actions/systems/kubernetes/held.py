"""What writes to the databases: held at 0 or suspended, with how many it was noted on the object itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from actions.systems.kubernetes.cluster import Cluster, Object
from actions.systems.kubernetes.manifests import pod_spec
from actions.systems.kubernetes.pods import is_over, needs, of_workload
from actions.systems.kubernetes.refusals import Refused

MANAGER = "cleo-writers"
"""Who owns the field that holds a writer; kubernetes.apply leaves it alone."""
BEFORE = "cleo-console/replicas-before"
"""The annotation that says how many there were before they were stopped."""
RELEASED = "cleo-console/released-replicas"
"""The annotation with which a manifest says how many there are once they are let go."""
_APIS = {"deployment": ("apps/v1", "Deployment"), "statefulset": ("apps/v1", "StatefulSet")}
_TRIES = 8
"""How often a writer is changed whose pods say something in between: a rollout does so many times a second."""
_JOBS = ("batch/v1", "batch/v1beta1")


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """One writer, as it stands in the cluster.

    Attributes:
        told: as the inventory names it: ``deployment/worker``.
        path: its path.
        body: the object.
    """

    told: str
    path: str
    body: Object

    @property
    def job(self) -> bool:
        """Whether it is a CronJob: held by being suspended."""
        return str(self.body["kind"]) == "CronJob"

    @property
    def held(self) -> bool:
        """Whether it makes no pods now."""
        spec = self.body.get("spec") or {}
        return bool(spec.get("suspend")) if self.job else self.replicas == 0

    @property
    def replicas(self) -> int:
        """How many pods it is to have now."""
        return int((self.body.get("spec") or {}).get("replicas", 1))

    @property
    def let_go(self) -> int:
        """How many it is to have once it is let go; 0: nobody knows."""
        notes = self.body["metadata"].get("annotations") or {}
        said = str(notes.get(BEFORE) or notes.get(RELEASED) or "")
        return int(said) if said.isdigit() else 0

    def pods(self, pods: Sequence[Object], jobs: Sequence[Object]) -> list[Object]:
        """Return its pods, those that are ending too; of a CronJob those of all its jobs."""
        if not self.job:
            return [one for one in of_workload(self.body, pods) if not is_over(one)]
        uid = self.body["metadata"]["uid"]
        ours = {one["metadata"]["uid"] for one in jobs if _owned(one, {uid})}
        return [
            one
            for one in pods
            if _owned(one, ours) and (one.get("status") or {}).get("phase") in ("Pending", "Running")
        ]


def find_writers(cluster: Cluster, names: Sequence[str]) -> tuple[list[Writer], list[str]]:
    """Return the writers that are in the cluster, and the names of those that are not.

    Raises:
        NoCluster: the cluster does not answer.
        Refused: it does not let us look.
    """
    found, missing = list[Writer](), list[str]()
    for told in names:
        path = _path(cluster, told)
        body = cluster.find(path) if path else None
        if body is None:
            missing.append(told)
        else:
            found.append(Writer(told=told, path=path, body=body))
    return found, missing


def hold(cluster: Cluster, writer: Writer) -> None:
    """Have a writer make no pods, if it still is what was read; how many there were is noted on it.

    Raises:
        Refused: somebody changed it meanwhile (status 409), or it may not be changed.
        NoCluster: the cluster does not answer.
    """
    if writer.job:
        _change(cluster, writer, {"suspend": True}, {})
    else:
        _change(cluster, writer, {"replicas": 0}, {BEFORE: str(writer.replicas)})


def let_go(cluster: Cluster, writer: Writer) -> None:
    """Have a writer work again, if it still is what was read.

    Raises:
        Refused: somebody changed it meanwhile (status 409), or it may not be changed.
        NoCluster: the cluster does not answer.
    """
    if writer.job:
        _change(cluster, writer, {"suspend": False}, {})
    else:
        _change(cluster, writer, {"replicas": writer.let_go}, {BEFORE: None})


def lacking(cluster: Cluster, writer: Writer) -> list[str]:
    """Return what the pods of a writer cannot begin without, and what is not there, in words.

    Raises:
        NoCluster: the cluster does not answer.
        Refused: it does not let us look.
    """
    here = f"/api/v1/namespaces/{cluster.settings.namespace}"
    wanted = dict.fromkeys(needs(pod_spec(writer.body)))
    return [f"{kind} {name}" for kind, name in wanted if cluster.find(f"{here}/{kind.lower()}s/{name}") is None]


def kept_field(live: Object | None) -> str:
    """Return the field of an object by which its writers are held or were let go; empty: nobody did."""
    for entry in ((live or {}).get("metadata") or {}).get("managedFields") or []:
        if entry.get("manager") == MANAGER:
            fields = (entry.get("fieldsV1") or {}).get("f:spec") or {}
            return next((name for name in ("replicas", "suspend") if f"f:{name}" in fields), "")
    return ""


def _change(cluster: Cluster, writer: Writer, spec: dict[str, Any], notes: dict[str, str | None]) -> None:
    """Change a writer that is what was read; its version also goes up with each word of its pods, which is no change.

    Raises:
        Refused: somebody changed it (status 409), or it may not be changed.
        NoCluster: the cluster does not answer.
    """
    body = writer.body
    for left in reversed(range(_TRIES)):
        version = body["metadata"]["resourceVersion"]
        metadata: dict[str, Any] = {"resourceVersion": version, **({"annotations": notes} if notes else {})}
        try:
            cluster.merge(writer.path, {"metadata": metadata, "spec": spec}, MANAGER)
            return
        except Refused as error:
            body = cluster.ask(writer.path) if error.status == 409 else {}
            if not left or not body or _meant(body) != _meant(writer.body):
                raise


def _meant(body: Object) -> tuple[Any, ...]:
    """Return what people set of an object, and which one it is."""
    metadata = body["metadata"]
    notes = metadata.get("annotations") or {}
    return metadata["uid"], body.get("spec"), notes.get(BEFORE), notes.get(RELEASED)


def _path(cluster: Cluster, told: str) -> str:
    """Return the path of a writer; empty: the cluster has no such kind."""
    kind, _, name = told.partition("/")
    wanted = [_APIS[kind]] if kind in _APIS else [(api, "CronJob") for api in _JOBS]
    there = next((found for api, each in wanted if (found := cluster.kind(api, each))), None)
    return there.path(cluster.settings.namespace, name) if there else ""


def _owned(body: Object, uids: set[str]) -> bool:
    return any(one.get("uid") in uids for one in body["metadata"].get("ownerReferences") or [])
