"""A process that asks the same hosts again and again: a silent one is waited for once, connections are handed on."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from actions.transport import SshHost, Transport, Unreachable, Ways
from tests.actions.sshd import Sshd
from tests.waiting import until


@contextmanager
def silent(port: int = 0) -> Iterator[int]:
    """A port at which the kernel takes connections, and nobody says anything."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_silent_host_is_waited_for_once_and_asked_again_as_soon_as_it_answers(sshd: Sshd) -> None:
    sshd.stop()
    ways = Ways()
    host = msgspec.structs.replace(sshd.host(), connect_timeout_s=2)

    def ask() -> str:
        return ways.open(host).query(["echo", "here"], timeout_s=10).out

    with silent(sshd.port):
        with pytest.raises(Unreachable):
            ask()
        began = time.monotonic()
        for _ in range(3):
            with pytest.raises(Unreachable):
                ask()
        assert time.monotonic() - began < host.connect_timeout_s, "each waited for the deadline again"
    sshd.start()
    until(lambda: _answered(ask) == "here\n", 15)


def test_a_refusal_is_not_kept(sshd: Sshd) -> None:
    ways = Ways()
    sshd.stop()
    with pytest.raises(Unreachable):
        ways.open(sshd.host()).query(["true"], timeout_s=10)
    sshd.start()
    assert ways.open(sshd.host()).query(["echo", "here"], timeout_s=10).out == "here\n"


def test_a_connection_is_handed_on_and_never_shared(sshd: Sshd) -> None:
    ways = Ways()
    assert len({_connection(ways, sshd.host(), close=True) for _ in range(4)}) == 1, "each run left its own behind"
    first, second = (_connection(ways, sshd.host(), close=False) for _ in range(2))
    assert first != second


def test_one_that_broke_meanwhile_is_replaced(sshd: Sshd) -> None:
    ways = Ways()
    first = _connection(ways, sshd.host(), close=True)
    sshd.cut()
    assert _connection(ways, sshd.host(), close=True) != first


_KEPT: list[Transport] = []


def _connection(ways: Ways, host: SshHost, *, close: bool) -> str:
    """Return what tells the connection over which a new way asks: the client's port."""
    way = ways.open(host)
    told = way.query(["sh", "-c", "echo $SSH_CONNECTION"], timeout_s=10).out.split()
    if close:
        way.close()
    else:
        _KEPT.append(way)
    return told[1]


def _answered(ask: object) -> str:
    assert callable(ask)
    try:
        return str(ask())
    except Unreachable:
        return ""
