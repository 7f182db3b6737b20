"""The ways to hosts of a process that asks the same ones over and over, such as a runner."""

from __future__ import annotations

from actions.transport.base import Transport
from actions.transport.hosts import HostSpec, SshHost


class Ways:
    """Opens the way to a host, and knows what was seen on others of its ways.

    A host whose kernel gave no answer a moment ago is not waited for again. A connection that a run gave up is
    taken by the next one; no two runs share one at a time, so that what breaks for one breaks for no other.
    """

    def __init__(self) -> None:
        from actions.transport.silence import Silence
        from actions.transport.warm import Warm

        self._silence, self._warm = Silence(), Warm()

    def open(self, host: HostSpec) -> Transport:
        """Return the way to a host of the inventory. Nothing is connected before it is used."""
        from actions.transport import open_transport

        if not isinstance(host, SshHost):
            return open_transport(host)
        from actions.transport.ssh import SshTransport

        return SshTransport(host, silence=self._silence, warm=self._warm)
