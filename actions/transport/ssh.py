"""Transport for hosts reached over SSH."""

from __future__ import annotations

from actions.transport.hosts import SshHost
from actions.transport.remote import RemoteTransport
from actions.transport.silence import Silence
from actions.transport.ssh_link import SshLink
from actions.transport.warm import Warm


class SshTransport(RemoteTransport):
    """A host reached over SSH. Nothing is connected before it is used.

    Args:
        spec: the host.
        silence, warm: what other ways of the same process know (`actions.transport.ways.Ways`); None: nothing.
    """

    def __init__(self, spec: SshHost, silence: Silence | None = None, warm: Warm | None = None) -> None:
        self._ssh = SshLink(spec, silence, warm)
        super().__init__(self._ssh, spec.spool)

    def close(self) -> None:
        """See ``Transport``."""
        self._ssh.close()
