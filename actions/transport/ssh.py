"""Transport for hosts reached over SSH."""

from __future__ import annotations

from actions.transport.hosts import SshHost
from actions.transport.remote import RemoteTransport
from actions.transport.ssh_link import SshLink


class SshTransport(RemoteTransport):
    """A host reached over SSH. Nothing is connected before it is used."""

    def __init__(self, spec: SshHost) -> None:
        super().__init__(SshLink(spec), spec.spool)
