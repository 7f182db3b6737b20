"""The stand-in's process: ``python -m cleo_console.lab.validation.program CONFIGURATION``."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from cleo_console.lab.validation.stores import Stores
from cleo_console.lab.validation.tokens import claims_of, is_ours, issue

SERVICE = "cleoai-api"
TOKEN_S = 900.0
"""Seconds that a token is good for."""
SLOW_S = 0.7
"""Seconds by which it is slower when it is broken so."""

Reply = tuple[int, Mapping[str, Any]]


class Application:
    """What the stand-in does with a request, without the network.

    Args:
        configuration: its file, as `place.write_configuration` writes it.
    """

    def __init__(self, configuration: Path) -> None:
        said = json.loads(configuration.read_text())
        self.address, self.port = str(said["address"]), int(said["port"])
        self._key = Path(said["key"]).read_bytes()
        self._account = said["account"]
        self._faults = Path(said["faults"])
        self._stores = Stores(Path(said["inventory"]), str(said["site"]))

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Return status and body; the names of headers are in small letters, whoever passed them on."""
        if "slow" in self._broken():
            time.sleep(SLOW_S)
        routes: dict[tuple[str, str], Callable[[], Reply]] = {
            ("GET", "/health"): lambda: (200, {"status": "ok", "service": SERVICE}),
            ("GET", "/ready"): self._ready,
            ("POST", "/v1/login"): partial(self._login, body),
            ("GET", "/v1/me"): partial(self._with_user, headers, self._me),
            ("GET", "/v1/conversations"): partial(self._with_user, headers, self._conversations),
            ("POST", "/v1/conversations"): partial(self._with_user, headers, partial(self._begin_conversation, body)),
        }
        route = routes.get((method, path.partition("?")[0]))
        try:
            return route() if route else (404, {"error": "no such endpoint"})
        except Exception as error:  # noqa: BLE001  # a store that is down must not end the process
            return 503, {"error": type(error).__name__}

    def _ready(self) -> Reply:
        checks = self._stores.checks()
        if "not-ready" in self._broken():
            checks["migrations"] = "pending"
        ready = set(checks.values()) <= {"ok"}
        return (200 if ready else 503), {"status": "ready" if ready else "not ready", "checks": checks}

    def _login(self, body: bytes) -> Reply:
        try:
            said = json.loads(body)
            email, password = str(said["email"]), str(said["password"])
        except (ValueError, KeyError, TypeError):
            return 400, {"error": "email and password are wanted"}
        digest = password_digest(password, self._account["salt"])
        if email != self._account["email"] or not hmac.compare_digest(digest, self._account["digest"]):
            return 401, {"error": "wrong email or password"}
        user = int(self._account["user"])
        if self._stores.user(user) is None:
            return 403, {"error": "no such user"}
        session = secrets.token_hex(8)
        self._stores.begin_session(session, user)
        return 200, {"token": issue(self._key, user, session, lasts_s=TOKEN_S), "expires_in": int(TOKEN_S)}

    def _with_user(self, headers: Mapping[str, str], then: Callable[[int], Reply]) -> Reply:
        """Answer only to who shows a token of ours that holds."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        claims, broken = claims_of(token), self._broken()
        if scheme != "Bearer" or claims is None:
            return 401, {"error": "a token is wanted"}
        if "takes-forged" not in broken:
            if not is_ours(self._key, token):
                return 401, {"error": "not our token"}
            if claims["exp"] < time.time() and "takes-expired" not in broken:
                return 401, {"error": "the token expired"}
            if "takes-expired" not in broken and not self._stores.has_session(str(claims["sid"])):
                return 401, {"error": "the session was ended"}
        return then(int(claims["sub"]))

    def _me(self, user: int) -> Reply:
        found = self._stores.user(user)
        return (200, found) if found else (404, {"error": "no such user"})

    def _conversations(self, user: int) -> Reply:
        found: dict[str, Any] = {
            "user": user,
            "conversations": self._stores.conversations(user),
            "remembered": self._stores.remembered(user),
            "cached": self._stores.is_cached(user),
        }
        if "wrong-schema" in self._broken():
            found["conversations"] = [{**each, "id": str(each["id"])} for each in found["conversations"]]
            del found["remembered"]
        return 200, found

    def _begin_conversation(self, body: bytes, user: int) -> Reply:
        """Begin a conversation: all three stores are written to, and it counts once each has it."""
        try:
            title = str(json.loads(body)["title"])
        except (ValueError, KeyError, TypeError):
            return 400, {"error": "a title is wanted"}
        number = self._stores.add_conversation(user, title)
        self._stores.remember(user, title)
        self._stores.cache_context(user, title)
        return 201, {"id": number}

    def _broken(self) -> frozenset[str]:
        """Return in which ways it is broken on purpose."""
        try:
            return frozenset(self._faults.read_text().split())
        except OSError:
            return frozenset()


def password_digest(password: str, salt: str) -> str:
    """Return what is kept of a password."""
    return hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**12, r=8, p=1).hex()


class Handler(BaseHTTPRequestHandler):
    """One connection; `application` is set before the first."""

    application: ClassVar[Application]
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together: else each answer waits for the client's acknowledgement
    timeout = 30

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, found = self.application.answer(
            self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body
        )
        text = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        self.wfile.flush()

    do_GET = do_POST = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Write one line a request."""
        sys.stderr.write(f"{self.log_date_time_string()} {format % args}\n")


class Server(ThreadingHTTPServer):
    """A thread a connection."""

    daemon_threads = True
    request_queue_size = 128


def main(arguments: list[str]) -> None:
    """Serve until somebody ends the process."""
    Handler.application = Application(Path(arguments[0]))
    Server((Handler.application.address, Handler.application.port), Handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
