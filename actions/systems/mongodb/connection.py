"""Connects to a mongod, with a deadline for everything that is asked in the session."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from actions import cannot_connect
from actions.machine.tls import WANTS_OURS, plain_hint, tls_trouble, unreadable
from actions.systems.mongodb.settings import MongodbSettings
from actions.systems.mongodb.tls import driver_options

if TYPE_CHECKING:
    from pymongo import MongoClient

Why = Literal["refused", "password", "timeout", "tls", "other", "another", "unproven"]

_HINTS: dict[Why, str] = {
    "refused": "Nothing listens there: is the server down, or the address in the inventory wrong?",
    "password": (
        "Correct user and password of this system in the inventory; a restored server has the users and passwords of "
        "its recovery point, perhaps older ones."
    ),
    "timeout": "The server or its host hangs, or a firewall drops packets.",
    "tls": "Correct what is said of TLS in the inventory.",
    "other": "See the server's log.",
    "another": "Stop that one, or correct address and port in the inventory. Nothing was asked of it.",
    "unproven": "Let cleo run programs on that host as the server's account (run_as:) or as root.",
}

_REACH_MS = 30_000
AUTHENTICATION_FAILED = 18
UNAUTHORIZED = 13
"""MongoDB's error codes: the user or password is wrong; it is right, and may not do this."""


class CannotConnect(cannot_connect.CannotConnect):
    """A MongoDB server cannot be talked to."""

    hints = _HINTS


class Login:
    """Who logs in: a user, its password, and the database that it lies in. No user: nobody."""

    def __init__(self, user: str = "", password: str | None = None, database: str = "admin") -> None:
        self.user = user
        self.password = password
        self.database = database


def our_login(settings: MongodbSettings) -> Login:
    """Return the inventory's user with its password.

    Raises:
        SecretUnavailable: the password cannot be had.
    """
    password = settings.password.read() if settings.password else None
    return Login(settings.user, password, settings.auth_database)


@contextmanager
def connect(
    settings: MongodbSettings, *, deadline_s: float = 10, login: Login | None = None, address: str = "", port: int = 0
) -> Iterator[MongoClient[dict[str, Any]]]:
    """Open a session with this one mongod (not with whichever of its set), and close it afterwards.

    Args:
        settings: the server.
        deadline_s: seconds for everything in the session; what takes longer is cut off.
        login: another user than the inventory's.
        address: another member of its set.
        port: that member's port.

    Raises:
        CannotConnect: there is no talking to it, a command failed, or the deadline passed.
        SecretUnavailable: its password cannot be had.
    """
    import pymongo
    from pymongo.errors import PyMongoError

    end = time.monotonic() + deadline_s
    host, port = address or settings.address, port or settings.port
    who = login or our_login(settings)
    _require_listener(host, port, min(deadline_s, _REACH_MS / 1000))
    if settings.tls and (trouble := unreadable(settings)):
        raise CannotConnect(f"MongoDB at {host}:{port}: {trouble.words}", "tls", trouble.hint)
    client = _client(settings, host, port, who, max(0.1, end - time.monotonic()))
    try:
        with pymongo.timeout(max(0.1, end - time.monotonic())):
            client.admin.command("ping" if who.user else "hello")
            yield client
    except PyMongoError as error:
        raise refusal(error, host, port, tls=settings.tls, shown=bool(settings.tls_certificate_file)) from error
    finally:
        client.close()


def refusal(error: Exception, host: str, port: int, *, tls: bool = False, shown: bool = False) -> CannotConnect:
    """Return what an error of the client library means, in the server's own words.

    Args:
        error: the error.
        host: the server's address.
        port: its port.
        tls: whether it was talked to by TLS.
        shown: whether a certificate of our own was shown.
    """
    from pymongo.errors import NetworkTimeout, OperationFailure, ServerSelectionTimeoutError

    trouble = tls_trouble(error) if tls else None
    if tls and not shown and isinstance(error, ServerSelectionTimeoutError) and "connection closed" in str(error):
        trouble = WANTS_OURS
    if trouble:
        return CannotConnect(f"MongoDB at {host}:{port}: {trouble.words}", "tls", trouble.hint)
    words, why = (str(error).splitlines() or [type(error).__name__])[0].partition(", full error")[0], _why(error)
    if isinstance(error, OperationFailure) and why == "password":
        words = f"{(error.details or {}).get('errmsg', words)}"
    elif why == "timeout":
        words = "no answer in time"
    elif isinstance(error, ServerSelectionTimeoutError | NetworkTimeout):
        words = words.partition(", Timeout:")[0].partition(" (configured timeouts")[0]
    return CannotConnect(f"MongoDB at {host}:{port}: {words}", why, "" if tls else plain_hint(error))


def _why(error: Exception) -> Why:
    from pymongo.errors import OperationFailure, PyMongoError

    if isinstance(error, OperationFailure) and error.code in (AUTHENTICATION_FAILED, UNAUTHORIZED):
        return "password"
    text = str(error)
    if isinstance(error, PyMongoError) and (error.timeout or "timed out" in text):
        return "timeout"
    return "refused" if "refused" in text else "other"


def _require_listener(host: str, port: int, deadline_s: float) -> None:
    """The client library tries a port that refuses again and again until its deadline: ask once beforehand.

    Raises:
        CannotConnect: nothing takes a connection there.
    """
    try:
        socket.create_connection((host, port), timeout=deadline_s).close()
    except TimeoutError:
        raise CannotConnect(f"MongoDB at {host}:{port}: no answer in time", "timeout") from None
    except ConnectionRefusedError:
        raise CannotConnect(f"MongoDB at {host}:{port}: connection refused", "refused") from None
    except OSError as error:
        raise CannotConnect(f"MongoDB at {host}:{port}: {error.strerror or error}", "other") from error


def _client(
    settings: MongodbSettings, host: str, port: int, who: Login, deadline_s: float
) -> MongoClient[dict[str, Any]]:
    from pymongo import MongoClient

    wait_ms = int(deadline_s * 1000)
    reach_ms = min(wait_ms, _REACH_MS)  # a long deadline is for what is asked, not for a server that is gone
    named: dict[str, Any] = (
        {"username": who.user, "password": who.password, "authSource": who.database} if who.user else {}
    )
    secure = driver_options(settings)
    return MongoClient(
        host,
        port,
        directConnection=True,
        appname="cleo",
        tz_aware=True,
        serverSelectionTimeoutMS=reach_ms,
        connectTimeoutMS=reach_ms,
        socketTimeoutMS=wait_ms,
        retryReads=False,
        retryWrites=False,
        **named,
        **secure,
    )
