"""Slack, PagerDuty and the like, through Apprise."""

from __future__ import annotations

import re
from typing import Any

from actions.channels.address import why_unusable
from actions.channels.apprise_log import said
from actions.communications.answer import Answer
from actions.communications.message import Message

_CODE = re.compile(r"error=(\d{3})")


def send(address: str, message: Message, timeout_s: float) -> Answer:
    """Send a message, and return what the service said.

    Args:
        address: its Apprise address.
        message: what is said; where the service takes less, its end is cut off.
        timeout_s: seconds for each thing that the service is waited for.
    """
    from apprise import Apprise

    if why := why_unusable(address):
        return Answer("failed", why)
    with said() as lines:
        service: Any = Apprise.instantiate(address)
        service.socket_connect_timeout = service.socket_read_timeout = timeout_s
        name = str(service.service_name)
        taken = service.notify(body=message.within(service.body_maxlen), body_format="text")
    if taken:
        return Answer("accepted", f"{name} took it; whether anybody reads it is not known")
    if code := _CODE.search("\n".join(lines)):
        return Answer("failed", f"{name} refused it ({code[1]})")
    return Answer("unknown", f"{name} did not answer as it should; it may have taken it")
