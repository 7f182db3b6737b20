"""What an inventory says of whom to tell, and through what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from actions.secrets import Secret
from actions.settings import Settings
from journal.yamlfile.problem import FilePath

_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)*[A-Za-z][A-Za-z-]+")
USERS = "status-page"
"""What the users who read the status page are called where audiences are named."""
Problem = tuple[FilePath, str]
"""A place below ``communications:``, and what is wrong there."""


class Mail(Settings, frozen=True, kw_only=True, tag_field="type", tag="mail"):
    """A mail server. That it accepted a message (250) proves no delivery: a bounce comes to the sender's mailbox.

    Attributes:
        server: the server's name or address.
        port: where it listens.
        security: ``starttls``, ``tls`` from the first byte, or ``none`` (on loopback only).
        sender: whom messages come from, and bounces go to.
        user: the login; empty: none is needed.
        password: of that login.
    """

    server: str
    sender: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: Secret | None = None

    def __post_init__(self) -> None:
        """Refuse a sender that no server takes."""
        if not is_address(self.sender):
            raise ValueError(f"the sender {self.sender!r} is no mail address")


class Service(Settings, frozen=True, kw_only=True, tag_field="type", tag="service"):
    """Slack, PagerDuty or another service that Apprise knows. That it took a message proves not that somebody read it.

    Attributes:
        address: its Apprise address (``slack://…``, ``pagerduty://…``), which holds its keys, and says whom it reaches.
    """

    address: Secret


class Webhook(Settings, frozen=True, kw_only=True, tag_field="type", tag="webhook"):
    """An address that takes a message as JSON. A status of 2xx proves nothing where the answer says otherwise.

    Attributes:
        address: where to, with the keys that are in it.
        expect: what its answer must have in it; empty: any answer that does not say ``"ok": false`` or name an error.
    """

    address: Secret
    expect: str = ""


Channel = Mail | Service | Webhook


class Recipient(Settings, frozen=True, kw_only=True):
    """One who is told.

    Attributes:
        channel: through which of the channels.
        to: the mail address; nothing where the channel's own address says whom it reaches.
    """

    channel: str
    to: str = ""

    @property
    def name(self) -> str:
        """What people and the journal call it."""
        return self.to or self.channel


class StatusPage(Settings, frozen=True, kw_only=True):
    """A status page with Statuspage's API (Atlassian's, or one that speaks it).

    Attributes:
        address: the page's address in the API, with its id: ``https://api.statuspage.io/v1/pages/abc123``.
        key: its API key.
        public: where users see it; it is looked at there after each post. Empty: whether users see a post is not known.
    """

    address: str
    key: Secret
    public: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no web address."""
        for said in (self.address, self.public or self.address):
            if not said.startswith(("https://", "http://")):
                raise ValueError(f"{said!r} is no web address: it begins with https://")


class Communications(Settings, frozen=True, kw_only=True):
    """Whom to tell, and through what. Outside the kind REAL only ``exercise`` is told, whichever audience is meant.

    Attributes:
        channels: by name.
        audiences: who is told together, by name: ``stakeholders``.
        exercise: who is told instead of any audience in an exercise. None of them may be in an audience.
        status_page: where users are told.
        exercise_page: the status page that an exercise is posted to instead; without it an exercise posts nothing.
        templates: a folder on this machine with templates of your own, ``AUDIENCE.txt`` and ``status-page.txt``; what
            is missing there is ours.
    """

    channels: dict[str, Channel] = {}
    audiences: dict[str, list[Recipient]] = {}
    exercise: list[Recipient] = []
    status_page: StatusPage | None = None
    exercise_page: StatusPage | None = None
    templates: str = ""

    @property
    def told(self) -> list[str]:
        """Who can be told: the audiences, and users by the status page."""
        return [*self.audiences, *([USERS] if self.status_page else [])]


def is_address(text: str) -> bool:
    """Return whether a text is one mail address, without a name or a second one."""
    return bool(_ADDRESS.fullmatch(text))


def problems(found: Communications) -> Iterator[Problem]:
    """Yield channels that are not there, addresses that do not parse, and exercises that would reach people."""
    if USERS in found.audiences:
        yield ("audiences", USERS), f"{USERS} means those who read the status page: call this audience otherwise"
    if found.status_page and found.exercise_page and _same_page(found.status_page, found.exercise_page):
        yield ("exercise_page", "address"), "it is the page that users read: an exercise would reach them"
    for name, audience in found.audiences.items():
        for place, one in enumerate(audience):
            yield from _recipient(found, one, ("audiences", name, place))
    real = {_target(found, one): name for name, audience in found.audiences.items() for one in audience}
    for place, one in enumerate(found.exercise):
        yield from _recipient(found, one, ("exercise", place))
        if audience_name := real.get(_target(found, one)):
            yield ("exercise", place), f"{one.name} is in the audience {audience_name}: an exercise would reach it"
    for name, channel in found.channels.items():
        if isinstance(channel, Service) and (why := _unusable(channel)):
            yield ("channels", name, "address"), why


def _same_page(one: StatusPage, other: StatusPage) -> bool:
    return one.address.rstrip("/").casefold() == other.address.rstrip("/").casefold()


def _recipient(found: Communications, one: Recipient, path: FilePath) -> Iterator[Problem]:
    channel = found.channels.get(one.channel)
    if channel is None:
        yield (*path, "channel"), f"there is no such channel (there is: {', '.join(found.channels) or 'none'})"
    elif isinstance(channel, Mail) and not is_address(one.to):
        yield (*path, "to"), f"{one.to!r} is no mail address" if one.to else "'to' is missing: mail goes to an address"
    elif one.to and not isinstance(channel, Mail):
        yield (*path, "to"), f"the address of {one.channel} says whom it reaches: 'to' would change nothing"


def _target(found: Communications, one: Recipient) -> object:
    """Return what tells whom a recipient is, whatever it is called: the mail address, or where the address is kept."""
    channel = found.channels.get(one.channel)
    if isinstance(channel, Service | Webhook):
        return msgspec.json.encode(channel.address)
    return one.to.casefold() if one.to else one.channel


def _unusable(channel: Service) -> str:
    """Return why a service's address does not parse; empty where it does, or cannot be read here and now."""
    from actions.channels.address import why_unusable
    from actions.secrets import SecretUnavailable

    if channel.address.command:
        return ""
    try:
        return why_unusable(channel.address.read())
    except SecretUnavailable:
        return ""
