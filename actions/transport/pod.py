"""Transport for programs in a pod: a program's spool says in which, so that it is never looked for in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from actions.transport.base import Transport
from actions.transport.hosts import PodHost
from actions.transport.pod_link import PodLink
from actions.transport.pods import Pod, Pods
from actions.transport.program import Completed
from actions.transport.remote import RemoteTransport
from actions.transport.remote_handle import RemoteHandle


class PodTransport(Transport):
    """A container of whichever pod is ready. Nothing is asked before it is used.

    What was started in a pod is looked for in that pod, and in this life of its container; where either is gone, it
    is in doubt.
    """

    def __init__(self, spec: PodHost) -> None:
        self._spec, self._pods = spec, Pods(spec)
        self.name = f"pod {spec.labels}"
        self.address = f"pods with {spec.labels} in {spec.namespace} of {spec.cluster or spec.context or 'the cluster'}"

    def host_identity(self) -> dict[str, str]:
        """See ``Transport``: the pod's name; a container has no machine id."""
        return self._ready().host_identity()

    def query(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        user: str = "",
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> Completed:
        """See ``Transport``."""
        return self._ready().query(argv, timeout_s=timeout_s, user=user, env=env, stdin=stdin)

    def place_spool(self, incident_dir: Path, key: str) -> str:
        """See ``Transport``: the pod that is ready now is chosen, and stands in the path.

        Raises:
            Unreachable: none is ready.
        """
        pod, _ = self._pods.choose()
        return f"{self._spec.spool}/{incident_dir.name}/{pod.word}/{key}"

    def start(
        self,
        spool: str | PurePath,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        user: str = "",
        cwd: str = "/",
    ) -> RemoteHandle:
        """See ``Transport``."""
        return self._of(spool).start(spool, argv, env=env, user=user, cwd=cwd)

    def attach(self, spool: str | PurePath, argv: Sequence[str] = ()) -> RemoteHandle:
        """See ``Transport``: in the pod that it was started in, or nowhere."""
        return self._of(spool).attach(spool, argv)

    def read_file(self, path: str | PurePath) -> bytes:
        """See ``Transport``."""
        return self._ready().read_file(path)

    def write_file(self, path: str | PurePath, data: bytes, mode: int = 0o600) -> None:
        """See ``Transport``."""
        self._ready().write_file(path, data, mode)

    def _ready(self) -> RemoteTransport:
        return self._at(self._pods.choose()[0])

    def _of(self, spool: str | PurePath) -> RemoteTransport:
        return self._at(Pod.of(PurePath(spool).parent.name))

    def _at(self, pod: Pod) -> RemoteTransport:
        return RemoteTransport(PodLink(self._pods, pod), self._spec.spool)
