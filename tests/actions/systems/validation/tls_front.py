"""A front door that talks TLS, as a site has one: certificates by name, and an application behind it."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Self


class TlsFront:
    """Ends TLS, and hands on what comes.

    Args:
        behind: the application's port.
        default: the certificate for who asks for no name that it knows.
    """

    def __init__(self, behind: int, default: Path) -> None:
        self._behind = behind
        self._default = _context(default)
        self._default.sni_callback = self._chosen
        self._shown: dict[str, ssl.SSLContext] = {}
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.asked_for: list[str | None] = []

    @property
    def address(self) -> str:
        """ADDRESS:PORT."""
        return f"127.0.0.1:{self._listening.getsockname()[1]}"

    def show(self, name: str, certificate: Path) -> None:
        """Show a certificate to who asks for a name, from now on."""
        self._shown[name] = _context(certificate)

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _chosen(self, session: Any, name: str | None, _: ssl.SSLContext) -> None:
        self.asked_for.append(name)
        session.context = self._shown.get(name or "", self._default)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listening.accept()
                threading.Thread(target=self._one, args=(plain,), daemon=True).start()

    def _one(self, plain: socket.socket) -> None:
        with (
            suppress(OSError),
            self._default.wrap_socket(plain, server_side=True) as session,
            socket.create_connection(("127.0.0.1", self._behind)) as behind,
        ):
            threading.Thread(target=_carry, args=(behind, session), daemon=True).start()
            _carry(session, behind)


def _carry(from_: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := from_.recv(65_536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
