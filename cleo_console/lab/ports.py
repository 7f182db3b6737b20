"""Free ports on loopback, each given to one lab only."""

from __future__ import annotations

import os
import random
import socket
import tempfile
import time
from pathlib import Path

from journal.errors import CleoError

KEPT_S = 7_200.0
"""How long a port that was given out is given to nobody else: its server begins later, and is stopped in between."""


def free_port() -> int:
    """A free port on 127.0.0.1, below the range the kernel gives to outgoing connections.

    It is given out once in two hours, whatever lab asks: also where nothing listens there yet.

    Raises:
        CleoError: none was found, or none can be set aside.
    """
    for port in random.sample(range(20_000, 32_000), 200):
        if _is_free(port) and _claim(port):
            return port
    raise CleoError("No free port was found on 127.0.0.1.", "See what listens there: ss -ltn")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _claim(port: int) -> bool:
    claim = Path(tempfile.gettempdir()) / f"cleo-lab-ports-{os.getuid()}" / str(port)
    try:
        claim.parent.mkdir(mode=0o700, exist_ok=True)
        if claim.exists() and time.time() - claim.stat().st_mtime > KEPT_S:
            claim.unlink(missing_ok=True)
        claim.touch(exist_ok=False)
    except OSError as error:
        if claim.exists():
            return False
        what = f"No port could be set aside in {claim.parent}: {error}."
        raise CleoError(what, "See who may write there.") from error
    return True
