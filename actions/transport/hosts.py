"""The inventory entries that describe where programs run: this machine, a host over SSH, a pod."""

from __future__ import annotations

from typing import Annotated

import msgspec


class LocalHost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="via", tag="local"):
    """The machine the runner is on.

    Attributes:
        environment: names of the runner's variables that programs there get beside the harmless ones.
    """

    environment: list[str] = []


class SshHost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="via", tag="ssh"):
    """A machine reached over SSH.

    The inventory says all there is to say: ``~/.ssh/config`` is not read, so that one responder's
    settings cannot lead a recovery to another machine than a colleague's.

    Attributes:
        host: name or address.
        port: the SSH server's port.
        user: the account to log in with; empty for our own account's name.
        key: file with the private key; empty for the agent's keys and the usual files in ``~/.ssh``.
        known_hosts: file with the host keys to trust; empty for ``~/.ssh/known_hosts``.
        spool: folder for what runs there; ``~`` is the account's home on that machine.
        connect_timeout_s: seconds to wait for a connection.
        relink_s: seconds to go on trying once a link is lost, before the step is in doubt.
    """

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 22
    user: str = ""
    key: str = ""
    known_hosts: str = ""
    spool: str = "~/.cleo/spool"
    connect_timeout_s: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    relink_s: Annotated[float, msgspec.Meta(ge=0)] = 30.0

    def place(self) -> str:
        """Return where it leads to, in words that two inventories share."""
        return f"{self.host}:{self.port}"


class PodHost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="via", tag="pod"):
    """A container of a pod on a Kubernetes cluster, entered as ``kubectl exec`` does; no proxy is used.

    It needs ``sh``, ``dd``, ``head`` and ``setsid``, as every image has them that is made of Debian or busybox.

    Attributes:
        kubeconfig: the file, on the machine that cleo runs on, that says how the cluster is reached.
        context: which of its contexts; empty: its current one.
        cluster: the uid of the cluster's namespace kube-system; another cluster is refused. Empty: none is.
        namespace: where the pod is.
        labels: what tells the pod, as a label selector: ``app.kubernetes.io/name=api``. Of several ready ones the first
            by name is taken.
        container: which of its containers; empty: the first.
        spool: folder in it for what runs there. What is on no volume goes with the container.
        connect_timeout_s: seconds to wait for a connection.
        relink_s: seconds to go on trying once a link is lost, before the step is in doubt.
    """

    kubeconfig: str
    context: str = ""
    cluster: str = ""
    namespace: str = "default"
    labels: str
    container: str = ""
    spool: str = "/tmp/cleo-spool"
    connect_timeout_s: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    relink_s: Annotated[float, msgspec.Meta(ge=0)] = 30.0

    def place(self) -> str:
        """Return where it leads to, in words that two inventories share."""
        return f"{self.labels} in {self.namespace} of {self.cluster or self.context or self.kubeconfig}"


HostSpec = LocalHost | SshHost | PodHost
