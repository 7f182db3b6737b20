"""Asking a toy store, within a deadline."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

from cleo_toy.settings import ToySettings
from journal.errors import CleoError

ADDRESS = "127.0.0.1"


class CannotAsk(CleoError):
    """The store gives no answer that can be used; ``why`` says so in a word: refused, timeout, unusable."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message, "Look at the store's log.")
        self.why = why


def ask(settings: ToySettings, what: str, deadline_s: float = 5.0, **more: str) -> dict[str, Any]:
    """Return the store's answer.

    Args:
        settings: the store.
        what: the request: ``status``, ``get``, ``set``, ``all``.
        deadline_s: seconds for all of it.
        more: the request's own arguments.

    Raises:
        CannotAsk: there is no answer, or it says no.
        SecretUnavailable: the token cannot be read.
    """
    request = {"token": settings.token.read(), "do": what, "with": more}
    try:
        answer = _exchange(settings.port, json.dumps(request).encode() + b"\n", time.monotonic() + deadline_s)
        found: dict[str, Any] = json.loads(answer)
    except TimeoutError as error:
        raise CannotAsk("timeout", f"no answer in time from {ADDRESS}:{settings.port}") from error
    except OSError as error:
        raise CannotAsk("refused", f"{ADDRESS}:{settings.port} cannot be reached: {error.strerror or error}") from error
    except ValueError as error:
        raise CannotAsk("unusable", f"what answers at {ADDRESS}:{settings.port} is no toy store") from error
    if not isinstance(found, dict) or not found.pop("ok", False):
        raise CannotAsk("unusable", f"{ADDRESS}:{settings.port} says: {found}")
    return found


def _exchange(port: int, request: bytes, end: float) -> bytes:
    """Send a request, and return one line."""
    with socket.create_connection((ADDRESS, port), timeout=_left(end)) as link:
        link.sendall(request)
        answer = b""
        while not answer.endswith(b"\n"):
            link.settimeout(_left(end))
            piece = link.recv(65536)
            if not piece:
                break
            answer += piece
    return answer


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
