"""What an inventory says of a cluster, of what is deployed there, and of the registries that its images come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from actions.account import expanded
from actions.secrets import Secret
from actions.settings import Settings, SystemSettings


class Registry(Settings, frozen=True, kw_only=True):
    """A registry of images, as the machine that cleo runs on reaches it.

    Attributes:
        name: as images' names begin: ``registry.example``, ``docker.io``.
        address: its address with the scheme; empty: ``https://`` and its name.
        user: who asks there for what a tag means; empty: nobody in particular.
        password: that user's password, or a token in its place.
    """

    name: str
    address: str = ""
    user: str = ""
    password: Secret | None = None

    def __post_init__(self) -> None:
        """Refuse what no request could use."""
        if self.address and not self.address.startswith(("http://", "https://")):
            raise ValueError(f"the address of {self.name} must begin with https:// (or http://)")
        if bool(self.user) != bool(self.password):
            raise ValueError(f"{self.name}: user and password go together")


class KubernetesSettings(SystemSettings, frozen=True, kw_only=True, tag="kubernetes", tag_field="type"):
    """A cluster, and the namespace that the application runs in.

    Attributes:
        kubeconfig: the file, on the machine that cleo runs on, that says how the cluster is reached.
        context: which of its contexts; empty: its current one.
        cluster: the uid of the cluster's namespace kube-system: ``kubectl get namespace kube-system -o
            jsonpath={.metadata.uid}``. A context's name proves nothing: another cluster is refused by this. Empty:
            shown, and compared with nothing.
        namespace: where the application runs.
        manifests: the folder, on that machine, in which ``k8s/disaster-recovery/`` lies.
        registries: those that are not simply ``https://`` and their name, or that want a password.
        writers: what writes to the databases, each ``deployment/NAME``, ``statefulset/NAME`` or ``cronjob/NAME``: held
            by `kubernetes.stop_writers`, and let go by `kubernetes.allow_writers`.
        stable_tag: the tag that `kubernetes.pull_images --stable` takes.
        signed_by: files of public keys (PEM), one of which must have signed each image with cosign. Keyless signatures
            are not known. Empty: no signature is checked, which is said.
        digests: what images must mean, by what the manifests call them; one that means another is not pulled.
    """

    title: str = "Kubernetes"
    kubeconfig: str
    context: str = ""
    cluster: str = ""
    namespace: str = "default"
    manifests: str
    registries: list[Registry] = []
    writers: list[Annotated[str, msgspec.Meta(pattern=r"^(deployment|statefulset|cronjob)/[a-z0-9.-]+$")]] = []
    stable_tag: str = "stable"
    signed_by: list[str] = []
    digests: dict[str, Annotated[str, msgspec.Meta(pattern="^sha256:[0-9a-f]{64}$")]] = {}

    def __post_init__(self) -> None:
        """Refuse what would mean another file in another folder."""
        for field in ("kubeconfig", "manifests"):
            if not str(getattr(self, field)).startswith(("/", "~")):
                raise ValueError(f"{field} is to be a whole path")

    @property
    def kubeconfig_file(self) -> Path:
        """The kubeconfig."""
        return expanded(self.kubeconfig)

    def folder(self, path: str) -> Path:
        """Return the folder of manifests that a path means, from where manifests lie."""
        return expanded(self.manifests) / path

    def registry(self, name: str) -> Registry:
        """Return how a registry is reached."""
        return next((one for one in self.registries if one.name == name), Registry(name=name))

    def place(self) -> str:
        """Return what tells it from others: the cluster if it is named, else how it is reached."""
        return f"{self.namespace} on {self.cluster or f'{self.context}@{self.kubeconfig}'}"
