"""A status page by Statuspage's API: what is posted there, and what users see of it.

Sources: Atlassian's "Statuspage API" (https://developer.statuspage.io: incidents), and the page's own "Status API"
(``/api/v2/incidents.json``), which is what its visitors get.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from actions.channels.settings import StatusPage
from journal.errors import CleoError
from journal.structs import from_json

ANSWER_S = 15.0
"""Seconds that the page is waited for, for each thing that it is to say."""
_WAIT_S = 60.0
"""Seconds that a page may ask us to wait because too much was asked of it: Statuspage takes one call a second."""
_TOO_MUCH = (420, 429)
_NO_RIGHT = (401, 403)
_MINE = "cleo"

T = TypeVar("T")


class PageTrouble(CleoError):
    """The status page cannot be used, or says no."""


class NoAnswer(PageTrouble):
    """It did not answer to the end: what was sent may have been taken."""


class Update(msgspec.Struct, frozen=True):
    """One update of a post."""

    body: str = ""
    status: str = ""


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """An incident on the page, as its API tells it."""

    id: str
    name: str = ""
    status: str = ""
    shortlink: str = ""
    metadata: dict[str, Any] = {}
    incident_updates: list[Update] = []

    def says(self, body: str, status: str) -> bool:
        """Return whether one of its updates is this one."""
        return any((one.body.strip(), one.status) == (body.strip(), status) for one in self.incident_updates)


class _Public(msgspec.Struct):
    incidents: list[Post] = []


class Page:
    """A status page.

    Args:
        settings: where it is.
        key: its API key.
    """

    def __init__(self, settings: StatusPage, key: str) -> None:
        self._settings = settings
        self._headers = {"Authorization": f"OAuth {key}"}

    def ours(self, incident: str) -> Post | None:
        """Return the newest post of an incident, resolved or not; None: there is none among the last hundred.

        Raises:
            PageTrouble: nobody can tell.
        """
        found = self._decoded(self._ask("GET", "/incidents?limit=100"), list[Post])
        return next((one for one in found if _incident_of(one) == incident), None)

    def read(self, id: str) -> Post:
        """Return a post as the page has it.

        Raises:
            PageTrouble: it cannot be had.
        """
        return self._decoded(self._ask("GET", f"/incidents/{id}"), Post)

    def post(self, incident: str, name: str, body: str, status: str) -> Post:
        """Make a post. What tells it from others is kept with it, where its readers do not see it.

        Raises:
            NoAnswer: it may have been taken.
            PageTrouble: it was not.
        """
        said = {"name": name, "status": status, "body": body, "metadata": {_MINE: {"incident": incident}}}
        return self._decoded(self._ask("POST", "/incidents", said), Post)

    def update(self, id: str, body: str, status: str) -> Post:
        """Add an update to a post.

        Raises:
            NoAnswer: it may have been taken.
            PageTrouble: it was not.
        """
        return self._decoded(self._ask("PATCH", f"/incidents/{id}", {"status": status, "body": body}), Post)

    def public(self, id: str) -> Post | None:
        """Return a post as visitors of the page get it, without any key; None: they do not see it.

        Raises:
            PageTrouble: the page does not answer them.
        """
        answer = _send("GET", f"{self._settings.public.rstrip('/')}/api/v2/incidents.json", {}, None)
        return next((one for one in self._decoded(answer, _Public).incidents if one.id == id), None)

    def _ask(self, method: str, path: str, incident: Mapping[str, Any] | None = None) -> bytes:
        body = {"incident": incident} if incident is not None else None
        return _send(method, f"{self._settings.address.rstrip('/')}{path}", self._headers, body)

    def _decoded(self, answer: bytes, type_: type[T]) -> T:
        try:
            return from_json(answer, type_)
        except msgspec.DecodeError as error:
            raise PageTrouble(
                f"{self._settings.address} does not answer as Statuspage's API does: {error}.",
                "Correct the address in the inventory (communications: status_page).",
            ) from error


def _incident_of(post: Post) -> str:
    mine = post.metadata.get(_MINE)
    return str(mine.get("incident", "")) if isinstance(mine, dict) else ""


def _send(method: str, url: str, headers: Mapping[str, str], body: Mapping[str, Any] | None) -> bytes:
    """Ask once; again as long as the page says that too much was asked of it, up to a minute."""
    import httpx

    ends = time.monotonic() + _WAIT_S
    with httpx.Client(timeout=ANSWER_S, follow_redirects=False, trust_env=False, headers=dict(headers)) as client:
        while True:
            try:
                answer = client.request(method, url, json=body)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
                raise PageTrouble(f"{url} cannot be reached: {error}.", "Is it down with the rest?") from error
            except httpx.HTTPError as error:
                raise NoAnswer(f"{url} did not answer to the end ({type(error).__name__}).", "Run it again.") from error
            wait = _asked_to_wait(answer.headers.get("Retry-After", ""))
            if answer.status_code not in _TOO_MUCH or time.monotonic() + wait > ends:
                break
            time.sleep(wait)
    if answer.is_success:
        return answer.content
    raise _refused(url, answer.status_code, answer.text)


def _asked_to_wait(said: str) -> float:
    """Return for how many seconds the page asks us to wait: Statuspage takes one call a second."""
    return float(said) if said.isdecimal() else 1.0


def _refused(url: str, status: int, said: str) -> PageTrouble:
    words = f"{url} answered {status}: {' '.join(said.split())[:200] or 'nothing more'}."
    if status in _NO_RIGHT:
        return PageTrouble(words, "The API key is not taken: correct it in the inventory (communications: key).")
    if status == 404:
        return PageTrouble(words, "There is no such page: correct its address in the inventory.")
    if status in _TOO_MUCH:
        return PageTrouble(words, "Too much was asked of it: run it again in a minute.")
    return PageTrouble(words, "Run it again, or say it where users look next.")
