"""Hosts whose kernel does not answer: who asks next is told at once, and waits for no deadline again."""

from __future__ import annotations

import socket
import threading
import time

from actions.transport.hosts import SshHost

_LONG_S = 1.0
"""What failed sooner than this costs nobody time, and is asked anew."""
_TRY_S = 2.0
_PAUSE_S = 0.5
_HOLDS_S = 6.0
"""Seconds that a try counts: without a newer one, whoever asks waits for the host's own deadline."""
_ASKED_S = 30.0
"""Seconds after which a host that nobody asked for is tried no more."""


class _Silent:
    """A host that was not reached: why, when somebody last asked, and when its kernel last gave no answer; 0: never."""

    def __init__(self, why: str) -> None:
        self.why, self.asked_at, self.seen_at = why, time.monotonic(), 0.0


class Silence:
    """What a process knows of hosts that do not answer. Safe from any thread.

    A host that is only slow, or whose SSH server hangs, still takes a TCP connection: it is never called silent here.
    While somebody goes on asking, a silent one is tried over and over, and is silent no more with its first answer.
    """

    def __init__(self) -> None:
        self._hosts: dict[tuple[str, int], _Silent] = {}

    def of(self, host: SshHost) -> str:
        """Return why a host was not reached, where its kernel gave no answer a moment ago; empty: nothing is known."""
        found, now = self._hosts.get((host.host, host.port)), time.monotonic()
        if found is None:
            return ""
        found.asked_at = now
        return found.why if found.seen_at and now - found.seen_at <= _HOLDS_S else ""

    def note(self, host: SshHost, why: str, waited_s: float) -> None:
        """Keep that a host was not reached, and try whether it is silent; nothing where it failed at once.

        Args:
            host: the host.
            why: the words of the failure.
            waited_s: how many seconds that took.
        """
        key = (host.host, host.port)
        if waited_s < _LONG_S or key in self._hosts:
            return
        self._hosts[key] = silent = _Silent(why)
        threading.Thread(target=self._watch, args=(key, silent), name=f"silent-{host.host}", daemon=True).start()

    def _watch(self, key: tuple[str, int], silent: _Silent) -> None:
        try:
            while time.monotonic() - silent.asked_at < _ASKED_S:
                if _answers(key):
                    return
                silent.seen_at = time.monotonic()
                time.sleep(_PAUSE_S)
        finally:
            del self._hosts[key]


def _answers(key: tuple[str, int]) -> bool:
    """Whether the kernel there answers, be it with a refusal.

    In a thread, and not in the event loop: an overloaded process is told of a connection that was made in time.
    """
    try:
        socket.create_connection(key, timeout=_TRY_S).close()
    except ConnectionError:
        return True
    except OSError:
        return False
    return True
