"""Takes webhooks from programs on this machine, and keeps them as offers: nothing is run, nothing is declared."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from cleo_console.monitoring.offers import Offers
from cleo_console.monitoring.server import App
from cleo_console.monitoring.webhook import MOST_BYTES, NotAnAlert, read_webhook


def receiver(offers: Offers) -> App:
    """Return the application that takes them.

    It answers programs on this machine alone, and those alone that say they send JSON and call this machine by its
    address or own name: a web page that somebody reads here cannot, whatever its name leads to (DNS rebinding).
    """

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        status, words = _taken(environ, offers)
        start(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{words}\n".encode()]

    return answer


def _taken(environ: dict[str, Any], offers: Offers) -> tuple[str, str]:
    """Return status and words of the answer; one of 5xx has the sender try again."""
    if environ.get("REQUEST_METHOD") != "POST":
        return "405 Method Not Allowed", "POST an alert here."
    if not _is_here(environ.get("REMOTE_ADDR", "")):
        return "403 Forbidden", "Alerts are taken from this machine alone."
    if not _names_this_machine(environ.get("HTTP_HOST", "")):
        return "403 Forbidden", "Send it to this machine's address: http://127.0.0.1:9477/alerts."
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip() != "application/json":
        return "415 Unsupported Media Type", "Send application/json."
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or int(length) > MOST_BYTES:
        return "413 Content Too Large", f"Send at most {MOST_BYTES} bytes, and say how many."
    try:
        told = read_webhook(environ["wsgi.input"].read(int(length)), datetime.now(UTC))
        kept = offers.take(told)
    except NotAnAlert as error:
        return "400 Bad Request", error.message
    except OSError as error:
        return "503 Service Unavailable", f"It cannot be kept: {error.strerror}."
    return ("200 OK", "taken") if kept else ("503 Service Unavailable", "Too many alerts wait to be answered.")


def _names_this_machine(host: str) -> bool:
    """Return whether a request's ``Host`` is an address, a name without a domain, or this machine's own."""
    name = re.sub(r":\d*\Z", "", host).strip("[]").lower().rstrip(".")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name == socket.gethostname().lower()
    return True


def _is_here(address: str) -> bool:
    """Return whether an address is this machine's own; one of IPv4 may come through a socket of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
