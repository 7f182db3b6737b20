"""Asks the application's API, with a deadline for the whole request, and no proxy in between."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from actions.machine.certificate import Certificate
from actions.machine.cut import cut_after
from actions.machine.tls import tls_trouble
from actions.systems.validation.settings import ValidationSettings
from actions.systems.validation.tls import place_of, tls_words, trusted_context
from journal.errors import CleoError

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection

MOST_BYTES = 16_000_000
"""Of an answer; what is longer is not read on."""


class CannotAsk(CleoError):
    """The API gave no whole answer.

    ``late``: it took the connection, and said nothing within the deadline. ``tls``: its certificate stands in the way.
    """

    def __init__(
        self, message: str, hint: str, *, late: bool = False, refused: bool = False, tls: bool = False
    ) -> None:
        super().__init__(message, hint)
        self.late = late
        self.refused = refused
        self.tls = tls


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the API answered.

    Attributes:
        status: its status.
        body: its body, as it came.
        seconds: from the request to the last byte.
        certificate: what the server showed; None: no TLS is talked.
    """

    status: int
    body: bytes
    seconds: float
    certificate: Certificate | None = None

    @property
    def ms(self) -> int:
        """The same in whole milliseconds, one at least."""
        return max(1, round(self.seconds * 1000))

    def json(self) -> Any:
        """Return its body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Door:
    """One connection to the API; several requests may go over it, one after the other.

    Args:
        settings: the API.
        connection: opened.
    """

    def __init__(self, settings: ValidationSettings, connection: HTTPConnection) -> None:
        self._settings = settings
        self._connection = connection
        self._base = urlsplit(settings.url)

    def ask(
        self, path: str, *, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request, and return the answer, whatever its status."""
        sent = {"Host": self._base.netloc, "User-Agent": "cleo", "Accept": "application/json", **(headers or {})}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            sent["Content-Type"] = "application/json"
        begun = time.monotonic()
        self._connection.request(
            method, f"{self._base.path.rstrip('/')}{path}", body=data, headers=sent, preload_content=False
        )
        response = self._connection.getresponse()
        sock: Any = self._connection.sock
        peer = sock.getpeercert() if self._base.scheme == "https" else None
        text = response.read(MOST_BYTES)
        return Answer(
            status=response.status,
            body=text,
            seconds=time.monotonic() - begun,
            certificate=Certificate.of(peer) if peer else None,
        )


@contextmanager
def door(settings: ValidationSettings, deadline_s: float) -> Iterator[Door]:
    """Open a connection, and close it afterwards.

    Args:
        settings: the API.
        deadline_s: seconds for everything in the block; then the connection is cut.

    Raises:
        CannotAsk: there is no connection, TLS fails, or no whole answer came.
    """
    import urllib3  # noqa: F401  # whole, before a part: threads that each begin with another part get it half made
    from urllib3.exceptions import HTTPError

    end = time.monotonic() + deadline_s
    connection = _connection(settings, deadline_s)
    try:
        connection.connect()
        with cut_after(connection.sock.fileno(), max(0.05, end - time.monotonic())):
            yield Door(settings, connection)
    except (HTTPError, HTTPException, OSError) as error:
        raise _refusal(settings, error, left_s=end - time.monotonic()) from error
    finally:
        connection.close()


def ask(
    settings: ValidationSettings,
    path: str,
    *,
    method: str = "GET",
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    deadline_s: float = 0,
) -> Answer:
    """Send one request over a connection of its own.

    Args:
        settings: the API.
        path: with its query.
        method: GET, POST…
        body: sent as JSON; none: nothing is sent.
        headers: further headers.
        deadline_s: seconds for all of it; 0: as the inventory says.

    Raises:
        CannotAsk: no whole answer came.
    """
    with door(settings, deadline_s or settings.deadline_s) as opened:
        return opened.ask(path, method=method, body=body, headers=headers)


def where_of(settings: ValidationSettings) -> str:
    """Return the API's address, in words."""
    return f"{settings.url} (at {settings.connect_to})" if settings.connect_to else settings.url


def _connection(settings: ValidationSettings, deadline_s: float) -> HTTPConnection:
    from urllib3.connection import HTTPConnection, HTTPSConnection

    base = urlsplit(settings.url)
    host, port = place_of(settings)
    if base.scheme == "http":
        return HTTPConnection(host, port, timeout=deadline_s)
    try:
        trusted = trusted_context(settings)
    except OSError as error:
        raise CannotAsk(f"{settings.tls_ca_file} cannot be read: {error}", "Correct tls_ca_file.", tls=True) from error
    return HTTPSConnection(host, port, timeout=deadline_s, ssl_context=trusted, server_hostname=base.hostname)


def _refusal(settings: ValidationSettings, error: Exception, *, left_s: float) -> CannotAsk:
    where = where_of(settings)
    if left_s < 0.01 or isinstance(error, TimeoutError) or "timed out" in str(error):
        return CannotAsk(f"{where}: no answer in time", "It or its host hangs, or a firewall drops packets.", late=True)
    if trouble := tls_trouble(error):
        trouble = tls_words(settings, trouble, error, left_s)
        return CannotAsk(f"{where}: {trouble.words}", trouble.hint, tls=True)
    if "refused" in str(error):
        return CannotAsk(
            f"{where}: connection refused", "Nothing listens there: start it, or correct url.", refused=True
        )
    if "resolve" in str(error):
        return CannotAsk(f"{where}: its name leads nowhere", "Correct DNS, or name an address (connect_to).")
    return CannotAsk(f"{where}: the connection broke: {str(error) or type(error).__name__}", "Read its log.")
