"""Slack, PagerDuty and the like, through Apprise."""

from __future__ import annotations

import ast
import json
import re
import time
from typing import Any

from actions.channels.address import why_unusable
from actions.channels.apprise_log import said
from actions.communications.answer import Answer
from actions.communications.message import Message
from journal.wording.sanitize import sanitize

_CODE = re.compile(r"error=(\d{3})")
_DETAILS = re.compile(r"Response Details:\s*(b['\"].*)", re.DOTALL)
_NEVER_THERE = re.compile(
    "NewConnectionError|ConnectTimeout|NameResolutionError|Failed to resolve|Max retries exceeded"
)
_TOO_MUCH = 429
_PAUSES_S = (1.0, 2.0, 4.0)
"""Seconds before each further try of what takes no more now. What the service asks for, Apprise does not tell."""
_SAID = 120


def send(address: str, message: Message, timeout_s: float) -> Answer:
    """Send a message, and return what the service said; one that takes no more now is tried again a few times.

    Args:
        address: its Apprise address.
        message: what is said; where the service takes less, its end is cut off.
        timeout_s: seconds for each thing that the service is waited for.
    """
    if why := why_unusable(address):
        return Answer("failed", why)
    for pause in _PAUSES_S:
        answer, code = _once(address, message, timeout_s)
        if code != _TOO_MUCH:
            return answer
        time.sleep(pause)  # asked to wait
    return _once(address, message, timeout_s)[0]


def _once(address: str, message: Message, timeout_s: float) -> tuple[Answer, int]:
    """Send a message once; return what the service said, and the status that Apprise tells of (0: none)."""
    from apprise import Apprise

    with said() as lines:
        service: Any = Apprise.instantiate(address)
        service.socket_connect_timeout = service.socket_read_timeout = timeout_s
        if getattr(service, "dedup", "") is None:  # PagerDuty: a second copy of a message opens no second incident
            service.dedup = message.id
        name = str(service.service_name)
        taken = service.notify(body=message.within(service.body_maxlen), body_format="text")
    if taken:
        return Answer("accepted", f"{name} took it; whether anybody reads it is not known"), 0
    text = "\n".join(lines)
    if code := _CODE.search(text):
        return _of_status(name, int(code[1]), _why(text)), int(code[1])
    if _NEVER_THERE.search(text):
        return Answer("failed", f"{name} cannot be reached"), 0
    return Answer("unknown", f"{name} did not answer as it should; it may have taken it"), 0


def _of_status(name: str, status: int, why: str) -> Answer:
    """Return what a status that is no success means: whether trying again may help."""
    if status == _TOO_MUCH:
        return Answer("failed", f"{name} takes no more now ({status}), tried for {sum(_PAUSES_S):.0f} s")
    if status >= 500:
        return Answer("failed", f"{name} cannot take it now ({status})")
    return Answer("refused", f"{name} refused it ({status}{f': {why}' if why else ''})")


def _why(text: str) -> str:
    """Return the service's own words for a refusal; empty where it has none."""
    found = _DETAILS.search(text)
    if not found:
        return ""
    try:
        body = ast.literal_eval(found[1].splitlines()[0]).decode("utf-8", "replace")
    except (ValueError, SyntaxError):
        return ""
    try:
        answer = json.loads(body)
    except ValueError:
        return sanitize(body.strip())[:_SAID]
    if not isinstance(answer, dict):
        return ""
    words = next((answer[key] for key in ("errors", "error", "message") if answer.get(key)), "")
    return sanitize(", ".join(map(str, words)) if isinstance(words, list) else str(words))[:_SAID]
