"""Free ports on loopback."""

from __future__ import annotations

import random
import socket

from journal.errors import CleoError


def free_port() -> int:
    """A free port on 127.0.0.1, below the range the kernel gives to outgoing connections.

    Raises:
        CleoError: none was found.
    """
    for port in random.sample(range(20_000, 32_000), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise CleoError("No free port was found on 127.0.0.1.", "See what listens there: ss -ltn")
