"""The exporter's port: ``/metrics`` for whoever may connect, and alerts from this machine where they are taken."""

from __future__ import annotations

import errno
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from cleo_console.monitoring.access import holder_of_port
from journal.errors import CleoError

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application."""
CLIENT_S = 10.0
"""Seconds for which a client may say nothing."""


class CannotListen(CleoError):
    """The port cannot be used."""


class _Server(ThreadingMixIn, WSGIServer):
    """Answers each client in a thread of its own."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away or says nothing; of anything else as the standard library does."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Server6(_Server):
    """The same on IPv6."""

    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    """Answers without a log; a client that says nothing holds no thread for ever."""

    timeout = CLIENT_S

    def log_message(self, format: str, *args: Any) -> None:  # its name in the standard library
        """Say nothing: Prometheus asks every half minute."""


def by_path(apps: dict[str, App]) -> App:
    """Return the application that answers at each of these paths."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if app := apps.get(environ.get("PATH_INFO", "")):
            return app(environ, start)
        start("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [f"Here is: {' '.join(apps)}\n".encode()]

    return answer


def listen(host: str, port: int, app: App) -> WSGIServer:
    """Answer on a port, in a thread, until the server is shut down.

    Args:
        host: the address to listen on.
        port: the port; 0: any that is free.
        app: what answers.

    Raises:
        CannotListen: it is taken, or not allowed.
    """
    try:
        server = make_server(host, port, app, server_class=_Server6 if ":" in host else _Server, handler_class=_Handler)
    except OSError as error:
        holder = holder_of_port(port) if error.errno == errno.EADDRINUSE else ""
        raise CannotListen(
            f"The exporter cannot listen on {host}:{port}: {error.strerror or error}{holder and f', {holder}'}.",
            "Name another one: cleo exporter --listen 127.0.0.1:PORT",
        ) from error
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
