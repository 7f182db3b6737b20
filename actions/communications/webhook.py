"""A webhook of one's own: what it answers is read, for a status of 200 proves nothing."""

from __future__ import annotations

import json
from typing import Any

from actions.communications.answer import Answer
from actions.communications.message import Message

_MOST = 64 * 1024


def send(address: str, expect: str, message: Message, timeout_s: float) -> Answer:
    """Post a message as JSON, and return what the answer says of it.

    Args:
        address: where to.
        expect: what the answer must have in it; empty: nothing in particular.
        message: what is said.
        timeout_s: seconds for each thing that the other side is waited for.
    """
    import httpx

    body = {"id": message.id, "title": message.subject, "text": message.text}
    try:
        with httpx.Client(timeout=timeout_s, follow_redirects=False, trust_env=False) as client:
            answer = client.post(address, json=body, headers={"Idempotency-Key": message.id})
            said = answer.content[:_MOST].decode("utf-8", "replace")
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        return Answer("failed", f"it cannot be reached ({type(error).__name__})")
    except httpx.HTTPError as error:
        return Answer("unknown", f"it did not answer to the end ({type(error).__name__}); it may have taken it")
    return _judge(answer.status_code, said, expect)


def _judge(status: int, said: str, expect: str) -> Answer:
    if not 200 <= status < 300:  # HTTP's own numbers
        return Answer("failed", f"it answered {status}")
    if expect and expect not in said:
        return Answer("failed", f"it answered {status}, without {expect!r} in what it said")
    if not expect and (no := _says_no(said)):
        return Answer("failed", f"it answered {status}, and says {no}")
    return Answer("accepted", f"it answered {status}; whether anybody reads it is not known")


def _says_no(said: str) -> str:
    """Return what in an answer of JSON says that it was not taken; empty where nothing does."""
    try:
        found: Any = json.loads(said)
    except ValueError:
        return ""
    if not isinstance(found, dict):
        return ""
    for name in ("ok", "success"):
        if found.get(name) is False:
            return f'"{name}": false'
    return "that there was an error" if found.get("error") or found.get("errors") else ""
