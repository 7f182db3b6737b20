"""Connects to a Redis server, with a deadline for everything that is asked in the session."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from actions import cannot_connect
from actions.machine.cut import cut_after
from actions.machine.tls import NO_TLS, plain_hint, tls_trouble, unreadable
from actions.systems.redis.settings import RedisSettings

if TYPE_CHECKING:
    from redis import Redis

_PLAIN_S = 2.0
_REACH_S = 10.0
"""Seconds that a server gets to answer: a long deadline is for what is asked, not for a server that is gone."""
Why = Literal["refused", "password", "timeout", "tls", "loading", "busy", "other", "another", "unproven"]

_HINTS: dict[Why, str] = {
    "refused": "Nothing listens there: is the server down, or the address in the inventory wrong?",
    "password": (
        "Correct user and password of this system in the inventory; a restored server has the users and passwords of "
        "its recovery point, perhaps older ones."
    ),
    "timeout": "The server or its host hangs, or a firewall drops packets.",
    "tls": "Correct what is said of TLS in the inventory.",
    "loading": "Wait until it has loaded its data.",
    "busy": "A script runs and lets nothing else in: SCRIPT KILL ends it where it has not written yet.",
    "other": "See the server's log.",
    "another": "Stop that one, or correct address and port in the inventory. Nothing was asked of it.",
    "unproven": "Let cleo run programs on that host as the server's account (run_as:) or as root.",
}


class CannotConnect(cannot_connect.CannotConnect):
    """A Redis server cannot be talked to."""

    hints = _HINTS


class Login:
    """Who logs in. No user: ``default``; no password: nobody."""

    def __init__(self, user: str = "", password: str | None = None) -> None:
        self.user = user
        self.password = password


def our_login(settings: RedisSettings) -> Login:
    """Return the inventory's user with its password.

    Raises:
        SecretUnavailable: the password cannot be had.
    """
    return Login(settings.user, settings.password.read() if settings.password else None)


@contextmanager
def connect(
    settings: RedisSettings,
    *,
    deadline_s: float = 10,
    login: Login | None = None,
    database: int = 0,
    address: str = "",
    port: int = 0,
) -> Iterator[Redis]:
    """Open one connection to a server, and close it afterwards. Answers are text.

    Args:
        settings: the server.
        deadline_s: seconds for everything in the session; what takes longer is cut off.
        login: another user than the inventory's.
        database: which of its databases.
        address: another server's address (a replica's, a Sentinel's).
        port: that one's port.

    Raises:
        CannotConnect: there is no talking to it, a command was refused, or the deadline passed.
        SecretUnavailable: its password cannot be had.
    """
    from redis import RedisError

    where = f"Redis at {address or settings.address}:{port or settings.port}"
    end = time.monotonic() + deadline_s
    opened: Redis | None = None
    if settings.tls and (trouble := unreadable(settings)):
        raise CannotConnect(f"{where}: {trouble.words}", "tls", trouble.hint)
    try:
        opened = _open(settings, login or our_login(settings), database, address, port, deadline_s)
        with _cut_off(opened, end):
            yield opened
    except (RedisError, OSError) as error:
        late = time.monotonic() >= end
        if settings.tls and _talks_plainly(address or settings.address, port or settings.port):
            raise CannotConnect(f"{where}: {NO_TLS.words}", "tls", NO_TLS.hint) from error
        raise refusal(error, where, late=late, tls=settings.tls) from error
    finally:
        if opened:
            opened.close()


def _open(settings: RedisSettings, login: Login, database: int, address: str, port: int, deadline_s: float) -> Redis:
    """Connect and log in; nothing is tried twice, and nothing is asked that a server refuses while it loads."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis(
        host=address or settings.address,
        port=port or settings.port,
        db=database,
        username=login.user or None,
        password=login.password,
        socket_timeout=deadline_s,
        socket_connect_timeout=min(deadline_s, _REACH_S),
        retry=Retry(NoBackoff(), 0),
        ssl=settings.tls,
        ssl_ca_certs=settings.tls_ca_file or None,
        ssl_certfile=settings.tls_certificate_file or None,
        client_name="cleo",
        decode_responses=True,
        encoding_errors="backslashreplace",
        protocol=2,
        single_connection_client=True,
    )


def _talks_plainly(address: str, port: int) -> bool:
    """Whether a server answers there without TLS: it waits in silence for the rest of what begins a TLS session."""
    try:
        with socket.create_connection((address, port), timeout=_PLAIN_S) as plain:
            plain.sendall(b"PING\r\n")
            return plain.recv(1) in (b"+", b"-")
    except OSError:
        return False


@contextmanager
def _cut_off(client: Redis, end: float) -> Iterator[None]:
    """A server that sends a byte now and then never runs into a socket's own time-out."""
    held: Any = client.connection
    with cut_after(held._sock.fileno(), max(0.1, end - time.monotonic())):  # the library has no other
        yield


def refusal(error: Exception, where: str, *, late: bool = False, tls: bool = False) -> CannotConnect:
    """Return what an error of the client library means, in the server's own words.

    Args:
        error: the error.
        where: whom it is about.
        late: whether the deadline had passed: what broke then was cut off.
        tls: whether it was talked to by TLS.
    """
    if tls and (trouble := tls_trouble(error)):
        return CannotConnect(f"{where}: {trouble.words}", "tls", trouble.hint)
    why: Why = "timeout" if late else _why(error)
    plain = {"refused": "connection refused", "timeout": "no answer in time"}
    return CannotConnect(
        f"{where}: {plain.get(why) or str(error) or type(error).__name__}", why, "" if tls else plain_hint(error)
    )


def _why(error: Exception) -> Why:
    import redis

    text = str(error)
    if isinstance(error, redis.AuthenticationError | redis.exceptions.NoPermissionError) or "WRONGPASS" in text:
        return "password"
    if isinstance(error, redis.BusyLoadingError) or "LOADING" in text:
        return "loading"
    if isinstance(error, redis.TimeoutError | TimeoutError):
        return "timeout"
    if "BUSY" in text:
        return "busy"
    refused = isinstance(error, ConnectionRefusedError) or "refused" in text
    return "refused" if refused else "other"
