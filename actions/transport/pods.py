"""Pods of a cluster, as the pod transport meets them: one is chosen, and found again by what nobody else has."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from actions.account import expanded
from actions.kube_client import BadKubeconfig, load_client
from actions.transport.errors import TransportLost, Unreachable
from actions.transport.hosts import PodHost

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_IDS = 12
"""Characters of a container's id that tell it from others."""


class Pod(NamedTuple):
    """One container of one pod, in this life of it.

    Attributes:
        name: the pod's name.
        uid: the pod's uid: another pod of the same name has another.
        container: the beginning of the container's id: started again, it has another, and an empty file system.
    """

    name: str
    uid: str
    container: str

    @property
    def word(self) -> str:
        """It as a spool's path holds it."""
        return "@".join(self)

    @classmethod
    def of(cls, word: str) -> Pod:
        """Return what a spool's path holds."""
        return cls(*word.split("@"))


class Pods:
    """The pods that an inventory's host means."""

    def __init__(self, spec: PodHost) -> None:
        self.spec = spec

    @cached_property
    def client(self) -> ApiClient:
        """The client that the kubeconfig describes.

        Raises:
            Unreachable: it is of no use.
        """
        try:
            return load_client(expanded(self.spec.kubeconfig), self.spec.context)
        except BadKubeconfig as error:
            raise Unreachable(error.message, error.hint) from error

    def choose(self) -> tuple[Pod, str]:
        """Return a pod that is ready, and its container's name.

        Raises:
            Unreachable: none is, or the cluster does not answer, or is another one.
        """
        self._require_meant()
        found = self._ask(f"/api/v1/namespaces/{self.spec.namespace}/pods", labelSelector=self.spec.labels)
        ready = [one for one in (found or {}).get("items") or [] if _is_ready(one)]
        if not ready:
            raise Unreachable(
                f"No pod with {self.spec.labels} is ready in {self.spec.namespace}.",
                "See kubernetes.verify_deployments.",
            )
        return self._seen(min(ready, key=lambda one: str(one["metadata"]["name"])))

    def again(self, pod: Pod) -> str:
        """Return the name of a container that was chosen before.

        Raises:
            TransportLost: it is gone: nobody knows how far what ran there came.
            Unreachable: the cluster does not answer.
        """
        found = self._ask(f"/api/v1/namespaces/{self.spec.namespace}/pods/{pod.name}")
        now, name = self._seen(found) if found and found["metadata"]["uid"] == pod.uid else (None, "")
        if now != pod:
            what = "its container was started anew" if now else "it is gone"
            raise TransportLost(
                f"The pod {pod.name} of {self.spec.namespace}: {what}.",
                "Whether what ran there came to its end, nobody can tell: look at what it works on.",
            )
        return name

    def _seen(self, body: dict[str, Any]) -> tuple[Pod, str]:
        name = self.spec.container or str(body["spec"]["containers"][0]["name"])
        states = (body.get("status") or {}).get("containerStatuses") or []
        own = next((one for one in states if one["name"] == name), None)
        if own is None:
            raise Unreachable(
                f"The pod {body['metadata']['name']} has no container {name}.", "Correct it in the inventory."
            )
        running = str(own.get("containerID") or "").rpartition("/")[2][:_IDS]
        return Pod(str(body["metadata"]["name"]), str(body["metadata"]["uid"]), running), name

    def _require_meant(self) -> None:
        """Refuse another cluster than the inventory means."""
        if not self.spec.cluster:
            return
        found = self._ask("/api/v1/namespaces/kube-system") or {"metadata": {"uid": "none"}}
        if (uid := found["metadata"]["uid"]) != self.spec.cluster:
            raise Unreachable(
                f"{self.where} is another cluster: its uid is {uid}.", "Look where the kubeconfig leads to."
            )

    @property
    def where(self) -> str:
        """The API server's address."""
        return str(self.client.configuration.host)

    def _ask(self, path: str, **query: str) -> dict[str, Any] | None:
        """Return what lies at a path; None where there is nothing."""
        import urllib3
        from kubernetes.client import ApiException

        client: Any = self.client
        asked = client.param_serialize("GET", path, query_params=list(query.items()), auth_settings=["BearerToken"])
        try:
            answer = client.call_api(*asked, _request_timeout=self.spec.connect_timeout_s)
            body = json.loads(answer.read())
        except (ApiException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise Unreachable(
                f"{self.where} cannot be asked: {error}.", "Check that it is up, and the way to it."
            ) from error
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise Unreachable(
                f"{self.where} says no: {body.get('message')}.", "Check the rights of the kubeconfig's user."
            )
        return dict(body)


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")
