"""Give HAProxy's runtime API some commands, one after the other, and print the replies as JSON if nothing is saved.

Where they set something, an empty reply is the only success, beside what ``addr`` says of a change: every other text is
an error, ends it, and is status 3. Status 4: nobody listens, and no haproxy runs. Status 5: no answer in time.
Status 6: the socket cannot be used.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

_CHANGED = ("IP changed from", "port changed from", "no need to change")
_FIRST = {"show stat": "# pxname", "show servers state": "1\n", "show info": "Name:"}


class Refused(Exception):
    """HAProxy answered with an error."""


def ask(address: str, command: str, end: float) -> str:
    """Return the reply to one command."""
    left = max(end - time.monotonic(), 0.05)
    if address.startswith("/"):
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(left)
        link.connect(address)
    else:
        host, _, port = address.rpartition(":")
        link = socket.create_connection((host.strip("[]"), int(port)), timeout=left)
    with link:
        link.sendall(command.encode() + b"\n")
        pieces = list[bytes]()
        while True:
            link.settimeout(max(end - time.monotonic(), 0.05))
            piece = link.recv(65536)
            if not piece:
                return b"".join(pieces).decode("utf-8", "replace")
            pieces.append(piece)


def judge(command: str, reply: str) -> str:
    """Return a reply that is none of an error."""
    said = reply.strip()
    first = next((text for name, text in _FIRST.items() if command.startswith(name)), None)
    good = reply.startswith(first) if first else not said or (" addr " in command and said.startswith(_CHANGED))
    if not good:
        raise Refused(f"HAProxy refused “{command}”: {said or 'an empty reply'}")
    return reply


def save(path: str, text: str) -> None:
    """Write the servers' state, whole or not at all."""
    new = Path(f"{path}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.chmod(0o644)
    new.replace(path)


def running() -> list[str]:
    """Return the processes called haproxy."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/comm"):
        with suppress(OSError):
            if entry.read_text().strip() == "haproxy":
                found.append(entry.parent.name)
    return found


def main(order: dict[str, Any]) -> int:
    """Carry out an order: ``socket``, ``commands``, ``timeout_s``, and ``save``: where the state goes."""
    end = time.monotonic() + order["timeout_s"]
    try:
        replies = [judge(command, ask(order["socket"], command, end)) for command in order["commands"]]
        if order.get("save"):
            save(order["save"], judge("show servers state", ask(order["socket"], "show servers state", end)))
    except Refused as error:
        print(error, file=sys.stderr)
        return 3
    except TimeoutError:
        print(f"{order['socket']}: no answer in {order['timeout_s']:.1f} s", file=sys.stderr)
        return 5
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        pids = running() if missing else []
        runs = f"; haproxy runs (process {pids[0]}): is that its socket?" if pids else ""
        print(f"{order['socket']}: {error.strerror or error}{runs}", file=sys.stderr)
        return 4 if isinstance(error, ConnectionRefusedError) or (missing and not pids) else 6
    if not order.get("save"):
        print(json.dumps(replies))
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
