"""Real servers to be told things: SMTP by aiosmtpd, HTTP by the standard library, each with faults."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


class Mailbox:
    """An SMTP server on loopback. ``says`` is what an address is told instead of 250; ``got`` is what came."""

    def __init__(self) -> None:
        self.says: dict[str, str] = {}
        self.got: list[tuple[list[str], str]] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Take a recipient, or refuse it."""
        if no := self.says.get(address):
            return no
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take a message."""
        self.got.append((list(envelope.rcpt_tos), envelope.content.decode()))
        return "250 queued"

    @property
    def told(self) -> list[str]:
        """Everyone who got something, in order."""
        return [to for rcpt, _ in self.got for to in rcpt]


class _AnyPort(Controller):
    """A controller that knows which port the system gave it."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """A mail server, and its port."""
    box = Mailbox()
    controller = _AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield box, controller.port
    finally:
        controller.stop()


@contextmanager
def web(answer: Callable[[], tuple[int, str]]) -> Iterator[tuple[list[Any], str]]:
    """A web server that answers each POST with a status and a body; what came, and its address without scheme."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status, body = answer()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with served(Handler) as address:
        yield got, address


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A web server on loopback, and its address without scheme."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def inventory_file(folder: Path, port: int, extra: str = "", audience: str = "") -> Path:
    """Write an inventory with a mail server, two stakeholders and one recipient for exercises."""
    file = folder / "inventory.yaml"
    file.write_text(
        f"""\
name: shop
allows: [REAL, DRILL, LAB]
communications:
  channels:
    mail: {{type: mail, server: 127.0.0.1, port: {port}, security: none, sender: dr@cleoai.example}}
{extra}  audiences:
    stakeholders:
      - {{channel: mail, to: support@cleoai.example}}
      - {{channel: mail, to: gone@cleoai.example}}
{audience}  exercise:
    - {{channel: mail, to: drill@cleoai.example}}
"""
    )
    return file
