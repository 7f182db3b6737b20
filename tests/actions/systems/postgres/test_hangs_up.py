"""What the client library says of a server that cannot be talked to is told by its reason, not by its advice."""

from __future__ import annotations

import socket
from threading import Thread

import pytest

from actions.systems.postgres.connection import CannotConnect, connect
from actions.systems.postgres.settings import Backups, PostgresSettings, Service


def test_a_server_that_hangs_up_is_said_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=_hang_up, args=[listener], daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        there = {"host": "here", "data_directory": "/nowhere", "address": "127.0.0.1", "port": port}
        settings = PostgresSettings(**there, user="cleo", service=Service(manager="pg_ctl"), backups=Backups())  # type: ignore[arg-type]
        with pytest.raises(CannotConnect) as raised, connect(settings):
            pass
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    assert raised.value.message == f"PostgreSQL at 127.0.0.1:{port}: server closed the connection unexpectedly"


def _hang_up(listener: socket.socket) -> None:
    while True:
        try:
            listener.accept()[0].close()
        except OSError:
            return
