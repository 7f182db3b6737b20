"""A lab with a cluster alone, and its actions in a context without a runner."""

from __future__ import annotations

import os
import signal
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from actions.health import Health
from actions.inventory import load_inventory
from actions.outcome import Finding, Outcome
from actions.system_type import load
from actions.systems.kubernetes import SYSTEM
from actions.systems.kubernetes.by_hand import FOLDER
from actions.systems.kubernetes.cluster import Object
from actions.systems.kubernetes.examine import examine
from actions.systems.kubernetes.probe import probe
from actions.systems.kubernetes.settings import KubernetesSettings
from cleo_console.lab import Lab
from cleo_console.lab.kubernetes.place import NAMESPACE, Place
from cleo_console.lab.kubernetes.service import KubernetesService
from tests.actions.contexts import FakeContext
from tests.labs import lab_directory
from tests.waiting import until

NAME = "kubernetes"
HERE = f"/api/v1/namespaces/{NAMESPACE}"
APPS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"


class ClusterLab:
    """The cluster, its inventory, and what is done with it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.inventory = lab.inventory_path
        service = lab.services[NAME]
        assert isinstance(service, KubernetesService)
        self.place: Place = service.place
        self.written = self.inventory.read_text()
        self.cluster = self.place.cluster

    @property
    def settings(self) -> KubernetesSettings:
        return load_inventory(self.inventory).system(NAME, KubernetesSettings)

    @property
    def manifests(self) -> Path:
        return self.place.manifests / FOLDER

    def context(self, **more: Any) -> FakeContext:
        """A context in an incident of its own."""
        return FakeContext(load_inventory(self.inventory), system=NAME, **more)

    def do(self, name: str, context: FakeContext | None = None, **params: Any) -> Outcome:
        """Run one of its actions."""
        return (context or self.context()).do(load(SYSTEM.actions[f"kubernetes.{name}"]), **params)

    def health(self, deadline_s: float = 5.0) -> Health:
        """Measure it, as console and runner do."""
        return probe(NAME, self.settings, None, deadline_s=deadline_s)

    def findings(self) -> dict[str, Finding]:
        """What a closer look finds, by what it is about."""
        return {one.about: one for one in examine(self.context(), NAME, self.health(), thorough=False).findings}

    def say(self, **settings: Any) -> None:
        """Have the inventory say something else of the cluster."""
        whole = yaml.safe_load(self.inventory.read_text())
        whole["systems"][NAME].update(settings)
        self.inventory.write_text(yaml.safe_dump(whole))

    def change(self, file: str, old: str, new: str) -> None:
        """Change words of a manifest."""
        path = self.manifests / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def patch(
        self, path: str, body: Object, kind: str = "application/merge-patch+json", manager: str = "somebody"
    ) -> None:
        """Change an object as somebody else would."""
        self.cluster._request("PATCH", path, {"fieldManager": manager}, body, kind)

    def deployment(self, name: str) -> Object | None:
        return self.cluster.find(f"{APPS}/{name}")

    def as_it_was(self) -> None:
        """Have the namespace hold nothing of the application, and everything else as it was made."""
        self.inventory.write_text(self.written)
        self.place.write_manifests()
        for path in (
            f"{APPS}/api",
            f"{APPS}/worker",
            f"{HERE}/services/api",
            f"{HERE}/configmaps/cleoai-config",
            f"/apis/batch/v1beta1/namespaces/{NAMESPACE}/cronjobs/database-backup",
            f"{HOOKS}/policy.lab.test",
            f"{HERE}/services/policy",
            f"{HERE}/endpoints/policy",
        ):
            self.cluster.delete(path)
        until(self._holds_nothing, 90)

    def _holds_nothing(self) -> bool:
        """Remove what outlives its owner for a moment, and may make more; return whether there was nothing."""
        jobs, sets = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs", f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets"
        found = [
            f"{path}/{one['metadata']['name']}"
            for path in (sets, jobs, f"{HERE}/pods")
            for one in self.cluster.items(path)
        ]
        for each in found:
            self.cluster.delete(each)
        return not found

    def serve(self, name: str) -> None:
        """Make a service, and an address behind it, as if a pod stood ready there."""
        spec = {"ports": [{"port": 443, "protocol": "TCP"}]}
        self._made(
            f"{HERE}/services/{name}", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}
        )
        behind = [{"addresses": [{"ip": "10.255.0.1"}], "ports": [{"port": 443, "protocol": "TCP"}]}]
        ends = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": name}, "subsets": behind}
        self._made(f"{HERE}/endpoints/{name}", ends)

    def few_rights(self, folder: Path) -> Path:
        """Return a kubeconfig whose user may do all in the namespace, and outside only tell which cluster it is."""
        rights, api = "/apis/rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1"
        whose = [{"kind": "ServiceAccount", "name": "few", "namespace": NAMESPACE}]
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "few"}}
        self._made(f"{HERE}/serviceaccounts/few", account)
        rule = {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "patch"]}
        role = {"apiVersion": api, "kind": "ClusterRole", "metadata": {"name": "few"}, "rules": [rule]}
        self._made(f"{rights}/clusterroles/few", role)
        for path, kind, given in (
            (f"{rights}/clusterrolebindings/few", "ClusterRoleBinding", "few"),
            (f"{rights}/namespaces/{NAMESPACE}/rolebindings/few", "RoleBinding", "cluster-admin"),
        ):
            ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": given}
            self._made(
                path, {"apiVersion": api, "kind": kind, "metadata": {"name": "few"}, "roleRef": ref, "subjects": whose}
            )
        until(lambda: bool(self._token()), 20)
        written = yaml.safe_load(self.place.kubeconfig.read_text())
        written["users"][0]["user"] = {"token": self._token()}
        (folder / "kubeconfig").write_text(yaml.safe_dump(written))
        return folder / "kubeconfig"

    def _made(self, path: str, body: Object) -> None:
        self.cluster.apply(path, body, "lab", dry_run=False, force=True)

    def _token(self) -> str:
        found = [
            one for one in self.cluster.items(f"{HERE}/secrets") if one["metadata"]["name"].startswith("few-token-")
        ]
        return b64decode(found[0]["data"]["token"]).decode() if found and "token" in found[0].get("data", {}) else ""

    def start_kubelet(self) -> None:
        """Start the node's kubelet again, and wait until the node is ready."""
        self.place.inside(["bash", str(self.place.folder / "node1" / "kubelet.sh")])
        until(lambda: "1 of 1 node ready" in self.health().detail, 60)

    @contextmanager
    def stopped(self, *programs: str) -> Iterator[None]:
        """Have programs of the node stand still in the block."""
        pids = [pid for program in programs if (pid := self.place.pid(program))]
        assert len(pids) == len(programs)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)


@contextmanager
def cluster_lab() -> Iterator[ClusterLab]:
    """A cluster in a lab of its own."""
    with lab_directory() as directory:
        yield ClusterLab(Lab.up(directory, systems=[NAME]))
