"""Somebody outside of a lab's two sites: finds the application by its name, signs in, writes, and reads that again."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from actions.inventory import load_inventory
from actions.systems.dns.exchange import NoAnswer, ask
from actions.systems.dns.settings import DnsSettings
from actions.systems.validation.settings import ValidationSettings
from cleo_console.lab.validation.program import TOKEN_S
from tests.labs import Lab

_PATIENCE_S, _PAUSE_S = 2.0, 0.25


class Try(NamedTuple):
    """When it began, which server answered (empty: none did, or not with what was just written), what was written."""

    at: datetime
    server: str
    title: str


class User:
    """One user, who tries four times a second; each try needs all three stores, at one site, to be written and read.

    Args:
        lab: a lab of two sites.

    Attributes:
        seen: each try.
    """

    def __init__(self, lab: Lab) -> None:
        inventory = load_inventory(lab.inventory_path)
        self._dns = inventory.system("dns", DnsSettings)
        login = inventory.system("validation", ValidationSettings).login
        assert login
        self._account = {"email": login.user, "password": login.password.read()}
        self._token, self._until = "", 0.0
        self.seen: list[Try] = []
        self._over = threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[User]:
        """Be there while the block runs."""
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    def out(self) -> tuple[datetime, datetime]:
        """Return when the first try failed, and when the first one after all that failed succeeded."""
        failed = [number for number, one in enumerate(self.seen) if not one.server]
        return self.seen[failed[0]].at, self.seen[failed[-1] + 1].at

    def is_at(self, server: str, tries: int = 1) -> bool:
        """Whether the last tries all ended well at one server."""
        return len(self.seen) >= tries and {one.server for one in self.seen[-tries:]} == {server}

    def written(self, server: str) -> list[str]:
        """Return what one server said that it has written, oldest first."""
        return [one.title for one in self.seen if one.server == server]

    def _work(self) -> None:
        while not self._over.wait(_PAUSE_S):
            began = datetime.now(UTC)
            title = f"user {len(self.seen)}"
            self.seen.append(Try(began, self._try(title), title))

    def _try(self, title: str) -> str:
        try:
            link = http.client.HTTPConnection(self._find(), timeout=_PATIENCE_S)
            server = self._write_and_read(link, title)
        except (OSError, http.client.HTTPException, StopIteration, NoAnswer, ValueError):
            server = ""
        if not server:
            self._token = ""
        return server

    def _find(self) -> str:
        import dns.message

        answer = ask(self._dns.resolvers[0], dns.message.make_query("api.dr.test.", "A"), _PATIENCE_S)
        return next(one.to_text() for rrset in answer.answer for one in rrset)

    def _write_and_read(self, link: http.client.HTTPConnection, title: str) -> str:
        now = datetime.now(UTC).timestamp()
        if not self._token or now > self._until:
            self._token = str(self._ask(link, "POST", "/v1/login", self._account)[1].get("token", ""))
            self._until = now + TOKEN_S / 2
        server, _ = self._ask(link, "POST", "/v1/conversations", {"title": title})
        _, found = self._ask(link, "GET", "/v1/conversations")
        newest = found.get("conversations", [{}])[0].get("title")
        return server if newest == title and found["remembered"] and found["cached"] else ""

    def _ask(
        self, link: http.client.HTTPConnection, method: str, path: str, body: object = None
    ) -> tuple[str, dict[str, Any]]:
        said = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        link.request(method, path, json.dumps(body) if body else None, said)
        got = link.getresponse()
        text = got.read()
        return (str(got.getheader("X-Served-By")), json.loads(text)) if got.status < 300 else ("", {})
