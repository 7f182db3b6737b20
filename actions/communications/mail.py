"""Mail, through Apprise: one message to one address, so that each has an answer of its own."""

from __future__ import annotations

import re
from typing import Any

from actions.channels.apprise_log import said
from actions.channels.settings import Mail
from actions.communications.answer import Answer
from actions.communications.message import Message

_MODES = {"starttls": "starttls", "tls": "ssl", "none": "insecure"}
_REPLY = re.compile(r"\((\d{3}), b(?P<quote>['\"])(.*?)(?P=quote)")
_PERMANENT = 500


def send(channel: Mail, to: str, message: Message, timeout_s: float) -> Answer:
    """Send a message to one address, and return what the server said to it.

    Args:
        channel: the server.
        to: the address.
        message: what is said.
        timeout_s: seconds for each thing that the server is waited for.
    """
    from apprise import Apprise

    with said() as lines:
        mail: Any = Apprise.instantiate(_parts(channel, to))
        if mail is None:
            return Answer("failed", "Apprise takes no such mail server or address")
        mail.socket_connect_timeout = timeout_s
        if wrong := _elsewhere(mail, channel, to):
            return Answer("failed", wrong)
        taken = mail.notify(title=message.subject, body=message.text, body_format="text")
    return Answer("accepted", "the mail server took it (250); a bounce would come later") if taken else _why(lines)


def _parts(channel: Mail, to: str) -> dict[str, Any]:
    """Return what Apprise makes the sender of: no address is written in which a password would stand."""
    return {
        "schema": "mailtos" if channel.security != "none" else "mailto",
        "secure": channel.security != "none",
        "secure_mode": _MODES[channel.security],
        "host": channel.server,
        "smtp_host": channel.server,
        "port": channel.port,
        "user": channel.user or None,
        "password": channel.password.read() if channel.password else None,
        "from_addr": channel.sender,
        "targets": [to],
        "format": "text",
    }


def _elsewhere(mail: Any, channel: Mail, to: str) -> str:
    """Return how it would go elsewhere: Apprise knows big providers, and writes to the sender where nobody is left."""
    targets = [address for _, address in mail.targets]
    if targets != [to] or mail.cc or mail.bcc:
        return f"Apprise would send it to {', '.join(targets)} instead of {to}"
    if (mail.smtp_host, mail.port, mail.secure_mode) != (channel.server, channel.port, _MODES[channel.security]):
        return f"Apprise would use the server {mail.smtp_host}:{mail.port} ({mail.secure_mode}) instead"
    return ""


def _why(lines: list[str]) -> Answer:
    """Return why it was not taken, from what Apprise said."""
    text = "\n".join(lines)
    causes = [line.partition(": ")[2] for line in lines if line.startswith("Socket Exception")]
    reply = _REPLY.search(text)
    words = f"{reply[1]} {reply[3]}" if reply else (causes or ["no answer"])[-1]
    if "Connection error" in text:
        return Answer("failed", f"the mail server cannot be used: {words}")
    if reply:
        for_now = "" if int(reply[1]) >= _PERMANENT else ", for now"
        return Answer("refused", f"the mail server says no{for_now}: {words}")
    return Answer("unknown", f"the mail server did not answer to the end: {words}; it may have taken it")
