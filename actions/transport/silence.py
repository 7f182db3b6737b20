"""Hosts that did not answer a moment ago: who asks next is told at once, and waits for no deadline again."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from actions.transport.hosts import SshHost

_LONG_S = 1.0
"""What failed sooner than this costs nobody time, and is asked anew."""
_EVERY_S = 1.0
_ASKED_S = 30.0
"""Seconds after which a host that nobody asked for is tried no more."""


class _Silent:
    """A host that does not answer: why, when that was last seen, and when somebody last asked."""

    def __init__(self, why: str, now: float) -> None:
        self.why, self.seen_at, self.asked_at = why, now, now


class Silence:
    """What a process knows of hosts that do not answer. For the thread of its event loop alone.

    While somebody goes on asking, such a host is tried every second, and is silent no more with its first answer.
    """

    def __init__(self) -> None:
        self._hosts: dict[tuple[str, int], _Silent] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, host: SshHost) -> str:
        """Return why a host was not reached, as of a try that ended a moment ago; empty: nothing is known."""
        found, now = self._hosts.get((host.host, host.port)), time.monotonic()
        if found is None:
            return ""
        found.asked_at = now
        return found.why if now - found.seen_at <= host.connect_timeout_s + _EVERY_S else ""

    def note(self, host: SshHost, why: str, waited_s: float) -> None:
        """Keep that a host was not reached, and go on trying it; nothing where it failed at once.

        Args:
            host: the host.
            why: the words of the failure.
            waited_s: how many seconds that took.
        """
        key, now = (host.host, host.port), time.monotonic()
        if waited_s < _LONG_S:
            return
        if key in self._hosts:
            self._hosts[key].seen_at = now
            return
        self._hosts[key] = silent = _Silent(why, now)
        task = asyncio.get_running_loop().create_task(self._watch(host, silent))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self, host: SshHost, silent: _Silent) -> None:
        """Try a host every second, also while earlier tries wait, until it answers or nobody asks any more."""
        tries: set[asyncio.Task[bool]] = set()
        try:
            while time.monotonic() - silent.asked_at < _ASKED_S:
                tries.add(asyncio.create_task(_answers(host)))
                over = time.monotonic() + _EVERY_S
                while (left := over - time.monotonic()) > 0 and tries:
                    done, tries = await asyncio.wait(tries, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                    if any(one.result() for one in done):
                        return
                    if done:
                        silent.seen_at = time.monotonic()
                await asyncio.sleep(max(0.0, over - time.monotonic()))
        finally:
            for one in tries:
                one.cancel()
            del self._hosts[host.host, host.port]


async def _answers(host: SshHost) -> bool:
    """Whether something answers there, be it with a refusal: then asking it takes no time, and tells more."""
    try:
        async with asyncio.timeout(host.connect_timeout_s):
            reader, writer = await asyncio.open_connection(host.host, host.port)
            try:
                return bool(await reader.read(4))
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    except ConnectionError:
        return True
    except (OSError, TimeoutError):
        return False
