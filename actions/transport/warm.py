"""SSH connections that nobody uses now: the next run takes one, instead of making its own and leaving it behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from actions.transport.hosts import SshHost

if TYPE_CHECKING:
    import asyncssh

_IDLE_S = 60.0
_MOST = 4
"""How many are kept for one host; others are closed."""


class Warm:
    """Connections that are handed on, each to one run at a time. For the thread of the event loop alone."""

    def __init__(self) -> None:
        self._idle: dict[SshHost, dict[asyncssh.SSHClientConnection, asyncio.TimerHandle]] = {}

    def take(self, host: SshHost) -> asyncssh.SSHClientConnection | None:
        """Return a connection that is not known to be broken; None: there is none."""
        idle = self._idle.get(host, {})
        while idle:
            connection, timer = idle.popitem()
            timer.cancel()
            if not connection.is_closed():
                return connection
        return None

    def keep(self, host: SshHost, connection: asyncssh.SSHClientConnection) -> None:
        """Keep a connection that nobody uses for a minute; then it is closed."""
        idle = self._idle.setdefault(host, {})
        if len(idle) >= _MOST:
            connection.close()
            return
        idle[connection] = asyncio.get_running_loop().call_later(_IDLE_S, self._close, host, connection)

    def _close(self, host: SshHost, connection: asyncssh.SSHClientConnection) -> None:
        self._idle[host].pop(connection, None)
        connection.close()
