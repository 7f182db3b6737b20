"""A cluster as a service of a lab: one node with its control plane, and a registry with the application's images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from actions.systems.kubernetes.target import ready_nodes, uid_of
from cleo_console.lab.kubernetes.content import make_namespace, push_images
from cleo_console.lab.kubernetes.faults import FAULTS
from cleo_console.lab.kubernetes.place import REGISTRY, Place, free_net, remove_network
from cleo_console.lab.kubernetes.programs import find_programs
from cleo_console.lab.service import Done, FaultKind, LabService, Order, Say, ServiceStatus
from cleo_console.lab.station import DR
from journal.errors import CleoError

_PROGRAMS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "containerd",
    "kubelet",
    "docker-registry",
)


class KubernetesService(LabService):
    """A real cluster of one node, on which nothing is deployed yet; in a lab of two sites it is the DR site's."""

    small_bytes: ClassVar[int] = 60_000_000
    at_sites: ClassVar[bool] = True
    own_site: ClassVar[str] = DR
    faults: ClassVar[tuple[FaultKind, ...]] = FAULTS

    @classmethod
    def choose_settings(cls, name: str, primary: LabService | None) -> dict[str, Any]:
        """Find the programs, and choose addresses."""
        programs = find_programs()
        net, pods = free_net()
        return {"programs": programs, "net": net, "pods": pods}

    @classmethod
    def remove_remains(cls, lab: Path, ended: Sequence[int]) -> bool:
        """Remove what the nodes left on the network."""
        return remove_network(lab)

    @property
    def place(self) -> Place:
        """Where everything lies."""
        chosen = self.instance.settings
        return Place(self.lab, self.instance.name, chosen["programs"], chosen["net"], chosen["pods"])

    @property
    def title(self) -> str:
        """What people call it."""
        return "Kubernetes"

    @property
    def address(self) -> str:
        """Where the API server listens."""
        return f"{self.place.net}.2:16443"

    def create(self, order: Order, say: Say) -> None:
        """Make a cluster, and put images and secrets into it; nothing is deployed."""
        say(
            f"Creating a cluster at {self.address}, with a registry at {self.place.registry} "
            f"(its images call it {REGISTRY})."
        )
        self.place.make()
        self.place.start_node()
        push_images(self.place)
        make_namespace(self.place)

    def start(self) -> None:
        """Start the node."""
        if not self.is_running():
            self.place.start_node()

    def stop(self) -> None:
        """End the node with everything on it."""
        self.place.stop_node()

    def is_running(self) -> bool:
        """Whether the API server runs."""
        return self.place.pid("kube-apiserver") is not None

    def status(self) -> ServiceStatus:
        """Look which programs run, and whether the node is ready."""
        place = self.place
        pids = {program: place.pid(program) for program in _PROGRAMS}
        facts: dict[str, Any] = {"registry": place.registry}
        trouble: list[str] = []
        if pids["kube-apiserver"]:
            try:
                facts["nodes"] = ready_nodes(place.cluster.items("/api/v1/nodes"))
                trouble = [f"{name} is not ready" for name, ready in facts["nodes"].items() if not ready]
            except CleoError as error:
                trouble = [error.message]
        lines = [
            ("API server", f"https://{self.address}"),
            ("registry", place.registry),
            ("kubeconfig", str(place.kubeconfig)),
        ]
        return ServiceStatus("kubernetes", self.address, pids, facts, lines, trouble)

    def inventory_entry(self) -> dict[str, Any]:
        """What the console needs to reach it."""
        settings = self.place.settings
        return {
            "title": self.title,
            "kubeconfig": settings.kubeconfig,
            "context": settings.context,
            "cluster": uid_of(self.place.cluster),
            "namespace": settings.namespace,
            "manifests": settings.manifests,
            "writers": ["deployment/api", "deployment/worker", "cronjob/database-backup"],
            "registries": [{"name": REGISTRY, "address": self.place.registry}],
            "signed_by": [str(self.place.folder / "cosign.pub")],
        }

    def inject(self, kind: FaultKind) -> Done:
        """Inject a fault."""
        return kind.inject(self.place)
