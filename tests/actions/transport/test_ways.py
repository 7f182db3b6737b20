"""A process that asks the same hosts again and again: a silent one is waited for once, connections are handed on."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import msgspec
import pytest

from actions.transport import SshHost, Transport, Unreachable, Ways
from tests.actions.sshd import Sshd
from tests.waiting import until


@contextmanager
def silent(port: int = 0) -> Iterator[int]:
    """A port of which the kernel drops what comes, as if its host were gone: nobody takes those that are waiting."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


def test_a_silent_host_is_waited_for_once_and_asked_again_as_soon_as_it_answers(sshd: Sshd) -> None:
    sshd.stop()
    ways = Ways()
    host = msgspec.structs.replace(sshd.host(), connect_timeout_s=2)

    def ask() -> str:
        return ways.open(host).query(["echo", "here"], timeout_s=10).out

    with silent(sshd.port):
        until(lambda: _waited(ask) < host.connect_timeout_s / 4, 30)
    sshd.start()
    until(lambda: _answered(ask) == "here\n")


def test_a_host_that_is_slow_is_waited_for_by_each(sshd: Sshd) -> None:
    """Its kernel answers: a look that came too early says nothing of the next one."""
    ways, host = Ways(), msgspec.structs.replace(sshd.host(), connect_timeout_s=2)
    sshd.freeze(whole=True)
    for _ in range(3):
        assert _waited(lambda: ways.open(host).query(["true"], timeout_s=10)) > 1.5
    sshd.thaw()
    until(lambda: _answered(lambda: ways.open(host).query(["echo", "here"], timeout_s=10).out) == "here\n")


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


def _waited(ask: Callable[[], object]) -> float:
    """Return how many seconds it took until a host was called unreachable."""
    began = time.monotonic()
    with pytest.raises(Unreachable):
        ask()
    return time.monotonic() - began


def _answered(ask: Callable[[], object]) -> str:
    try:
        return str(ask())
    except Unreachable:
        return ""
