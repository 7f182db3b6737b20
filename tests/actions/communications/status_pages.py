"""A stand-in of Statuspage's API and of the page that its visitors get, with faults: it keeps what is posted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.actions.communications.post import served

KEY = "T0PSECRETPAGEKEY"
PAGE = "/v1/pages/abc123"


class StandIn:
    """The page.

    Attributes:
        posts: the incidents on it, the newest first.
        hidden: for how many further looks visitors get an older page.
        busy: how many further calls are answered "too much" (429), with a second to wait.
        deaf: how many further posts are taken and not answered.
        key: the key that is taken.
    """

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.hidden = self.busy = self.deaf = 0
        self.key = KEY
        self.asked: list[str] = []

    def take(self, method: str, path: str, said: dict[str, Any]) -> tuple[int, Any]:
        """Do what the API is asked."""
        words = path.removeprefix(PAGE).partition("?")[0].strip("/").split("/")
        if not path.startswith(PAGE) or words[0] != "incidents":
            return 404, {"error": "not found"}
        if method == "POST":
            one = {**said, "id": f"p{len(self.posts) + 1}", "shortlink": f"http://stspg.io/{len(self.posts) + 1}"}
            one["incident_updates"] = [{"body": one.pop("body"), "status": said["status"]}]
            self.posts.insert(0, one)
            return 201, one
        if len(words) == 1:
            return 200, self.posts
        found = next((each for each in self.posts if each["id"] == words[1]), None)
        if found is None:
            return 404, {"error": "not found"}
        if method == "PATCH":
            found["status"] = said["status"]
            found["incident_updates"].insert(0, {"body": said["body"], "status": said["status"]})
        return 200, found

    def visitors(self) -> dict[str, Any]:
        """What visitors get: no metadata, and nothing new while it is hidden."""
        self.hidden -= 1
        shown = [] if self.hidden >= 0 else self.posts
        return {"incidents": [{name: one[name] for name in one if name != "metadata"} for one in shown]}


@contextmanager
def status_page() -> Iterator[tuple[StandIn, str]]:
    """A status page, and its address."""
    page = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            page.asked.append(f"{self.command} {self.path}")
            if self.path == "/api/v2/incidents.json":
                return self._answer(200, page.visitors())
            if self.headers["Authorization"] != f"OAuth {page.key}":
                return self._answer(401, {"error": "Could not authenticate"})
            if page.busy:
                page.busy -= 1
                return self._answer(429, {"error": "too many requests"}, {"Retry-After": "1"})
            status, answer = page.take(self.command, self.path, json.loads(body or b"{}").get("incident", {}))
            if page.deaf and self.command != "GET":
                page.deaf -= 1
                self.close_connection = True
                return None
            return self._answer(status, answer)

        do_GET = do_POST = do_PATCH = _any

        def _answer(self, status: int, said: Any, headers: dict[str, str] | None = None) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with served(Handler) as address:
        yield page, f"http://{address}"
